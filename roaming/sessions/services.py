"""The only writers of sessions."""

from datetime import datetime
from typing import Any

from django.db import transaction

from partners import routing
from partners.parties import selectors as parties
from partners.parties.models import Party, PartyRole
from roaming.ocpi import storage
from roaming.ocpi.schema import transforms, validation, wire
from roaming.ocpi.schema.values import parse_time
from roaming.ocpi.storage import Stored
from roaming.ocpi.versions import NEWEST_SHAPE
from roaming.sessions.models import Session

Data = dict[str, Any]


@transaction.atomic
def put(*, party: Party, session_id: str, data: Data, at: datetime) -> Stored[Session]:
    """Create or replace a session of `party`, its charging periods included (S1)."""
    stored = storage.put_object(Session, party=party, ocpi_id=session_id, data=data, columns=_columns(data), at=at)
    if stored.changed:
        _announce(stored.row, at)
    return stored


@transaction.atomic
def patch(*, party: Party, session_id: str, data: Data, at: datetime) -> Stored[Session]:
    """Change the named fields and append the given charging periods (S1). Raises Unknown and Invalid (T63).

    A patch older than the session is applied as a whole (T65): dropping it would lose its charging periods for good. A
    period that is there already is not appended again, so a repeated request does no harm.
    """
    row = storage.lock(Session, party=party, ocpi_id=session_id)
    stored = row.data
    merged = transforms.merge_patch("session", stored, _without_known_periods(stored, data))
    validation.validate(NEWEST_SHAPE, "session", merged)
    changed = storage.replace(row, data=merged, columns=_columns(merged), at=at)
    if changed:
        _announce(row, at)
    return Stored(row, created=False, changed=changed)


def _without_known_periods(stored: Data, patch: Data) -> Data:
    if not patch.get("charging_periods"):
        return patch
    known = {wire.canonical(period) for period in stored.get("charging_periods") or []}
    fresh = [period for period in patch["charging_periods"] if wire.canonical(period) not in known]
    return {**patch, "charging_periods": fresh}


def _announce(row: Session, at: datetime) -> None:
    receivers = routing.receivers_of_pair(row.party, row.emsp, at=row.started_at)
    storage.announce(row, receivers=receivers, module="sessions", kind="session", at=at)


def _columns(data: Data) -> dict[str, Any]:
    token = data["cdr_token"]
    cost = data.get("total_cost")
    return {
        "emsp": parties.find(token["country_code"], token["party_id"], PartyRole.EMSP),
        "status": data["status"],
        "token_uid": token["uid"],
        "location_id": data["location_id"],
        "evse_uid": data["evse_uid"],
        "started_at": parse_time(data["start_date_time"]),
        "ended_at": parse_time(data["end_date_time"]) if data.get("end_date_time") else None,
        "energy_kwh": storage.amount(data["kwh"]),
        "currency": data["currency"],
        "cost": storage.amount(cost["before_taxes"]) if cost else None,
        "last_updated": parse_time(data["last_updated"]),
    }
