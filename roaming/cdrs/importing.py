"""CDRs from a file: a JSON array, one object per line, or a saved OCPI answer. The same intake as for push and pull."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from partners.parties import selectors as parties
from partners.parties.models import Party, PartyRole
from roaming.cdrs import services
from roaming.cdrs.models import Via
from roaming.ocpi.schema import transforms, validation, wire

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Entry:
    """One object of the file, exactly as it stands there; `number` counts from 1 (objects, or lines of a line file)."""

    number: int
    raw: bytes


@dataclass(frozen=True)
class Refusal:
    """Why an object was not stored: one sentence per violation."""

    number: int
    cdr_id: str
    sentences: list[str]


@dataclass
class Outcome:
    stored: int = 0
    repeated: int = 0
    refused: list[Refusal] = field(default_factory=list)


def entries(content: bytes) -> list[Entry]:
    """The objects of a file. Raises wire.NotJson when it is none of the three forms."""
    content = content.removeprefix(_BOM)
    try:
        value = wire.decode(content)
    except wire.NotJson:
        if lines := _lines(content):
            return lines
        raise
    if isinstance(value, dict) and "data" in value and "id" not in value:
        return entries(bytes(msgspec.json.decode(content, type=dict[str, msgspec.Raw])["data"]))
    if isinstance(value, list):
        objects = msgspec.json.decode(content, type=list[msgspec.Raw])
        return [Entry(number, bytes(raw)) for number, raw in enumerate(objects, start=1)]
    return [Entry(1, content)]


def take(found: list[Entry], *, version: str, only: tuple[str, str] | None, at: datetime) -> Outcome:
    """Take in every good object, each in a transaction of its own; the broken ones are in the outcome.

    `only` (country code, party id) refuses CDRs of any other owner.
    """
    outcome = Outcome()
    for entry in found:
        try:
            value = wire.decode(entry.raw)
        except wire.NotJson as error:
            outcome.refused.append(Refusal(entry.number, "", [str(error)]))
            continue
        sentences = list(_take_one(entry, value, version, only, at, outcome))
        if sentences:
            outcome.refused.append(Refusal(entry.number, _name(value), sentences))
    return outcome


def _take_one(
    entry: Entry, value: Any, version: str, only: tuple[str, str] | None, at: datetime, outcome: Outcome
) -> Iterator[str]:
    """Store one object and count it, or say what is wrong with it."""
    try:
        validation.validate(version, "cdr", value)
    except validation.Invalid as error:
        yield from map(str, error.violations)
        return
    party = _owner(value)
    if party is None:
        yield (
            f"{_code(value)} is not known as a CPO; add it first: "
            f"manage.py add_connection --name … --role CPO --party {_code(value)}"
        )
        return
    if only is not None and (party.country_code, party.party_id) != only:
        yield f"It belongs to {party.code}, not to {'*'.join(only)}."
        return
    try:
        received = services.receive(
            party=party,
            raw=entry.raw,
            version=version,
            data=transforms.upgrade(version, "cdr", value),
            connection=None,
            via=Via.IMPORT,
            at=at,
        )
    except services.ContentDiffers as error:
        yield str(error)
        return
    outcome.stored += received.created
    outcome.repeated += not received.created


def _owner(value: Any) -> Party | None:
    return parties.find(value["country_code"], value["party_id"], PartyRole.CPO)


def _code(value: Any) -> str:
    return f"{value['country_code']}*{value['party_id']}".upper()


def _name(value: Any) -> str:
    found = value.get("id") if isinstance(value, dict) else None
    return found[:39] if isinstance(found, str) else ""


def _lines(content: bytes) -> list[Entry]:
    """The lines of a line file; nothing when no line is an object of its own."""
    lines = [Entry(number, line.strip()) for number, line in enumerate(content.splitlines(), start=1) if line.strip()]
    return lines if any(_is_object(line.raw) for line in lines) else []


def _is_object(raw: bytes) -> bool:
    try:
        return isinstance(wire.decode(raw), dict)
    except wire.NotJson:
        return False
