"""The only writers of locations. Every change is announced as the whole location to those who must receive it."""

from datetime import datetime
from typing import Any

from django.db import transaction

from partners import routing
from partners.parties.models import Party
from roaming.locations import parts
from roaming.locations.models import Location
from roaming.ocpi import storage
from roaming.ocpi.schema import transforms, validation
from roaming.ocpi.schema.values import parse_time
from roaming.ocpi.storage import Stored, Unknown
from roaming.ocpi.versions import NEWEST_SHAPE

Data = dict[str, Any]


@transaction.atomic
def put(*, party: Party, location_id: str, data: Data, at: datetime) -> Stored[Location]:
    """Create or replace a location of `party` (T60)."""
    stored = storage.put_object(Location, party=party, ocpi_id=location_id, data=data, columns=_columns(data), at=at)
    if stored.changed:
        _announce(stored.row, at)
    return stored


@transaction.atomic
def patch(*, party: Party, location_id: str, data: Data, at: datetime) -> Stored[Location]:
    """Change the named fields (T61). Raises Unknown, and Invalid when the result is no location any more (T63)."""
    row = storage.lock(Location, party=party, ocpi_id=location_id)
    if parts.is_older(data, row.data):
        return Stored(row, created=False, changed=False)
    merged = transforms.merge_patch("location", row.data, data)
    return Stored(row, created=False, changed=_write(row, merged, at))


@transaction.atomic
def put_evse(*, party: Party, location_id: str, evse_uid: str, data: Data, at: datetime) -> Stored[Location]:
    """Add or replace an EVSE. Raises Unknown when the location is not here: no stub is made (L4)."""
    row = storage.lock(Location, party=party, ocpi_id=location_id)
    location = row.data
    known = parts.evse_of(location, evse_uid)
    if known and parts.is_older(data, known):
        return Stored(row, created=False, changed=False)
    return Stored(row, created=known is None, changed=_write(row, parts.with_evse(location, data), at))


@transaction.atomic
def patch_evse(*, party: Party, location_id: str, evse_uid: str, data: Data, at: datetime) -> Stored[Location]:
    """Change fields of an EVSE, for example its status. Raises Unknown and Invalid."""
    row = storage.lock(Location, party=party, ocpi_id=location_id)
    location = row.data
    evse = _evse(row, location, evse_uid)
    if parts.is_older(data, evse):
        return Stored(row, created=False, changed=False)
    merged = transforms.merge_patch("evse", evse, data)
    return Stored(row, created=False, changed=_write(row, parts.with_evse(location, merged), at))


@transaction.atomic
def put_connector(
    *, party: Party, location_id: str, evse_uid: str, connector_id: str, data: Data, at: datetime
) -> Stored[Location]:
    """Add or replace a connector. Raises Unknown when its EVSE or location is not here (L4)."""
    row = storage.lock(Location, party=party, ocpi_id=location_id)
    location = row.data
    evse = _evse(row, location, evse_uid)
    known = parts.connector_of(evse, connector_id)
    if known and parts.is_older(data, known):
        return Stored(row, created=False, changed=False)
    return Stored(row, created=known is None, changed=_write(row, parts.with_connector(location, evse, data), at))


@transaction.atomic
def patch_connector(
    *, party: Party, location_id: str, evse_uid: str, connector_id: str, data: Data, at: datetime
) -> Stored[Location]:
    """Change fields of a connector, for example its tariffs. Raises Unknown and Invalid."""
    row = storage.lock(Location, party=party, ocpi_id=location_id)
    location = row.data
    evse = _evse(row, location, evse_uid)
    known = parts.connector_of(evse, connector_id)
    if known is None:
        raise Unknown(f"EVSE “{evse_uid}” of location “{row.ocpi_id}” has no connector “{connector_id}”.")
    if parts.is_older(data, known):
        return Stored(row, created=False, changed=False)
    merged = transforms.merge_patch("connector", known, data)
    return Stored(row, created=False, changed=_write(row, parts.with_connector(location, evse, merged), at))


def _evse(row: Location, location: Data, evse_uid: str) -> Data:
    evse = parts.evse_of(location, evse_uid)
    if evse is None:
        raise Unknown(f"Location “{row.ocpi_id}” has no EVSE “{evse_uid}”.")
    return evse


def _write(row: Location, location: Data, at: datetime) -> bool:
    """Store a location made of old and new halves, after it proved valid as a whole."""
    validation.validate(NEWEST_SHAPE, "location", location)
    changed = storage.replace(row, data=location, columns=_columns(location), at=at)
    if changed:
        _announce(row, at)
    return changed


def _announce(row: Location, at: datetime) -> None:
    receivers = routing.receivers_of(row.party, at=at)
    storage.announce(row, receivers=receivers, module="locations", kind="location", at=at)


def _columns(data: Data) -> dict[str, Any]:
    return {
        "name": data.get("name") or "",
        "address": data["address"],
        "city": data["city"],
        "country": data["country"],
        "time_zone": data["time_zone"],
        "publish": data["publish"],
        "evse_count": sum(evse["status"] != "REMOVED" for evse in data.get("evses") or []),
        "last_updated": parse_time(data["last_updated"]),
    }
