"""Every door that takes an object, and what can be wrong with what is sent there.

The doors are those of the table that our OpenAPI documents are made of. A new one joins by being there, and by a line
in `CALLERS` where it is not Volta that calls it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from msgspec import inspect

from roaming.ocpi.openapi import operations
from roaming.ocpi.schema import shapes, validation, values, wire
from roaming.ocpi.versions import OFFERED
from tests.unit.ocpi import drawn

Json = dict[str, Any]
Path = tuple[str | int, ...]
Fits = Callable[[inspect.Type], bool]

SESSION, KEY = "S-2026-10-14-0001", "00000000-0000-4000-8000-{:012}"
# Who calls an address that contains this, and whose object the URL names.
CALLERS = {
    "receiver/tokens": ("Nomad", "DE", "NMD"),
    "receiver/commands": ("Nomad", "DE", "NMD"),
    "receiver/chargingprofiles": ("Nomad", "DE", "NMD"),
    "charging_preferences": ("Nomad", "DE", "NMD"),
    "sender/bookings": ("Nomad", "DE", "NMD"),
    "receiver/hubclientinfo": ("Hubert", "BE", "AAA"),
    "receiver/payments": ("Paymate", "NL", "PAY"),
}
_IDS = {"evse": "uid", "token": "uid", "terminal_assignment": "terminal_id"}
_INSIDE = ("evse", "connector", "calendar")
_NOBODY = ("BE", "CLO")


def _is(kind: Any) -> Fits:
    return lambda shape: isinstance(shape, inspect.CustomType) and shape.cls is kind


def _of(kind: type[inspect.Type]) -> Fits:
    return lambda shape: isinstance(shape, kind)


def _limited(shape: inspect.Type) -> bool:
    return isinstance(shape, inspect.StrType) and shape.max_length is not None


# Which values can be wrong in a way, and what is put in their place.
_FAULTS: dict[str, tuple[Fits, Any]] = {
    "wrong type": (_of(inspect.BoolType), "yes"),
    "wrong type of a text": (_of(inspect.StrType), 7),
    "over-long": (_limited, "x" * 6000),
    "control character": (_limited, "a\0b"),
    "bad enum": (_of(inspect.LiteralType), "NO_SUCH_WORD"),
    "bad timestamp": (_is(values.Instant), "2026-02-30T00:00:00Z"),
    "huge number": (_is(values.Number), Decimal("1E+400")),
    "huge whole number": (_of(inspect.IntType), 10**30),
}


@dataclass(frozen=True)
class Door:
    version: str
    method: str
    path: str
    kind: str
    patch: bool

    def __str__(self) -> str:
        return f"{self.version} {self.method} {self.path or '/'}"

    @property
    def caller(self) -> tuple[str, str, str]:
        """Name of the connection, country code and party id."""
        return next((who for part, who in CALLERS.items() if part in self.path), ("Volta", "NL", "VLT"))

    @property
    def owned(self) -> bool:
        return "{country_code}" in self.path

    def body(self) -> Json:
        """A right object of the caller's, with all fields."""
        body = drawn.whole(self.version, self.kind)
        for name, value in zip(("country_code", "party_id"), self.caller[1:], strict=True):
            if name in body:
                body[name] = value
        return body

    def url(self, body: Json, owner: tuple[str, str] | None = None) -> str:
        """The address below /ocpi/{version} for that object."""
        country_code, party_id = owner or self.caller[1:]
        names = re.findall(r"{(\w+)}", self.path)
        ids = dict.fromkeys(names, "X1") | {"session_id": SESSION, "key": KEY.format(_number(self.path))}
        own = body.get(_IDS.get(self.kind, "id"))
        if own and names:
            ids[names[-1]] = own
        ids |= {"country_code": country_code, "party_id": party_id}
        return "/" + re.sub(r"{(\w+)}", lambda found: quote(str(ids[found[1]]), safe=""), self.path)


def _number(path: str) -> int:
    """The result of each command has a key of its own."""
    return [*operations.ALL].index(path)


def doors() -> Iterator[Door]:
    for version in OFFERED:
        for path, methods in operations.of(version).items():
            for method, operation in methods.items():
                if operation.body and path != "credentials":  # which has tests of its own
                    yield Door(version, method.upper(), path, operation.body, operation.patch)


@dataclass(frozen=True)
class Bend:
    """A wrong body, and the places that the answer must name."""

    name: str
    body: Json
    paths: tuple[str, ...]


def bends(door: Door, good: Json) -> list[Bend]:
    """One for each thing that can be wrong with a field, and all of them at once."""
    found = dict(_wrong(door, good))
    single = [Bend(name, _bent(good, path, value), (_spelled(path),)) for name, (path, value) in found.items()]
    many = good
    for name, (path, value) in found.items():
        if name != "missing field":
            many = _bent(many, path, value)
    paths = {_spelled(path) for name, (path, _) in found.items() if name != "missing field"}
    return [*single, Bend("all at once", many, tuple(paths))]


def unreadable(good: Json) -> list[tuple[str, bytes, int]]:
    """What is no JSON, or too much of it, and the HTTP status of the answer."""
    rest = b"," + wire.encode(good)[1:]
    return [
        ("nothing", b"", 400),
        ("cut off", wire.encode(good)[:-1], 400),
        ("NaN", b'{"x": NaN' + rest, 400),
        ("duplicate keys", b'{"x": 1, "x": 2' + rest, 400),
        ("invalid UTF-8", b'{"x": "\xff"' + rest, 400),
        ("nesting bomb", b'{"x": ' + b"[" * 20_000 + b"]" * 20_000 + rest, 400),
        ("20 MB", b'{"x": "' + b"x" * 20_000_000 + b'"' + rest, 413),
    ]


def other_owners(door: Door, good: Json) -> Iterator[tuple[str, str, Json, dict[str, str]]]:
    """URL, body and headers that name a party which the caller does not host, each once."""
    if door.owned and "hubclientinfo" not in door.path:
        yield "URL", door.url(good, _NOBODY), good, {}
    if door.version != "2.1.1" and "hubclientinfo" not in door.path:
        header = {"OCPI_from_country_code": _NOBODY[0], "OCPI_from_party_id": _NOBODY[1]}
        yield "header", door.url(good), good, header
    if door.owned and "country_code" in good and door.kind not in _INSIDE:
        yield "body", door.url(good), good | {"country_code": _NOBODY[0], "party_id": _NOBODY[1]}, {}


def _wrong(door: Door, good: Json) -> Iterator[tuple[str, tuple[Path, Any]]]:
    struct = validation.STRUCTS[door.version][door.kind]
    needed = ["last_updated"] if door.patch else sorted(shapes.required(struct))
    if needed and needed[0] in good and not (door.patch and door.version == "2.1.1"):
        yield "missing field", ((needed[0],), _GONE)
    leaves = list(_leaves(shapes.of(struct), good, ()))
    for name, (wanted, value) in _FAULTS.items():
        taken = next((path for path, shape in leaves if wanted(shape)), None)
        if taken is not None:
            yield name, (taken, value)


def _leaves(shape: inspect.Type, value: Any, path: Path) -> Iterator[tuple[Path, inspect.Type]]:
    """The single values of an object with their places and types."""
    if isinstance(shape, inspect.UnionType):
        yield from _leaves(shape.types[0], value, path)
    elif isinstance(shape, inspect.StructType):
        for field in shape.fields:
            if value.get(field.encode_name) is not None:
                yield from _leaves(field.type, value[field.encode_name], (*path, field.encode_name))
    elif isinstance(shape, inspect.VarTupleType):
        for number, item in enumerate(value[:1]):
            yield from _leaves(shape.item_type, item, (*path, number))
    else:
        yield path, shape


class _Gone:
    """In place of a value: the field is left out."""


_GONE = _Gone()


def _bent(value: Any, path: Path, new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    if new is _GONE and len(path) == 1:
        del copy[path[0]]  # type: ignore[arg-type]
    else:
        copy[path[0]] = _bent(copy[path[0]], path[1:], new)  # type: ignore[index]
    return copy


def _spelled(path: Path) -> str:
    return "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
