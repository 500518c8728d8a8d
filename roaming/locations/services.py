"""The only writers of locations. Every change is announced to those who must receive it: as the whole location, or as
the status of an EVSE where nothing else changed."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from partners import routing
from partners.parties.models import Party
from roaming.exchange import outbox
from roaming.findings import services as findings
from roaming.findings.models import Severity
from roaming.locations import parts
from roaming.locations.models import Location
from roaming.ocpi import nested, order, storage
from roaming.ocpi.schema import validation
from roaming.ocpi.schema.values import parse_time
from roaming.ocpi.storage import Stored, Unknown
from roaming.ocpi.versions import NEWEST_SHAPE

Data = dict[str, Any]


@dataclass(frozen=True)
class _Part:
    """An EVSE or connector as it was, None when it is new, and as it is now; `note` is for its sender."""

    name: str
    known: Data | None
    sent: Data
    note: str = ""


@transaction.atomic
def put(*, party: Party, location_id: str, data: Data, at: datetime) -> Stored[Location]:
    """Create or replace a location of `party` (T60). EVSEs and connectors that are younger here stay as they are."""
    whole = parts.aged(data)
    row, created = storage.held_or_new(
        Location, party=party, ocpi_id=location_id, data=whole, columns=_columns(whole), at=at
    )
    if created:
        return _told(Stored(row, created=True, changed=True), at)
    before = row.data
    return _kept(row, before) if order.is_older(whole, before) else _written(row, before, whole, at, location_id)


@transaction.atomic
def patch(*, party: Party, location_id: str, data: Data, at: datetime) -> Stored[Location]:
    """Change the named fields, of EVSEs too (T61). Raises Unknown, and Invalid when the result is no location any more
    (T63)."""
    row = storage.lock(Location, party=party, ocpi_id=location_id)
    location = row.data
    data = order.dated(data, location, at)
    if order.is_older(parts.aged(data), location):
        return _kept(row, location)
    merged = nested.merged("location", parts.EVSES, location, data)
    return _written(row, location, parts.aged(merged), at)


@transaction.atomic
def put_evse(*, party: Party, location_id: str, evse_uid: str, data: Data, at: datetime) -> Stored[Location]:
    """Add or replace an EVSE. Raises Unknown when the location is not here: no stub is made (L4)."""
    row = storage.lock(Location, party=party, ocpi_id=location_id)
    location, evse = row.data, parts.aged_evse(data)
    known = parts.evse_of(location, evse_uid)
    if known and order.is_older(evse, known):
        return _kept(row, known)
    return _with_evse(row, location, known, evse, at)


@transaction.atomic
def patch_evse(*, party: Party, location_id: str, evse_uid: str, data: Data, at: datetime) -> Stored[Location]:
    """Change fields of an EVSE, for example its status. Raises Unknown and Invalid."""
    row = storage.lock(Location, party=party, ocpi_id=location_id)
    location = row.data
    known = _evse(row, location, evse_uid)
    data = order.dated(data, known, at)
    if order.is_older(parts.aged_evse(data), known):
        return _kept(row, known)
    evse = nested.merged("evse", parts.CONNECTORS, known, data)
    return _with_evse(row, location, known, parts.aged_evse(evse), at)


@transaction.atomic
def put_connector(
    *, party: Party, location_id: str, evse_uid: str, connector_id: str, data: Data, at: datetime
) -> Stored[Location]:
    """Add or replace a connector. Raises Unknown when its EVSE or location is not here (L4)."""
    row = storage.lock(Location, party=party, ocpi_id=location_id)
    location = row.data
    evse = _evse(row, location, evse_uid)
    known = parts.connector_of(evse, connector_id)
    if known and order.is_older(data, known):
        return _kept(row, known)
    part = _Part(f"connector {connector_id} of EVSE {evse_uid}", known, data)
    return _with_part(row, location, part, parts.with_connector(location, evse, data), at)


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
    data = order.dated(data, known, at)
    if order.is_older(data, known):
        return _kept(row, known)
    connector = nested.merged("connector", None, known, data)
    part = _Part(f"connector {connector_id} of EVSE {evse_uid}", known, connector)
    return _with_part(row, location, part, parts.with_connector(location, evse, connector), at)


def _evse(row: Location, location: Data, evse_uid: str) -> Data:
    evse = parts.evse_of(location, evse_uid)
    if evse is None:
        raise Unknown(f"Location “{row.ocpi_id}” has no EVSE “{evse_uid}”.")
    return evse


def _kept(row: Location, known: Data) -> Stored[Location]:
    """An older state of the location or of a part is answered, not stored."""
    return Stored(row, created=False, changed=False, note=order.older_note(known))


def _written(row: Location, before: Data, sent: Data, at: datetime, ocpi_id: str = "") -> Stored[Location]:
    """Store a location that is not older than it was, but for those of its parts that are (T65)."""
    whole, kept = nested.with_younger(parts.EVSES, sent, before)
    stored = storage.written(row, before=before, data=whole, columns=_columns(whole), at=at, ocpi_id=ocpi_id)
    if gone := parts.left_out(before, whole):
        _note_left_out(row, gone, at)
    return _told(replace(stored, note=order.kept_note(kept)), at)


def _with_evse(row: Location, before: Data, known: Data | None, evse: Data, at: datetime) -> Stored[Location]:
    evse, kept = nested.with_younger(parts.CONNECTORS, evse, known or {})
    part = _Part(f"EVSE {evse['uid']}", known, evse, order.kept_note(kept))
    return _with_part(row, before, part, parts.with_evse(before, evse), at)


def _with_part(row: Location, before: Data, part: _Part, whole: Data, at: datetime) -> Stored[Location]:
    """Store the location, which was `before`, with a new or changed part."""
    validation.validate(NEWEST_SHAPE, "location", whole)
    changed = storage.replace(row, before=before, data=whole, columns=_columns(whole), at=at)
    if changed and part.known:
        order.note_same_age(row, part=part.name, stored=part.known, sent=part.sent, at=at)
    return _told(Stored(row, created=part.known is None, changed=changed, note=part.note, before=before), at)


def _told(stored: Stored[Location], at: datetime) -> Stored[Location]:
    """Tell partners of a change, and people of an EVSE that is now in two places or of a country as it was written
    once."""
    if stored.changed:
        row = stored.row
        _announce(stored, at)
        fresh = set(row.evse_uids).difference(parts.uids(stored.before or {}))
        if fresh:
            _note_shared(row, fresh, at)
        if len(row.country) == 2:
            _note_old_country(row, at)
    return stored


def _announce(stored: Stored[Location], at: datetime) -> None:
    """Tell of statuses alone where nothing else changed, for they change often and locations are large."""
    row, receivers = stored.row, routing.receivers_of(stored.row.party, at=at)
    evses = parts.in_new_status(stored.before, row.data) if stored.before else []
    if not evses:
        storage.announce(row, receivers=receivers, module="locations", kind="location", at=at)
    for evse in evses:
        outbox.enqueue(
            receivers=receivers,
            owner=row.party,
            module="locations",
            kind="evse",
            method="PATCH",
            path=outbox.object_path(row.party, row.ocpi_id, evse["uid"]),
            body={"status": evse["status"], "last_updated": evse["last_updated"]},
            object_key=outbox.part_key(row.party, row.ocpi_id, evse["uid"]),
            follows=outbox.object_key("locations", row.party, row.ocpi_id),
            at=at,
        )


def _note_old_country(row: Location, at: datetime) -> None:
    """Kept as it is, though it should have three letters (L12)."""
    findings.record_once(
        code="country_of_two_letters",
        severity=Severity.NOTE,
        title="A country of two letters",
        sentence=f"{row.party.code} writes the country of location “{row.ocpi_id}” as {row.country}; OCPI wants three "
        "letters, and partners may refuse it.",
        expected="ISO 3166-1 alpha-3, like NLD",
        actual=row.country,
        connection=row.party.connection,
        subject=f"locations {row.ocpi_id}",
        at=at,
    )


def _note_left_out(row: Location, uids: list[str], at: datetime) -> None:
    """A PUT is taken at its word (T60), but an EVSE should stay readable as REMOVED (L1)."""
    gone = ", ".join(f"“{uid}”" for uid in uids)
    findings.record_once(
        code="evse_left_out",
        severity=Severity.NOTE,
        title="EVSE left out, not removed",
        sentence=f"{row.party.code} sent location “{row.ocpi_id}” without its EVSE {gone} and never said that it was "
        "REMOVED. It is gone here too; partners that hear of changes only may go on showing it.",
        expected="status REMOVED before, or instead of, leaving it out",
        actual="left out",
        connection=row.party.connection,
        subject=f"locations {row.ocpi_id}",
        at=at,
    )


def _note_shared(row: Location, uids: set[str], at: datetime) -> None:
    """A uid names one EVSE of a CPO (L10); whom a command or session means is unclear otherwise."""
    for other in Location.objects.filter(party=row.party, evse_uids__overlap=sorted(uids)).exclude(pk=row.pk):
        shared = ", ".join(f"“{uid}”" for uid in sorted(uids.intersection(other.evse_uids)))
        findings.record_once(
            code="evse_uid_in_two_places",
            severity=Severity.NOTE,
            title="EVSE uid in two places",
            sentence=f"{row.party.code} has an EVSE {shared} at location “{row.ocpi_id}” and at “{other.ocpi_id}”; "
            "a uid names one EVSE of a CPO.",
            expected="one location for each EVSE uid",
            actual=f"{other.ocpi_id} and {row.ocpi_id}",
            connection=row.party.connection,
            subject=f"locations {row.ocpi_id}",
            at=at,
        )


def _columns(data: Data) -> dict[str, Any]:
    uids = parts.uids(data)
    return {
        "name": data.get("name") or "",
        "address": data["address"],
        "city": data["city"],
        "country": data["country"],
        "time_zone": data["time_zone"],
        "publish": data["publish"],
        "evse_uids": uids,
        "evse_count": len(uids),
        "last_updated": parse_time(data["last_updated"]),
    }
