"""OCPI doors of invoice records (section 5.3). POST creates, PUT corrects, DELETE withdraws; there is no PATCH (I6)."""

from functools import cached_property
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from partners import routing
from roaming.invoice_records import selectors, services
from roaming.ocpi import envelope
from roaming.ocpi.errors import invalid
from roaming.ocpi.ownership import OwnedObjectView
from roaming.ocpi.views import OcpiView

KIND = "invoice_reconciliation_record"


class SenderList(OcpiView):
    def get(self, request: Request, **_: Any) -> HttpResponse:
        visible = selectors.visible_to_connection(self.connection, self.at)
        return self.page(visible, kind=KIND)


class ReceiverCollection(OcpiView):
    """Where the party that bills posts its records."""

    def post(self, request: Request, **_: Any) -> HttpResponse:
        data = self.object(KIND)
        code = (data["country_code"], data["party_id"])
        owners = selectors.issuers(self.connection, *code)
        if not owners:
            raise invalid(f"country_code and party_id: {'*'.join(code)} is no CPO or eMSP of your platform.")
        routing.agree(self.connection, header=self.route.from_party, body=code)
        try:
            stored = services.receive(owners=owners, data=data, addressed=self.route.to_party, at=self.at)
        except services.ContentDiffers as error:
            raise invalid(str(error)) from None
        # Where it can be read is in its ids; no Location is defined (I6).
        return envelope.success(http_status=201 if stored.created else 200, message=stored.note)


class ReceiverObject(OwnedObjectView):
    """What the party that bills reads back, corrects and withdraws."""

    @cached_property
    def role(self) -> str:  # type: ignore[override]
        """The role in which the party of the URL bills: it may be both, and has one record of an id."""
        owners = selectors.issuers(self.connection, self.kwargs["country_code"], self.kwargs["party_id"])
        owner = selectors.issuer_of(owners, self.kwargs["record_id"]) or next(iter(owners), None)
        return owner.role if owner is not None else selectors.BILLING_ROLES[0]

    def get(self, request: Request, record_id: str, **_: Any) -> HttpResponse:
        row = selectors.present(self.owner(), record_id)
        if row is None:
            raise self.unknown(f"invoice record “{record_id}”")
        return envelope.success(self.outgoing(KIND, row.body))

    def put(self, request: Request, record_id: str, **_: Any) -> HttpResponse:
        party = self.owner()
        data = self.whole(KIND, id=record_id)
        return self.accepted(services.replace(party=party, data=data, addressed=self.route.to_party, at=self.at))

    def delete(self, request: Request, record_id: str, **_: Any) -> HttpResponse:
        services.delete(party=self.owner(), record_id=record_id, at=self.at)
        return envelope.success()
