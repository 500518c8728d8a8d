"""The columns of a file, which are the fields of a form as well: where each value lies in its object. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from roaming.own_objects.spellings import TEXT, Spelling

Data = dict[str, Any]

_LAST_STEP = re.compile(r"(?:\.[^.\[\]]+|\[[0-9]+\])\Z")


@dataclass(frozen=True)
class Column:
    """`path` are the keys that lead to the value in its object. An empty cell takes the value away, but for `sticky`
    ones, which stay as they are; `otherwise` is what a new object has then. `key` columns name the object, and
    `required` ones every object has. `alone`: without this value the object around it (the first key of `path`) has no
    meaning and goes with it.
    """

    name: str
    path: tuple[str, ...]
    spelling: Spelling = TEXT
    about: str = ""
    label: str = ""
    key: bool = False
    sticky: bool = False
    otherwise: Any = None
    alone: bool = False
    required: bool = False

    @property
    def shown(self) -> str:
        """Its name for people."""
        return self.label or self.name.replace("_", " ").capitalize()

    def place(self, path: str) -> str:
        """The JSON path of the value below that of its object."""
        return ".".join((path, *self.path))


T = TypeVar("T")


@dataclass
class Filling:
    """What came of filling values in: sentences by column, and which column a JSON path is about."""

    errors: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)


def written(columns: Iterable[Column], data: Data) -> dict[str, str]:
    """The values of an object as people write them, by column; "" for nothing."""
    return {column.name: _written(column, data) for column in columns}


def fill(columns: Sequence[Column], values: Mapping[str, str], onto: Data, *, path: str = "$") -> tuple[Data, Filling]:
    """The object with these values in it; columns that `values` lacks stay as they are, and so does a value that is
    written there as it stands. `path` is that of the object within the whole.

    What cannot be read is left out, and said in `errors` as the rest of a sentence about its column.
    """
    result, filling = dict(onto), Filling()
    for column in columns:
        filling.places[column.place(path)] = column.name
        text = values.get(column.name)
        if text is None or text == _written(column, onto):
            continue
        try:
            _set(result, column, column.spelling.read(text) if text else None)
        except ValueError as error:
            filling.errors[column.name] = str(error)
    for column in columns:
        if column.otherwise is not None and _get(result, column) is None:
            _set(result, column, column.otherwise)
    return result, filling


def _written(column: Column, data: Data) -> str:
    value = _get(data, column)
    return "" if value is None else column.spelling.write(value).strip()


def _get(data: Data, column: Column) -> Any:
    value: Any = data
    for key in column.path:
        value = value.get(key) if isinstance(value, dict) else None
    return None if value == [] else value


def _set(data: Data, column: Column, value: Any) -> None:
    """Replaces, never changes, what lies within: it may be shared."""
    if value is None and column.sticky:
        return
    first, *rest = column.path
    if not rest:
        _put(data, first, value)
        return
    inner = dict(data.get(first) or {})
    _put(inner, rest[0], value)
    _put(data, first, None if not inner or (column.alone and value is None) else inner)


def _put(data: Data, key: str, value: Any) -> None:
    if value is None:
        data.pop(key, None)
    else:
        data[key] = value


def place_of(places: Mapping[str, T], path: str) -> T | None:
    """What a violation at a JSON path is about: what is at that path or around it, or the first within it; None where
    it is about something that has no place."""
    if (within := _within(places, path)) is not None:
        return within
    steps = path
    while (around := _LAST_STEP.sub("", steps)) != steps:
        if around in places:
            return places[around]
        steps = around
    return None


def beside(places: Mapping[str, T], path: str) -> T | None:
    """For those: the first place in the same object."""
    steps = path
    while (around := _LAST_STEP.sub("", steps)) != steps:
        if (within := _within(places, around)) is not None:
            return within
        steps = around
    return None


def _within(places: Mapping[str, T], path: str) -> T | None:
    if path in places:
        return places[path]
    return next((place for known, place in places.items() if known.startswith(f"{path}.")), None)
