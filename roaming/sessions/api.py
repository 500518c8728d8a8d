"""OCPI doors of sessions (section 4.2)."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from partners.parties.models import PartyRole
from roaming.ocpi import envelope, storage
from roaming.ocpi.ownership import OwnedObjectView
from roaming.ocpi.views import OcpiView
from roaming.sessions import selectors, services
from roaming.sessions.models import Session


class SenderList(OcpiView):
    def get(self, request: Request, **_: Any) -> HttpResponse:
        visible = selectors.visible_to_connection(self.connection, self.at)
        return self.page(visible, kind="session")


class ReceiverObject(OwnedObjectView):
    role = PartyRole.CPO

    def get(self, request: Request, session_id: str, **_: Any) -> HttpResponse:
        row = storage.find(Session, party=self.owner(), ocpi_id=session_id)
        if row is None:
            raise self.unknown(f"session “{session_id}”")
        return envelope.success(self.outgoing("session", row.body))

    def put(self, request: Request, session_id: str, **_: Any) -> HttpResponse:
        party = self.owner()
        data = self.whole("session", id=session_id)
        old = self.version == "2.1.1"
        return self.accepted(services.put(party=party, session_id=session_id, data=data, by_contract=old, at=self.at))

    def patch(self, request: Request, session_id: str, **_: Any) -> HttpResponse:
        party = self.owner()
        data = self.part("session", id=session_id)
        appends = self.version != "2.1.1"
        return self.accepted(services.patch(party=party, session_id=session_id, data=data, appends=appends, at=self.at))
