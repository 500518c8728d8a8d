"""Which of two states of one object holds: the younger, and of two of one age the one that came last (T65)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from roaming.findings import services as findings
from roaming.findings.models import Finding, Severity
from roaming.ocpi.models import OcpiObject
from roaming.ocpi.schema import wire
from roaming.ocpi.schema.values import format_time, parse_time

Data = dict[str, Any]

_AGE = "last_updated"
_LATEST = datetime(9999, 12, 31, 23, 59, 58, tzinfo=UTC)  # there is no second after the one that follows
_AHEAD = timedelta(days=1)  # more than clocks that go wrong a little, and mistaken time zones, explain
_NAMED = 5  # parts in one note


def dated(patch: Data, stored: Data, at: datetime) -> Data:
    """The PATCH with a time: OCPI 2.1.1 lets it be left out, and means that of its arrival (T62) if it changes
    anything."""
    if patch.get(_AGE):
        return patch
    if same_content({name: stored.get(name) for name in patch}, patch):
        return {**patch, _AGE: stored[_AGE]}
    next_moment = min(parse_time(stored[_AGE]), _LATEST) + timedelta(seconds=1)
    return {**patch, _AGE: format_time(max(at, next_moment))}


def is_older(new: Data, stored: Data) -> bool:
    """Whether `new`, an object or a PATCH of it, was true before what is stored."""
    return parse_time(new[_AGE]) < parse_time(stored[_AGE])


def older_note(stored: Data) -> str:
    """What a partner is told whose update came too late."""
    return f"This is older than what is stored here, which was last updated {stored[_AGE]}; nothing was changed."


def kept_note(names: Sequence[str]) -> str:
    """What a partner is told whose object came with parts, by name, that are older than those here; "" for none."""
    if not names:
        return ""
    named = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
    ending = "is older than what is stored here and was kept as it is."
    if len(names) > 1:
        ending = "are older than what is stored here and were kept as they are."
    return f"{named[0].upper()}{named[1:]} {ending}"


def same_content(one: Data, other: Data) -> bool:
    """Whether two states say the same of everything but their age and that of their parts."""
    return wire.canonical(_ageless(one)) == wire.canonical(_ageless(other))


def differing(stored: Data, sent: Data) -> list[str]:
    """The fields, by name, whose values are not the same, age aside."""
    names = sorted((stored.keys() | sent.keys()) - {_AGE})
    return [name for name in names if not same_content({name: stored.get(name)}, {name: sent.get(name)})]


def note_same_age(row: OcpiObject, *, part: str = "", stored: Data, sent: Data, at: datetime) -> None:
    """A finding, once, when `sent` replaced `stored` with other content and the same age: nobody can tell which holds.

    `part` names what changed inside the row's object, for example "EVSE ZP-1".
    """
    fields = differing(stored, sent)
    if not fields or parse_time(stored[_AGE]) != parse_time(sent[_AGE]):
        return
    kind, connection = row._meta.verbose_name, row.party.connection
    what = f"{part} of {kind}" if part else f"{kind}"
    findings.record_once(
        code="same_age_other_content",
        severity=Severity.NOTE,
        title="Changed without a new last_updated",
        sentence=f"{connection.name} changed {what} “{row.ocpi_id}” of {row.party.code} and left its last_updated "
        f"as it was; different: {', '.join(fields)}. What came last is stored.",
        expected=f"a last_updated after {stored[_AGE]}",
        actual=sent[_AGE],
        connection=connection,
        subject=f"{kind}s {row.ocpi_id}",
        at=at,
    )


def note_ahead(row: OcpiObject, at: datetime) -> None:
    """A finding, once per object, when its last_updated lies so far ahead that true updates are older than it."""
    if row.last_updated <= at + _AHEAD:
        return
    kind, connection = row._meta.verbose_name, row.party.connection
    subject = f"{kind}s {row.ocpi_id}"
    sentence = (
        f"The last_updated of {kind} “{row.ocpi_id}” of {row.party.code} lies more than a day ahead of our clock. "
        "It is stored; until that time has come, an update with an earlier one is older and not taken. Ask for the "
        "clock of their platform to be put right."
    )
    if not Finding.objects.filter(connection=connection, subject=subject, sentence=sentence).exists():
        findings.record(
            code="last_updated_ahead",
            severity=Severity.NOTE,
            title="Last updated in the future",
            sentence=sentence,
            expected=f"a last_updated of {format_time(at)} or before",
            actual=format_time(row.last_updated),
            connection=connection,
            subject=subject,
            at=at,
        )


def _ageless(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _ageless(item) for name, item in value.items() if name != _AGE}
    return [_ageless(item) for item in value] if isinstance(value, list) else value
