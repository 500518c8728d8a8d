"""OCPI doors of CDRs (section 4.3). A CDR is posted once and never changes."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from partners import routing
from partners.parties.models import PartyRole
from roaming.cdrs import selectors, services
from roaming.cdrs.models import Cdr, Via
from roaming.exchange.outbox import object_path
from roaming.ocpi import envelope, storage
from roaming.ocpi.errors import invalid
from roaming.ocpi.ownership import OwnedObjectView
from roaming.ocpi.versions import endpoint_url
from roaming.ocpi.views import OcpiView


class SenderList(OcpiView):
    def get(self, request: Request, **_: Any) -> HttpResponse:
        visible = selectors.visible_to_connection(self.connection, self.at)
        if self.version == "2.1.1":
            visible = visible.filter(credit=False)  # it has no credit CDRs: nor are they counted
        return self.page(visible, kind="cdr")


class ReceiverCollection(OcpiView):
    """Where a CPO posts its CDRs."""

    def post(self, request: Request, **_: Any) -> HttpResponse:
        data = self.object("cdr")
        code = (data["country_code"], data["party_id"])
        party = routing.may_write(self.connection, *code, PartyRole.CPO)
        if party is None:
            raise invalid(f"country_code and party_id: {code[0]}*{code[1]} is not a CPO of your platform.")
        routing.agree(self.connection, header=self.route.from_party, body=code)
        try:
            received = services.receive(
                party=party,
                raw=self.raw,
                version=self.version,
                data=data,
                connection=self.connection,
                via=Via.PUSH,
                at=self.at,
            )
        except services.ContentDiffers as error:
            raise invalid(str(error)) from None
        status = 201 if received.created else 200
        return envelope.success(http_status=status, headers={"Location": self._location(received.cdr)})

    def _location(self, cdr: Cdr) -> str:
        """Where the CDR can be read with the same token (D2)."""
        return f"{endpoint_url(self.version, 'cdrs', 'RECEIVER')}/{object_path(cdr.party, cdr.ocpi_id)}"


class ReceiverObject(OwnedObjectView):
    """The CDR as stored, for its owner."""

    role = PartyRole.CPO

    def get(self, request: Request, cdr_id: str, **_: Any) -> HttpResponse:
        row = storage.find(Cdr, party=self.owner(), ocpi_id=cdr_id)
        if row is None:
            raise self.unknown(f"CDR “{cdr_id}”")
        return envelope.success(self.outgoing("cdr", row.body))
