"""What would happen if a file were stored: object by object, against what is stored now."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from partners.parties.models import Party
from roaming.ocpi import order
from roaming.ocpi.models import OcpiObject
from roaming.own_objects import ages, differences, reading, selectors
from roaming.own_objects.differences import Difference
from roaming.own_objects.kinds import Data, Identity, Kind
from roaming.own_objects.reading import Draft
from roaming.own_objects.sheets.sheet import RowError

NEW, CHANGED, UNCHANGED, WRONG = "new", "changed", "unchanged", "wrong"


@dataclass(frozen=True)
class Planned:
    """One object of the file: `data` is what would be stored, `differences` from what is."""

    row: int
    name: str
    state: str
    data: Data = field(repr=False, default_factory=dict)
    identity: Identity = ()
    differences: list[Difference] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    planned: list[Planned]
    errors: list[RowError]

    def of(self, state: str) -> list[Planned]:
        return [one for one in self.planned if one.state == state]

    @property
    def to_store(self) -> list[Planned]:
        return [one for one in self.planned if one.state in (NEW, CHANGED)]

    @property
    def counts(self) -> dict[str, int]:
        return {state: len(self.of(state)) for state in (NEW, CHANGED, UNCHANGED, WRONG)}

    @property
    def fingerprint(self) -> str:
        """The same for the same outcome: whether what a person saw is what would happen now."""
        seen = [(one.row, one.identity, one.state, one.differences) for one in self.planned]
        return hashlib.sha256(msgspec.json.encode([seen, self.errors])).hexdigest()


def plan(kind: Kind, party: Party, text: str, *, version: str, at: datetime) -> Plan:
    """Raises reading.NotReadable for a file that is none of this noun as a whole."""
    drafts = reading.drafts(kind, party, text, version=version, at=at)
    stored = selectors.held(kind, party, _identities(drafts))
    planned, errors = [], []
    for draft in drafts:
        one, wrong = _planned(kind, draft, stored.get(draft.identity) if draft.identity else None, at)
        planned.append(one)
        errors += wrong
    return Plan(planned, sorted(errors, key=lambda error: error.row))


def _identities(drafts: Iterable[Draft]) -> list[Identity]:
    return [draft.identity for draft in drafts if draft.identity]


def _planned(kind: Kind, draft: Draft, row: OcpiObject | None, at: datetime) -> tuple[Planned, list[RowError]]:
    before = row.data if row is not None else None
    data, errors = draft.finish(before)
    if errors := [*draft.errors, *errors]:
        return Planned(draft.row, draft.name, WRONG), errors
    assert draft.identity is not None
    data, state = settled(kind, data, row, before, at)
    found = differences.between(before, data) if before is not None and state == CHANGED else []
    return Planned(draft.row, draft.name, state, data, draft.identity, found), []


def settled(kind: Kind, data: Data, row: OcpiObject | None, before: Data | None, at: datetime) -> tuple[Data, str]:
    """The valid object with its age, and whether that is new, changed, or nothing new to `before`, which `row` holds;
    a deleted tariff is new again."""
    dated = ages.dated(kind.parts, data, before, at)
    if row is None or before is None:
        return dated, NEW
    if selectors.is_deleted(row):
        return ages.anew(data, before, at), NEW
    return dated, UNCHANGED if order.same_content(dated, before) else CHANGED
