"""The objects of a file, CSV or JSON, each on its way to become one of ours. Nothing is stored here."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from partners.parties.models import Party
from roaming.ocpi import translation
from roaming.ocpi.schema import wire
from roaming.ocpi.schema.rules import Invalid, Violation
from roaming.own_objects import ages, checks, table
from roaming.own_objects.kinds import Data, Identity, Kind
from roaming.own_objects.sheets.sheet import Built, Row, RowError, grouped
from roaming.tokens import selectors as tokens

MOST_BYTES = 20_000_000
_MEGABYTE = 1_000_000


class NotReadable(ValueError):
    """The file as a whole is none of this noun; a sentence."""


@dataclass(frozen=True)
class Draft:
    """One object of a file. `finish` makes it of what is stored (None: nothing), and says what is wrong with it.

    `identity` is None for what cannot even be told apart; `row` is where it begins.
    """

    row: int
    name: str
    identity: Identity | None = None
    errors: list[RowError] = field(default_factory=list)
    finish: Callable[[Data | None], tuple[Data, list[RowError]]] = lambda stored: ({}, [])


def text_of(content: bytes) -> str:
    """The text of a file. Raises NotReadable for one that is too large, empty, or no text."""
    if len(content) > MOST_BYTES:
        raise NotReadable(f"The file is larger than {MOST_BYTES // _MEGABYTE} MB; import it in several parts.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotReadable(
            f"The file is not UTF-8: byte {error.start} cannot be read. Save it as CSV UTF-8, or as JSON."
        ) from None
    if "\0" in text:
        raise NotReadable("The file is no text; write CSV or JSON.")
    if not text.strip():
        raise NotReadable("The file is empty.")
    return text


def is_json(text: str) -> bool:
    return text.lstrip()[:1] in {"[", "{"}


def drafts(kind: Kind, party: Party, text: str, *, version: str, at: datetime) -> list[Draft]:
    """The objects of a file of `party`; `version` is that of JSON. Raises NotReadable."""
    try:
        found = _of_json(kind, party, text, version, at) if is_json(text) else _of_csv(kind, party, text, at)
    except (table.NotATable, wire.NotJson) as error:
        raise NotReadable(str(error).replace("The body", "The file")) from None
    return list(_once(kind, found))


def _once(kind: Kind, found: Iterable[Draft]) -> Iterable[Draft]:
    """What is in the file twice is an error the second time."""
    seen: dict[Identity, int] = {}
    for draft in found:
        first = seen.setdefault(draft.identity, draft.row) if draft.identity else draft.row
        if first != draft.row:
            column = kind.key if kind.sheet.one_row else ""
            draft.errors.append(
                RowError(draft.row, column, f"The {kind.name} “{draft.name}” is in row {first} already.")
            )
        yield draft


# CSV


def _of_csv(kind: Kind, party: Party, text: str, at: datetime) -> Iterable[Draft]:
    rows = table.read(text, kind.sheet.names, kind.sheet.key)
    if kind.sheet.one_row:
        return [_of_rows(kind, party, [row], at) for row in rows]
    named, nameless = [row for row in rows if row.cells[kind.key]], [row for row in rows if not row.cells[kind.key]]
    groups = grouped(named, lambda row: row.cells[kind.key].upper())
    return [_of_rows(kind, party, group, at) for group in [*groups.values(), *([row] for row in nameless)]]


def _of_rows(kind: Kind, party: Party, rows: list[Row], at: datetime) -> Draft:
    first = rows[0]
    keys = [first.cells[name] for name in kind.sheet.key]
    missing = [
        RowError(first.number, name, f"{name} is required.")
        for name, key in zip(kind.sheet.key, keys, strict=True)
        if not key
    ]
    if missing:
        return Draft(first.number, keys[0], errors=missing)

    def finish(stored: Data | None) -> tuple[Data, list[RowError]]:
        built = kind.sheet.build(rows, stored)
        return _whole(kind, party, built, at), built.errors

    return Draft(first.number, keys[0], tuple(key.upper() for key in keys), finish=finish)


def _whole(kind: Kind, party: Party, built: Built, at: datetime) -> Data:
    owned = {"country_code": party.country_code, "party_id": party.party_id}
    data: Data = ages.filled(kind.parts, owned | built.data, at)
    try:
        checks.check(kind.name, data)
    except Invalid as error:
        built.refused(error.violations)
    return data


# JSON


def _of_json(kind: Kind, party: Party, text: str, version: str, at: datetime) -> Iterable[Draft]:
    value: Any = wire.decode(text.encode())
    if isinstance(value, dict) and "data" in value and kind.key not in value:
        value = value["data"]
    values = value if isinstance(value, list) else [value]
    if not values:
        raise NotReadable("The file holds no object.")
    if len(values) > table.MOST_ROWS:
        raise NotReadable(f"The file has more than {table.MOST_ROWS:,} objects; import it in several parts.")
    return [_of_value(kind, party, number, one, version, at) for number, one in enumerate(values, start=1)]


def _of_value(kind: Kind, party: Party, number: int, value: Any, version: str, at: datetime) -> Draft:
    name = str(value.get(kind.key, ""))[:36] if isinstance(value, dict) else ""
    try:
        data = understood(kind, party, value, version=version, at=at)
    except Invalid as error:
        wrong = [RowError(number, one.path, f"{one}.") for one in error.violations]
        return Draft(number, name, errors=wrong)

    def finish(stored: Data | None) -> tuple[Data, list[RowError]]:
        return (ages.with_removed(kind.parts, data, stored) if kind.parts and stored else data), []

    return Draft(number, name, kind.identity(data), finish=finish)


def understood(kind: Kind, party: Party, value: Any, *, version: str, at: datetime) -> Data:
    """An object that a person wrote as JSON in that version, in the newest shape; who owns it and how old it is need
    not be said. Raises Invalid with every violation."""
    if isinstance(value, dict):
        value = _owned(party, value, version)
    value = ages.filled(kind.parts, value, at)
    owner = (party.country_code, party.party_id)
    data = translation.understood(version, kind.name, value, connection=party.connection, owner=owner)
    if kind.name == "token" and version == "2.1.1":
        data["type"] = tokens.type_of(party, data["uid"], token_type=data["type"], version=version)
    checks.check(kind.name, data)
    return data


def _owned(party: Party, value: Data, version: str) -> Data:
    """With the party as its owner, unless it names one; 2.1.1 has no words for it."""
    if version == "2.1.1":
        return value
    for name, ours in (("country_code", party.country_code), ("party_id", party.party_id)):
        said = value.get(name, ours)
        if isinstance(said, str) and said.upper() != ours:
            raise Invalid([Violation(f"$.{name}", f"must be {ours}, because it is to be one of {party.code}")])
    return {"country_code": party.country_code, "party_id": party.party_id, **value}
