"""OCPI doors of locations, EVSEs and connectors (section 4.1)."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from partners.parties.models import PartyRole
from roaming.locations import parts, selectors, services
from roaming.locations.models import Location
from roaming.ocpi import envelope, storage
from roaming.ocpi.errors import UNKNOWN_LOCATION, not_found
from roaming.ocpi.ownership import OwnedObjectView
from roaming.ocpi.storage import Stored
from roaming.ocpi.views import OcpiView

_IDS = ("location_id", "evse_uid", "connector_id")
_KEYS = {"location": "id", "evse": "uid", "connector": "id"}
_PUT = {"location": services.put, "evse": services.put_evse, "connector": services.put_connector}
_PATCH = {"location": services.patch, "evse": services.patch_evse, "connector": services.patch_connector}


class SenderList(OcpiView):
    def get(self, request: Request, **_: Any) -> HttpResponse:
        visible = selectors.visible_to_connection(self.connection, self.at)
        if self.version == "2.1.1":
            visible = visible.filter(publish=True)  # others are private, which it cannot say: nor are they counted
        return self.page(visible, kind="location")


class SenderObject(OcpiView):
    """A location, EVSE or connector of anybody whom the caller may read."""

    def get(self, request: Request, location_id: str, **_: Any) -> HttpResponse:
        visible = selectors.visible_to_connection(self.connection, self.at)
        return _shown(self, selectors.by_id(self.narrowed(visible), location_id))


class ReceiverObject(OwnedObjectView):
    """What a CPO's platform reads back, creates, replaces and updates."""

    role = PartyRole.CPO
    unknown_code = UNKNOWN_LOCATION

    def get(self, request: Request, location_id: str, **_: Any) -> HttpResponse:
        return _shown(self, storage.find(Location, party=self.owner(), ocpi_id=location_id))

    def put(self, request: Request, **_: Any) -> HttpResponse:
        kind, ids = _level(self.kwargs)
        party = self.owner()
        data = self.whole(kind, **_named(kind, ids))
        stored: Stored[Location] = _PUT[kind](party=party, data=data, at=self.at, **ids)  # type: ignore[operator]
        return self.accepted(stored)

    def patch(self, request: Request, **_: Any) -> HttpResponse:
        kind, ids = _level(self.kwargs)
        party = self.owner()
        data = self.part(kind, **_named(kind, ids))
        stored: Stored[Location] = _PATCH[kind](party=party, data=data, at=self.at, **ids)  # type: ignore[operator]
        return self.accepted(stored)


def _level(kwargs: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """What the URL addresses, and its ids."""
    ids = {name: kwargs[name] for name in _IDS if kwargs.get(name)}
    return list(_KEYS)[len(ids) - 1], ids


def _named(kind: str, ids: dict[str, str]) -> dict[str, str]:
    """What the body must repeat of the URL (T72)."""
    return {_KEYS[kind]: list(ids.values())[-1]}


def _shown(view: OcpiView, row: Location | None) -> HttpResponse:
    kind, ids = _level(view.kwargs)
    if row is None:
        raise not_found(f"There is no location “{ids['location_id']}” here.", UNKNOWN_LOCATION)
    if kind == "location":
        return envelope.success(view.outgoing(kind, row.body))
    found = parts.evse_of(row.data, ids["evse_uid"])
    if found is not None and kind == "connector":
        found = parts.connector_of(found, ids["connector_id"])
    if found is None:
        raise not_found(f"Location “{row.ocpi_id}” has no {' / '.join(list(ids.values())[1:])}.", UNKNOWN_LOCATION)
    return envelope.success(view.outgoing(kind, found))
