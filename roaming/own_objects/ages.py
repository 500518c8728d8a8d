"""What a person writes has no age: each part of it gets one here, and no EVSE is lost. Pure."""

from datetime import datetime
from typing import Any

from roaming.ocpi import order
from roaming.ocpi.nested import Level
from roaming.ocpi.schema.values import format_time

Data = dict[str, Any]

_AGE = "last_updated"


def filled(level: Level | None, value: Any, at: datetime) -> Any:
    """The same with a last_updated everywhere, so that it can be validated; what has the wrong shape stays as it is."""
    if not isinstance(value, dict):
        return value
    whole = {**value, _AGE: format_time(at)}
    if level is not None and isinstance(value.get(level.field), list):
        whole[level.field] = [filled(level.below, part, at) for part in value[level.field]]
    return whole


def dated(level: Level | None, sent: Data, stored: Data | None, at: datetime) -> Data:
    """A valid object, each part as old as what it says: unchanged parts keep their age, changed ones are of `at`, and
    younger than what they replace."""
    if level is not None and level.of(sent):
        known = level.by_id(stored or {})
        parts = [dated(level.below, part, known.get(part[level.key].upper()), at) for part in level.of(sent)]
        sent = {**sent, level.field: parts}
    ageless = {name: value for name, value in sent.items() if name != _AGE}
    if stored is None:
        return {**ageless, _AGE: format_time(at)}
    if order.same_content(sent, stored):
        return {**ageless, _AGE: stored[_AGE]}
    return anew(sent, stored, at)


def anew(sent: Data, stored: Data, at: datetime) -> Data:
    """The object, younger than what is stored whatever it says."""
    ageless = {name: value for name, value in sent.items() if name != _AGE}
    return order.dated(ageless, {_AGE: stored[_AGE]}, at)


def with_removed(level: Level, sent: Data, stored: Data) -> Data:
    """The location as it was sent, and behind it those EVSEs that it left out: REMOVED, never gone (L1)."""
    present = level.by_id(sent)
    gone = [part | {"status": "REMOVED"} for name, part in level.by_id(stored).items() if name not in present]
    return {**sent, level.field: [*level.of(sent), *gone]} if gone else sent
