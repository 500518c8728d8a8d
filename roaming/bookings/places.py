"""The only writers of booking locations. Every change is announced as the whole place, calendars included."""

from datetime import datetime
from typing import Any

from django.db import transaction

from partners import routing
from partners.parties.models import Party
from partners.routing import Receiver
from roaming.bookings import calendars, selectors
from roaming.bookings.models import BookingLocation, FreeSlot
from roaming.exchange import outbox
from roaming.ocpi import order, storage
from roaming.ocpi.schema import transforms, validation
from roaming.ocpi.schema.values import parse_time
from roaming.ocpi.storage import Stored, Unknown
from roaming.ocpi.versions import NEWEST_SHAPE

Data = dict[str, Any]
Place = BookingLocation


@transaction.atomic
def put(*, party: Party, place_id: str, data: Data, at: datetime) -> Stored[Place]:
    """Create or replace a booking location of `party`, its calendars included (T60)."""
    data = calendars.aged(data)
    stored = storage.put_object(Place, party=party, ocpi_id=place_id, data=data, columns=_columns(data), at=at)
    return _told(stored, at)


@transaction.atomic
def patch(*, party: Party, place_id: str, data: Data, at: datetime) -> Stored[Place]:
    """Change the named fields (T61). Raises Unknown, and Invalid when the result is no booking location (T63)."""
    row = storage.lock(Place, party=party, ocpi_id=place_id)
    return _told(storage.patch_object(row, kind="booking_location", patch=data, columns=_columns, at=at), at)


@transaction.atomic
def put_calendar(*, party: Party, place_id: str, calendar_id: str, data: Data, at: datetime) -> Stored[Place]:
    """Add or replace a calendar. Raises Unknown when the booking location is not here: no stub is made."""
    row = storage.lock(Place, party=party, ocpi_id=place_id)
    place = row.data
    known = calendars.calendar_of(place, calendar_id)
    if known and order.is_older(data, known):
        return Stored(row, created=False, changed=False, note=order.older_note(known))
    return _with_calendar(row, place, data, known is None, at)


@transaction.atomic
def patch_calendar(*, party: Party, place_id: str, calendar_id: str, data: Data, at: datetime) -> Stored[Place]:
    """Change fields of a calendar, for example its free times. Raises Unknown and Invalid."""
    row = storage.lock(Place, party=party, ocpi_id=place_id)
    place = row.data
    known = calendars.calendar_of(place, calendar_id)
    if known is None:
        raise Unknown(f"Booking location “{row.ocpi_id}” has no calendar “{calendar_id}”.")
    if order.is_older(data, known):
        return Stored(row, created=False, changed=False, note=order.older_note(known))
    return _with_calendar(row, place, transforms.merge_patch("calendar", known, data), False, at)


def tell(*, place: Place, receiver: Receiver, at: datetime) -> None:
    """Have the place as it is now sent to one platform."""
    _announce(place, [receiver], at)


def _with_calendar(row: Place, before: Data, calendar: Data, created: bool, at: datetime) -> Stored[Place]:
    data = calendars.with_calendar(before, calendar)
    validation.validate(NEWEST_SHAPE, "booking_location", data)
    written = storage.written(row, before=before, data=data, columns=_columns(data), at=at)
    return _told(Stored(written.row, created=created, changed=written.changed, before=before), at)


def _told(stored: Stored[Place], at: datetime) -> Stored[Place]:
    if stored.changed:
        _keep_slots(stored.row)
        _announce(stored.row, routing.receivers_of(stored.row.party, at=at), at)
    return stored


def _keep_slots(row: Place) -> None:
    FreeSlot.objects.filter(place=row).delete()
    slots = calendars.free_slots(row.data)
    FreeSlot.objects.bulk_create(FreeSlot(place=row, starts_at=begin, ends_at=end) for begin, end in slots)


def _announce(row: Place, receivers: list[Receiver], at: datetime) -> None:
    outbox.enqueue(
        receivers=receivers,
        owner=row.party,
        module="bookings",
        kind="booking_location",
        method="PUT",
        path=outbox.object_path(row.party, "booking_locations", row.ocpi_id),
        body=row.body,
        object_key=outbox.object_key(selectors.PLACES, row.party, row.ocpi_id),
        at=at,
    )


def _columns(data: Data) -> dict[str, Any]:
    return {
        "location_id": data["location_id"],
        "calendar_count": len(data.get("calendars") or []),
        "last_updated": parse_time(data["last_updated"]),
    }
