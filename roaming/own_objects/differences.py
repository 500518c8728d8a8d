"""What differs between two states of one object, by path. Pure."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from roaming.ocpi import order
from roaming.ocpi.schema import wire

Data = dict[str, Any]

_LONGEST = 300
_KEYS = ("uid", "id")


class Difference(NamedTuple):
    """A field, with parts named by their ids (`evses[ZP-1].status`), and its values as text; None for nothing."""

    path: str
    before: str | None
    after: str | None


def between(before: Data, after: Data) -> list[Difference]:
    """Every difference but in age."""
    return list(_of_objects(before, after, ""))


def _of_objects(before: Data, after: Data, path: str) -> Iterator[Difference]:
    for name in order.differing(before, after):
        yield from _of_values(before.get(name), after.get(name), f"{path}.{name}" if path else name)


def _of_values(before: Any, after: Any, path: str) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _of_objects(before, after, path)
    elif (known := _by_id(before)) is not None and (now := _by_id(after)) is not None:
        for key in known | now:
            if not order.same_content({"": known.get(key)}, {"": now.get(key)}):
                yield from _of_values(known.get(key), now.get(key), f"{path}[{key}]")
    else:
        yield Difference(path, _text(before), _text(after))


def _by_id(value: Any) -> dict[str, Data] | None:
    """The parts of a list that are named by id; None where they are not."""
    if not isinstance(value, list):
        return None
    found = {}
    for part in value:
        key = next((part[key] for key in _KEYS if key in part), None) if isinstance(part, dict) else None
        if not isinstance(key, str):
            return None
        found[key.upper()] = part
    return found


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value if value is None else value[:_LONGEST]
    return wire.encode_text(value)[:_LONGEST]
