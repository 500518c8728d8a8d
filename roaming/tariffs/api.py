"""OCPI doors of tariffs (section 4.4). From 2.2 on a tariff is replaced as a whole: PATCH is of 2.1.1 only."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from partners.parties.models import PartyRole
from roaming.ocpi import envelope
from roaming.ocpi.ownership import OwnedObjectView
from roaming.ocpi.views import OcpiView
from roaming.tariffs import selectors, services


class SenderList(OcpiView):
    def get(self, request: Request, **_: Any) -> HttpResponse:
        visible = selectors.visible_to_connection(self.connection, self.at)
        return self.page(visible, kind="tariff")


class ReceiverObject(OwnedObjectView):
    role = PartyRole.CPO

    @property
    def allowed_methods(self) -> list[str]:
        methods: list[str] = super().allowed_methods
        return [method for method in methods if method != "PATCH" or self.version == "2.1.1"]

    def get(self, request: Request, tariff_id: str, **_: Any) -> HttpResponse:
        row = selectors.present(self.owner(), tariff_id)
        if row is None:
            raise self.unknown(f"tariff “{tariff_id}”")
        return envelope.success(self.outgoing("tariff", row.body))

    def put(self, request: Request, tariff_id: str, **_: Any) -> HttpResponse:
        party = self.owner()
        data = self.whole("tariff", id=tariff_id)
        return self.accepted(services.put(party=party, tariff_id=tariff_id, data=data, at=self.at))

    def patch(self, request: Request, tariff_id: str, **_: Any) -> HttpResponse:
        if self.version != "2.1.1":
            return self.http_method_not_allowed(request)
        party = self.owner()
        data = self.part("tariff", id=tariff_id)
        return self.accepted(services.patch(party=party, tariff_id=tariff_id, data=data, at=self.at))

    def delete(self, request: Request, tariff_id: str, **_: Any) -> HttpResponse:
        services.delete(party=self.owner(), tariff_id=tariff_id, at=self.at)
        return envelope.success()
