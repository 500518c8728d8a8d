"""The only writers of booking locations. Every change is announced as the whole place, calendars included."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from partners import routing
from partners.parties.models import Party
from partners.routing import Receiver
from roaming.bookings import calendars, selectors
from roaming.bookings.models import BookingLocation, FreeSlot
from roaming.exchange import outbox
from roaming.ocpi import nested, order, storage
from roaming.ocpi.schema import transforms, validation
from roaming.ocpi.schema.values import parse_time
from roaming.ocpi.storage import Stored, Unknown
from roaming.ocpi.versions import NEWEST_SHAPE

Data = dict[str, Any]
Place = BookingLocation


@transaction.atomic
def put(*, party: Party, place_id: str, data: Data, at: datetime) -> Stored[Place]:
    """Create or replace a booking location of `party`, its calendars included (T60); those that are younger here stay
    as they are."""
    data = calendars.aged(data)
    row, created = storage.held_or_new(Place, party=party, ocpi_id=place_id, data=data, columns=_columns(data), at=at)
    if created:
        return _told(Stored(row, created=True, changed=True), at)
    before = row.data
    return _kept(row, before) if order.is_older(data, before) else _written(row, before, data, at, place_id)


@transaction.atomic
def patch(*, party: Party, place_id: str, data: Data, at: datetime) -> Stored[Place]:
    """Change the named fields, of calendars too (T61). Raises Unknown, and Invalid when the result is no booking
    location (T63)."""
    row = storage.lock(Place, party=party, ocpi_id=place_id)
    place = row.data
    if order.is_older(calendars.aged(data), place):
        return _kept(row, place)
    merged = nested.merged("booking_location", calendars.CALENDARS, place, data)
    return _written(row, place, calendars.aged(merged), at)


@transaction.atomic
def put_calendar(*, party: Party, place_id: str, calendar_id: str, data: Data, at: datetime) -> Stored[Place]:
    """Add or replace a calendar. Raises Unknown when the booking location is not here: no stub is made."""
    row = storage.lock(Place, party=party, ocpi_id=place_id)
    place = row.data
    known = calendars.calendar_of(place, calendar_id)
    if known and order.is_older(data, known):
        return _kept(row, known)
    return _with_calendar(row, place, known, data, at)


@transaction.atomic
def patch_calendar(*, party: Party, place_id: str, calendar_id: str, data: Data, at: datetime) -> Stored[Place]:
    """Change fields of a calendar, for example its free times. Raises Unknown and Invalid."""
    row = storage.lock(Place, party=party, ocpi_id=place_id)
    place = row.data
    known = calendars.calendar_of(place, calendar_id)
    if known is None:
        raise Unknown(f"Booking location “{row.ocpi_id}” has no calendar “{calendar_id}”.")
    if order.is_older(data, known):
        return _kept(row, known)
    return _with_calendar(row, place, known, transforms.merge_patch("calendar", known, data), at)


def tell(*, place: Place, receiver: Receiver, at: datetime) -> None:
    """Have the place as it is now sent to one platform."""
    _announce(place, [receiver], at)


def _kept(row: Place, known: Data) -> Stored[Place]:
    """An older state of the place or of a calendar is answered, not stored (T65)."""
    return Stored(row, created=False, changed=False, note=order.older_note(known))


def _written(row: Place, before: Data, sent: Data, at: datetime, ocpi_id: str = "") -> Stored[Place]:
    """Store a place that is not older than it was, but for those of its calendars that are (T65)."""
    data, kept = nested.with_younger(calendars.CALENDARS, sent, before)
    stored = storage.written(row, before=before, data=data, columns=_columns(data), at=at, ocpi_id=ocpi_id)
    return _told(replace(stored, note=order.kept_note(kept)), at)


def _with_calendar(row: Place, before: Data, known: Data | None, calendar: Data, at: datetime) -> Stored[Place]:
    data = calendars.with_calendar(before, calendar)
    validation.validate(NEWEST_SHAPE, "booking_location", data)
    changed = storage.replace(row, before=before, data=data, columns=_columns(data), at=at)
    if changed and known:
        order.note_same_age(row, part=f"calendar {known['id']}", stored=known, sent=calendar, at=at)
    return _told(Stored(row, created=known is None, changed=changed, before=before), at)


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
