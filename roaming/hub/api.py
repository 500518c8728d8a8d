"""OCPI doors of hub client info (section 5.2). A configuration module: no routing headers (H2)."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from partners import routing
from roaming.hub import selectors, services
from roaming.ocpi import envelope
from roaming.ocpi.errors import invalid, not_found
from roaming.ocpi.views import OcpiView


class SenderList(OcpiView):
    """Whom the caller can reach through us, and whether they are there."""

    def get(self, request: Request, **_: Any) -> HttpResponse:
        visible = selectors.visible_to_connection(self.connection, self.at)
        return self.page(visible, kind="client_info")


class ReceiverObject(OcpiView):
    """What a hub tells us of a party behind it. The URL names that party, not the caller."""

    def get(self, request: Request, country_code: str, party_id: str, **_: Any) -> HttpResponse:
        row = selectors.notice_for(self.connection, country_code, party_id)
        if row is None:
            raise not_found(f"You have told nothing of {country_code}*{party_id} here.")
        return envelope.success(self.outgoing("client_info", row.body))

    def put(self, request: Request, country_code: str, party_id: str, **_: Any) -> HttpResponse:
        if not routing.is_hub(self.connection):
            raise invalid("Only a hub tells who is connected, and your credentials name none.")
        data = self.object("client_info")
        routing.agree(
            self.connection, url=(country_code, party_id), body=(str(data["country_code"]), str(data["party_id"]))
        )
        try:
            stored = services.hear(connection=self.connection, data=data, at=self.at)
        except services.ReachedOtherwise as word:
            return envelope.success(message=str(word))
        return envelope.success(http_status=201 if stored.created else 200, message=stored.note)
