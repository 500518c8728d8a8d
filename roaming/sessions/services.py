"""The only writers of sessions."""

from datetime import datetime
from typing import Any

from django.db import transaction

from partners import routing
from partners.parties import selectors as parties
from partners.parties.models import Party, PartyRole
from roaming.exchange import outbox
from roaming.findings import services as findings
from roaming.findings.models import Severity
from roaming.kernel import events
from roaming.ocpi import order, storage
from roaming.ocpi.lateness import late_by
from roaming.ocpi.schema import transforms, validation, wire
from roaming.ocpi.schema.values import parse_time
from roaming.ocpi.storage import Stored
from roaming.ocpi.versions import NEWEST_SHAPE
from roaming.sessions.models import Session
from roaming.tokens import services as tokens

Data = dict[str, Any]

_OVER = "COMPLETED"
_ENDED = frozenset({_OVER, "INVALID"})
_LATE = "This is older than what is stored here; only its charging periods were added."
_FINAL = "The session is COMPLETED, which is final; nothing was changed."


@transaction.atomic
def put(*, party: Party, session_id: str, data: Data, by_contract: bool = False, at: datetime) -> Stored[Session]:
    """Create or replace a session of `party`, its charging periods included (S1). A COMPLETED one stays so (S2).

    `by_contract`: the sender named a contract only, as in 2.1.1, and the token in `data` is the one it belongs to now.
    """
    if by_contract and (known := storage.find(Session, party=party, ocpi_id=session_id)):
        data = _with_its_token(known.data, data)
    stored = storage.put_object(
        Session, party=party, ocpi_id=session_id, data=data, columns=_columns(data), at=at, objection=_objection
    )
    if by_contract and stored.changed:
        what = f"Session “{session_id}”"
        tokens.note_contract_of_several(party=party, token=data["cdr_token"], what=what, at=at)
    return _told(stored, data, at)


@transaction.atomic
def patch(*, party: Party, session_id: str, data: Data, appends: bool = True, at: datetime) -> Stored[Session]:
    """Change the named fields and append the given charging periods (S1); in 2.1.1 they replace those there are
    (`appends` False). Raises Unknown and Invalid (T63).

    Of a patch older than the session its periods are added all the same, because they come only once, and nothing else
    (T65). A period that is there already is not appended again, so a repeated request does no harm.
    """
    row = storage.lock(Session, party=party, ocpi_id=session_id)
    before = row.data
    data = order.dated(data, before, at)
    if appends and order.is_older(data, before) and (periods := _missed_periods(before, data)):
        return _told(_with_late_periods(row, before, periods, at), data, at)
    if note := _objection(row, data):
        return _told(Stored(row, created=False, changed=False, note=note), data, at)
    merged = transforms.merge_patch("session" if appends else "", before, _without_known(before, data, appends))
    validation.validate(NEWEST_SHAPE, "session", merged)
    return _told(storage.written(row, before=before, data=merged, columns=_columns(merged), at=at), data, at)


def _with_its_token(stored: Data, data: Data) -> Data:
    """The session with the token that it began with, as long as it names the same contract. One that was not known
    then, and only guessed, gives way to what a younger state is found to name."""
    token, contract = stored["cdr_token"], data["cdr_token"]["contract_id"]
    guessed = token["type"] == "OTHER" and token["uid"] == token["contract_id"]
    if token["contract_id"].upper() != contract.upper() or (guessed and order.is_older(stored, data)):
        return data
    return {**data, "cdr_token": {**token, "contract_id": contract}}


def _objection(row: Session, data: Data) -> str:
    """Why neither an object nor a patch is stored."""
    if note := storage.too_old(row, data):
        return note
    return _FINAL if row.status == _OVER and data.get("status", _OVER) != _OVER else ""


def _missed_periods(before: Data, patch: Data) -> list[Data]:
    """The periods of an older patch that are not here; of one that begins when a known one does, more is known now."""
    known = {_begin(period) for period in before.get("charging_periods") or []}
    return [period for period in patch.get("charging_periods") or [] if _begin(period) not in known]


def _begin(period: Data) -> datetime:
    return parse_time(period["start_date_time"])


def _with_late_periods(row: Session, before: Data, periods: list[Data], at: datetime) -> Stored[Session]:
    """Put the periods of an older patch where they belong in time."""
    in_time = sorted([*(before.get("charging_periods") or []), *periods], key=_begin)
    merged = {**before, "charging_periods": in_time}
    validation.validate(NEWEST_SHAPE, "session", merged)
    changed = storage.replace(row, before=before, data=merged, columns=_columns(merged), at=at)
    return Stored(row, created=False, changed=changed, note=_LATE)


def _told(stored: Stored[Session], sent: Data, at: datetime) -> Stored[Session]:
    """Tell the eMSP of a change, and people of one that should not be."""
    row, before = stored.row, stored.before or {}
    if stored.changed:
        _note_late(row, before, at)
        _make_known(row, before)
        _withdraw_from(row, before.get("cdr_token"))
        receivers = routing.receivers_of_pair(row.party, row.emsp, at=row.started_at)
        storage.announce(row, receivers=receivers, module="sessions", kind="session", at=at)
    if stored.note == _FINAL:
        _note_after_end(row, f"as {sent['status']} after it was {_OVER}; it was not changed", at)
    elif stored.changed and before.get("status") in _ENDED and order.is_older(before, row.data):
        fields = ", ".join(order.differing(before, row.data))
        _note_after_end(row, f"again after it was {before['status']}; changed: {fields}", at)
    return stored


def _note_late(row: Session, before: Data, at: datetime) -> None:
    """The first time that we are told that it is over."""
    if row.status not in _ENDED or before.get("status") in _ENDED:
        return
    row.late_by = late_by(row.ended_at, told_at=at)
    if row.late_by is not None:
        row.save(update_fields=["late_by"])


def _make_known(row: Session, before: Data) -> None:
    """News for what belongs to it: it is new here, or is about another authorization than was said before."""
    if not before or _authorization(before) != _authorization(row.data):
        events.publish("session.known", session=row, before=before)


def _authorization(data: Data) -> tuple[Any, ...]:
    token = data["cdr_token"]
    return data.get("authorization_reference"), token["country_code"], token["party_id"], token["uid"]


def _withdraw_from(row: Session, token: Data | None) -> None:
    """Nothing that waits is told to the eMSP that it was said to be of before, unless that is on the same platform."""
    before = parties.find(token["country_code"], token["party_id"], PartyRole.EMSP) if token else None
    now = row.emsp.connection_id if row.emsp is not None else None
    if before is None or before.connection_id in (now, row.party.connection_id):
        return
    key = outbox.object_key("sessions", row.party, row.ocpi_id)
    outbox.withdraw(connection=before.connection, key=key, why=f"The session is not one of {before.code} after all.")


def recognize(*, cpo: Party, emsp: Party) -> int:
    """Sessions of `cpo` with tokens of `emsp` that came before `emsp` was known here are its own from now on; how
    many."""
    unknown = Session.objects.filter(party=cpo, emsp=None, body__icontains=emsp.party_id)
    theirs = [row.pk for row in unknown.iterator() if routing.are_same(_issuer(row.data), emsp)]
    return Session.objects.filter(pk__in=theirs, emsp=None).update(emsp=emsp)


def _issuer(data: Data) -> routing.Code:
    return data["cdr_token"]["country_code"], data["cdr_token"]["party_id"]


def _note_after_end(row: Session, what: str, at: datetime) -> None:
    """A session that is over should not change (S2)."""
    findings.record_once(
        code="session_changed_after_its_end",
        severity=Severity.NOTE,
        title="Session changed after its end",
        sentence=f"{row.party.connection.name} sent session “{row.ocpi_id}” of {row.party.code} {what}.",
        expected="no change of a session that is over",
        actual=row.status,
        connection=row.party.connection,
        subject=f"sessions {row.ocpi_id}",
        at=at,
    )


def _without_known(stored: Data, patch: Data, appends: bool) -> Data:
    """The patch without the periods that are there already, where periods are appended."""
    if not appends or not patch.get("charging_periods"):
        return patch
    known = {wire.canonical(period) for period in stored.get("charging_periods") or []}
    fresh = [period for period in patch["charging_periods"] if wire.canonical(period) not in known]
    return {**patch, "charging_periods": fresh}


def _columns(data: Data) -> dict[str, Any]:
    token = data["cdr_token"]
    cost = data.get("total_cost")
    return {
        "emsp": parties.find(token["country_code"], token["party_id"], PartyRole.EMSP),
        "status": data["status"],
        "token_uid": token["uid"],
        "authorization_reference": data.get("authorization_reference") or "",
        "location_id": data["location_id"],
        "evse_uid": data["evse_uid"],
        "started_at": parse_time(data["start_date_time"]),
        "ended_at": parse_time(data["end_date_time"]) if data.get("end_date_time") else None,
        "energy_kwh": storage.amount(data["kwh"]),
        "currency": data["currency"],
        "cost": storage.amount(cost["before_taxes"]) if cost else None,
        "last_updated": parse_time(data["last_updated"]),
    }
