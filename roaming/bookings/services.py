"""The only writers of bookings."""

from datetime import datetime
from typing import Any

from django.db import transaction

from partners import routing
from partners.connections.models import Connection
from partners.parties import selectors as parties
from partners.parties.models import Party, PartyRole
from partners.routing import Receiver
from roaming.bookings import places, selectors
from roaming.bookings.models import FINAL, MOVES, Booking, BookingStatus
from roaming.exchange import outbox
from roaming.findings import services as findings
from roaming.findings.models import Severity
from roaming.ocpi import storage
from roaming.ocpi.schema.values import parse_time
from roaming.ocpi.storage import Stored

Data = dict[str, Any]


@transaction.atomic
def put(*, party: Party, booking_id: str, data: Data, at: datetime) -> Stored[Booking]:
    """Create or replace a booking of `party`. A status that is final stays (B1)."""
    stored = _put(party, booking_id, data, at)
    if stored.changed:
        _announce(stored.row, at)
    return stored


@transaction.atomic
def patch(*, party: Party, booking_id: str, data: Data, at: datetime) -> Stored[Booking]:
    """Change the named fields, for example the status. Raises Unknown, and Invalid when the result is no booking."""
    row = storage.lock(Booking, party=party, ocpi_id=booking_id)
    stored = storage.patch_object(row, kind="booking", patch=data, columns=_columns, at=at, objection=_objection)
    if stored.changed:
        _announce(row, at)
    return _noted(stored, data, at)


@transaction.atomic
def keep_answer(*, party: Party, data: Data, at: datetime) -> Stored[Booking]:
    """A booking as the CPO answered a request with it. Whoever asked has it by the answer, so nothing is announced."""
    return _put(party, data["id"], data, at)


@transaction.atomic(savepoint=False)
def tell_missed(*, connection: Connection, at: datetime) -> None:
    """A door opens for a platform: it is sent the places it may book, and bookings as far as it lacks them."""
    _recognize_emsps(connection)
    if not outbox.takes(connection, selectors.BOOKINGS):
        return
    for place in selectors.missed_places(connection, at):
        for receiver in routing.receivers_of(place.party, on=connection, at=at):
            places.tell(place=place, receiver=receiver, at=at)
    for booking in selectors.missed(connection, at):
        assert booking.emsp is not None, "it was found by its eMSP"
        _push(booking, routing.receivers_here(connection, booking.emsp, owner=booking.party), at)


def _recognize_emsps(connection: Connection) -> None:
    """Bookings that came before their eMSP was known here are given it, of CPOs that an agreement joins to the
    platform."""
    owners = routing.counterparties_of(connection, role=PartyRole.CPO)
    for booking in Booking.objects.select_for_update(of=("self",)).filter(emsp=None, party__in=owners):
        booking.emsp = _emsp(booking.data)
        if booking.emsp is not None:
            booking.save(update_fields=["emsp"])


def _put(party: Party, booking_id: str, data: Data, at: datetime) -> Stored[Booking]:
    stored = storage.put_object(
        Booking, party=party, ocpi_id=booking_id, data=data, columns=_columns(data), at=at, objection=_objection
    )
    return _noted(stored, data, at)


def _objection(row: Booking, data: Data) -> str:
    """Why neither an object nor a patch is stored."""
    if note := storage.too_old(row, data):
        return note
    return _final_note(row) if row.status in FINAL and data.get("reservation_status", row.status) != row.status else ""


def _final_note(row: Booking) -> str:
    return f"The booking is {row.status}, which is final; nothing was changed."


def _noted(stored: Stored[Booking], sent: Data, at: datetime) -> Stored[Booking]:
    """Tell people of a status that moved where it should not (B1): a final one stays, any other is as the CPO says."""
    row = stored.row
    if stored.note and stored.note == _final_note(row):
        _tell(row, row.status, sent["reservation_status"], "It was not changed.", at)
    before = (stored.before or {}).get("reservation_status", row.status)
    skips = before != row.status and row.status not in MOVES.get(before, frozenset())
    if stored.changed and skips and BookingStatus.UNKNOWN not in (before, row.status):
        _tell(row, before, row.status, "It is kept as they say.", at)
    return stored


def _tell(row: Booking, before: str, after: str, consequence: str, at: datetime) -> None:
    moves = ", ".join(sorted(MOVES.get(before, ()))) or "nothing, it is final"
    sender = row.party.connection.name
    findings.record_once(
        code="booking_status_out_of_order",
        severity=Severity.NOTE,
        title="A booking moved where it should not",
        sentence=f"{sender} sent booking “{row.ocpi_id}” of {row.party.code} as {after} after it was {before}. "
        f"{consequence}",
        expected=moves,
        actual=after,
        connection=row.party.connection,
        subject=f"bookings {row.ocpi_id}",
        at=at,
    )


def _announce(row: Booking, at: datetime) -> None:
    _push(row, routing.receivers_of_pair(row.party, row.emsp, at=row.starts_at), at)


def _push(row: Booking, receivers: list[Receiver], at: datetime) -> None:
    storage.announce(row, receivers=receivers, module=selectors.BOOKINGS, kind="booking", at=at)


def _columns(data: Data) -> dict[str, Any]:
    return {
        "emsp": _emsp(data),
        "status": data["reservation_status"],
        "request_id": data["request_id"],
        "location_id": data["location_id"],
        "authorization_reference": data["authorization_reference"],
        "starts_at": parse_time(data["period"]["start_date_time"]),
        "ends_at": parse_time(data["period"]["end_date_time"]),
        "last_updated": parse_time(data["last_updated"]),
    }


def _emsp(data: Data) -> Party | None:
    """Who asked for it, by the newest request that names an eMSP we know; else whose tokens may use it."""
    requests = [request["booking_request"] for request in reversed(data["booking_requests"])]
    for named in [*requests, *(data.get("booking_tokens") or [])]:
        emsp = parties.find(named["country_code"], named["party_id"], PartyRole.EMSP)
        if emsp is not None:
            return emsp
    return None
