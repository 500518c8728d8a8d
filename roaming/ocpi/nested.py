"""Objects that hold others by id, each with a last_updated of its own: EVSEs and their connectors, calendars. Pure.

Ids are compared without regard to case (T80). A change of a part moves `last_updated` of everything around it (L2, B2).
"""

from dataclasses import dataclass
from typing import Any

from roaming.ocpi.schema import transforms, validation
from roaming.ocpi.schema.values import parse_time

Data = dict[str, Any]


@dataclass(frozen=True)
class Level:
    """Where an object has its parts, what names one of them, and where these have parts of their own."""

    field: str
    key: str
    word: str
    below: "Level | None" = None

    def of(self, whole: Data) -> list[Data]:
        return whole.get(self.field) or []

    def by_id(self, whole: Data) -> dict[str, Data]:
        """The parts by their ids in capitals."""
        return {part[self.key].upper(): part for part in self.of(whole)}


def find(level: Level, whole: Data, wanted: str) -> Data | None:
    """The part of that id in any letter case, or None."""
    return next((part for part in level.of(whole) if part[level.key].upper() == wanted.upper()), None)


def placed(level: Level, whole: Data, part: Data) -> Data:
    """The whole with `part` in the place of the one with its id, or added at the end, and at least as young."""
    parts = level.by_id(whole) | {part[level.key].upper(): part}
    return _touched({**whole, level.field: list(parts.values())}, part)


def aged(level: Level | None, whole: Data) -> Data:
    """The whole, nowhere older than its parts, whatever its sender says; never moved back, for it may have changed
    elsewhere since."""
    if level is None or not level.of(whole):
        return whole
    parts = [aged(level.below, part) for part in level.of(whole)]
    return _touched({**whole, level.field: parts}, max(parts, key=_age))


def with_younger(level: Level | None, sent: Data, stored: Data) -> tuple[Data, list[str]]:
    """What was sent, but with the parts of `stored` that are younger than those it came with; and the names of these.

    Both are nowhere older than their parts.
    """
    if level is None or not level.of(sent):
        return sent, []
    known, parts, kept = level.by_id(stored), list[Data](), list[str]()
    for part in level.of(sent):
        before = known.get(part[level.key].upper())
        name = f"{level.word} {part[level.key]}"
        if before is not None and _age(part) < _age(before):
            parts.append(before)
            kept.append(name)
        else:
            settled, within = with_younger(level.below, part, before or {})
            parts.append(settled)
            kept += [f"{one} of {name}" for one in within]
    return {**sent, level.field: parts}, kept


def merged(kind: str, level: Level | None, stored: Data, patch: Data) -> Data:
    """The stored object after a PATCH, which takes no part away: those that it names are changed or added, all others
    stay (T61). Raises Invalid when that is no such object any more (T63)."""
    result = transforms.merge_patch(kind, stored, patch)
    validation.validate(transforms.NEWEST, kind, result)  # as they said it, for paths that their body has
    if level is None or patch.get(level.field) is None:
        return result
    result = {**result, level.field: _joined(level, stored, patch)}
    validation.validate(transforms.NEWEST, kind, result)
    return result


def _joined(level: Level, stored: Data, patch: Data) -> list[Data]:
    """All parts, those of the PATCH in the place of, and merged into, those that are there."""
    parts = level.by_id(stored)
    for name, part in level.by_id(patch).items():
        parts[name] = _changed(level.below, parts[name], part) if name in parts else part
    return list(parts.values())


def _changed(level: Level | None, stored: Data, part: Data) -> Data:
    if level is not None and level.of(part):
        part = {**part, level.field: _joined(level, stored, part)}
    return transforms.merge_patch("", stored, part)


def _touched(whole: Data, part: Data) -> Data:
    """The whole, as young as its changed part."""
    return {**whole, "last_updated": part["last_updated"]} if _age(part) > _age(whole) else whole


def _age(whole: Data) -> Any:
    return parse_time(whole["last_updated"])
