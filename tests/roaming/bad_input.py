"""Every door that takes an object, and what can be wrong with what is sent there.

The doors are those of the table that our OpenAPI documents are made of. A new one joins by being there, and by a line
in `CALLERS` where it is not Volta that calls it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from operator import eq
from typing import Any
from urllib.parse import quote

from msgspec import inspect

from partners.connections.models import Connection
from partners.parties.models import Party
from roaming.commands.models import Command
from roaming.kernel.crypto import token_hash
from roaming.ocpi.openapi import operations
from roaming.ocpi.schema import shapes, validation, values
from roaming.ocpi.schema.wire import encode
from roaming.ocpi.versions import OFFERED
from tests import cast, wire
from tests.roaming.calls import Caller
from tests.unit.ocpi import drawn

Json = dict[str, Any]
Path = tuple[str | int, ...]
Fits = Callable[[inspect.Type], bool]

SESSION = "S-2026-10-14-0001"
# Who calls a door whose method and address contain this, and whose object the URL names.
CALLERS = {
    "receiver/tokens": ("Nomad", "DE", "NMD"),
    "sender/locations": ("Nomad", "DE", "NMD"),
    "sender/tariffs": ("Nomad", "DE", "NMD"),
    "sender/sessions": ("Nomad", "DE", "NMD"),
    "sender/cdrs": ("Nomad", "DE", "NMD"),
    "receiver/commands": ("Nomad", "DE", "NMD"),
    "receiver/chargingprofiles": ("Nomad", "DE", "NMD"),
    "sender/bookings": ("Nomad", "DE", "NMD"),
    "PUT credentials": ("Nomad", "DE", "NMD"),
    "POST credentials": ("Newcomer", "SE", "NEW"),
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
    "bad enum": (_of(inspect.LiteralType), "no such word"),
    "bad timestamp": (_is(values.Instant), "2026-02-30T00:00:00Z"),
    "huge number": (_is(values.Number), Decimal("1E+400")),
    "huge whole number": (_of(inspect.IntType), 10**30),
}
# The same, for values of a JSON type that is not due; these share requests.
_TYPES: dict[str, tuple[Fits, Any]] = {
    "text for a number": (_is(values.Number), "7"),
    "true for a number": (_is(values.Number), True),
    "object for a number": (_is(values.Number), {}),
    "text for a whole number": (_of(inspect.IntType), "7"),
    "true for a whole number": (_of(inspect.IntType), True),
    "fraction for a whole number": (_of(inspect.IntType), Decimal("1.5")),
    "number for a truth": (_of(inspect.BoolType), 1),
    "number for a timestamp": (_is(values.Instant), 1_790_000_000),
    "number for an enum": (_of(inspect.LiteralType), 1),
    "true for a text": (_of(inspect.StrType), True),
    "list for a text": (_of(inspect.StrType), ["a"]),
    "list for an object": (_of(inspect.StructType), []),
    "text for an object": (_of(inspect.StructType), "{}"),
    "object for a list": (_of(inspect.VarTupleType), {}),
    "text for a list": (_of(inspect.VarTupleType), "a"),
}


@dataclass(frozen=True)
class Door:
    version: str
    method: str
    path: str
    kind: str
    patch: bool
    routed: bool

    def __str__(self) -> str:
        return f"{self.version} {self.method} {self.path or '/'}"

    @property
    def caller(self) -> tuple[str, str, str]:
        """Name of the connection, country code and party id."""
        return caller(self.method, self.path)

    @property
    def module(self) -> str:
        """`locations` of `receiver/locations/…`; the credentials have no role in front."""
        return self.path.removeprefix("receiver/").removeprefix("sender/").partition("/")[0]

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
        ids = dict.fromkeys(names, "X1") | {"session_id": SESSION, "key": key(self.path)}
        own = body.get(_IDS.get(self.kind, "id"))
        if own and names:
            ids[names[-1]] = own
        ids |= {"country_code": country_code, "party_id": party_id}
        return "/" + re.sub(r"{(\w+)}", lambda found: quote(str(ids[found[1]]), safe=""), self.path)


def caller(method: str, path: str) -> tuple[str, str, str]:
    """Whom a door opens to: name of the connection, country code and party id."""
    door = f"{method} {path}"
    return next((who for part, who in CALLERS.items() if part in door), ("Volta", "NL", "VLT"))


def key(path: str) -> str:
    """The result of each command has a key of its own."""
    return f"00000000-0000-4000-8000-{[*operations.ALL].index(path):012}"


def assemble(nomad: Connection) -> None:
    """Whoever has doors of its own beside Volta and Nomad, a location and a session of Volta's, and a command of each
    type under way. Volta is a CPO alone here: to one with both roles 2.1.1 has no doors."""
    Party.objects.filter(connection__name="Volta", role="EMSP").update(left_at=cast.NOW)
    cast.connection("Hubert", "HUB BE*HUB", url="http://hubert.invalid")
    cast.connection("Paymate", "OTHER NL*PAY", "EMSP NL*PAY", url="http://paymate.invalid")
    cast.agreement("NL*VLT", "NL*PAY")
    newcomer = cast.connection("Newcomer", "EMSP SE*NEW", registered=False)
    Connection.objects.filter(pk=newcomer.pk).update(token_in_hash=token_hash(cast.token("Newcomer")))
    volta = Caller("Volta")
    assert volta.put("/receiver/locations/NL/VLT/ZUIDPLEIN", wire.load("location_zuidplein")).http == 201
    assert volta.put(f"/receiver/sessions/NL/VLT/{SESSION}", wire.load("session_running")).http == 201
    for path in operations.ALL:
        if path.endswith("/{key}"):
            _under_way(nomad, path.split("/")[2], key(path))


def _under_way(asker: Connection, type: str, key: str) -> None:
    Command.objects.create(
        key=key,
        type=type,
        asker=asker,
        cpo=cast.party("NL*VLT", "CPO"),
        emsp=cast.party("DE*NMD", "EMSP"),
        body="{}",
        response_url="http://nomad.invalid/results",
        correlation_id="c-1",
        fingerprint=type,
        asked_at=cast.NOW,
        due_at=cast.NOW + timedelta(days=3650),
    )


def doors() -> Iterator[Door]:
    for version in OFFERED:
        for path, methods in operations.of(version).items():
            for method, operation in methods.items():
                if operation.body:
                    yield Door(version, method.upper(), path, operation.body, operation.patch, operation.parties)


@dataclass(frozen=True)
class Bend:
    """A wrong body, and the places that the answer must name."""

    name: str
    body: Any
    paths: tuple[str, ...]

    @property
    def said(self) -> list[str]:
        """What the answer says of each place begins so."""
        return [f"{path} " for path in self.paths]


def bends(door: Door, good: Json) -> list[Bend]:
    """One for each thing that can be wrong with a field, and all of them at once."""
    found = dict(_wrong(door, good))
    single = [Bend(name, _bent(good, path, value), (_spelled(path),)) for name, (path, value) in found.items()]
    many = good
    for name, (path, value) in found.items():
        if name != "missing field":
            many = _bent(many, path, value)
    paths = {_spelled(path) for name, (path, _) in found.items() if name != "missing field"}
    return [*single, Bend("all at once", many, tuple(paths)), *_wrong_types(door, good)]


def _wrong_types(door: Door, good: Json) -> Iterator[Bend]:
    """Values of a wrong JSON type, as many in one body as there are places for."""
    struct = validation.STRUCTS[door.version][door.kind]
    places = [(path, shape) for path, shape in _places(shapes.of(struct), good, ()) if path]
    wanted = {name: ([path for path, shape in places if fits(shape)], value) for name, (fits, value) in _TYPES.items()}
    required = shapes.required(struct) & good.keys() - {"last_updated"}
    wanted["null for a required field"] = [(name,) for name in sorted(required)], None
    for faults in _packed({name: found for name, found in wanted.items() if found[0]}):
        body = good
        for path, value in faults.values():
            body = _bent(body, path, value)
        yield Bend(f"wrong types: {', '.join(faults)}", body, tuple(_spelled(path) for path, _ in faults.values()))
    yield Bend("list for the object itself", [good], ("$",))
    yield Bend("text for the object itself", "{}", ("$",))


def _packed(wanted: dict[str, tuple[list[Path], Any]]) -> list[dict[str, tuple[Path, Any]]]:
    """The faults by body, each at one of the places that it wants, none of them inside another."""
    bodies: list[dict[str, tuple[Path, Any]]] = []
    for name, (paths, value) in wanted.items():
        free = ((body, path) for body in bodies for path in paths if not _in_use(path, body))
        body, path = next(free, ({}, paths[0]))
        if not body:
            bodies.append(body)
        body[name] = path, value
    return bodies


def _in_use(path: Path, body: dict[str, tuple[Path, Any]]) -> bool:
    """Whether a fault is at that place already, inside of it or around it."""
    return any(all(map(eq, path, taken)) for taken, _ in body.values())


def unreadable(good: Json) -> list[tuple[str, bytes, int]]:
    """What is no JSON, or too much of it, and the HTTP status of the answer."""
    rest = b"," + encode(good)[1:]
    return [
        ("nothing", b"", 400),
        ("cut off", encode(good)[:-1], 400),
        ("NaN", b'{"x": NaN' + rest, 400),
        ("duplicate keys", b'{"x": 1, "x": 2' + rest, 400),
        ("invalid UTF-8", b'{"x": "\xff"' + rest, 400),
        ("nesting bomb", b'{"x": ' + b"[" * 20_000 + b"]" * 20_000 + rest, 400),
        ("20 MB", b'{"x": "' + b"x" * 20_000_000 + b'"' + rest, 413),
    ]


def other_owners(door: Door, good: Json) -> Iterator[tuple[str, str, Json, dict[str, str]]]:
    """URL, body and headers that name a party which the caller does not host, each once."""
    if door.owned and door.routed:
        yield "URL", door.url(good, _NOBODY), good, {}
    if door.version != "2.1.1" and door.routed:
        header = {"OCPI_from_country_code": _NOBODY[0], "OCPI_from_party_id": _NOBODY[1]}
        yield "header", door.url(good), good, header
    if door.owned and "country_code" in good and door.kind not in _INSIDE:
        yield "body", door.url(good), good | {"country_code": _NOBODY[0], "party_id": _NOBODY[1]}, {}


def _wrong(door: Door, good: Json) -> Iterator[tuple[str, tuple[Path, Any]]]:
    struct = validation.STRUCTS[door.version][door.kind]
    needed = ["last_updated"] if door.patch else sorted(shapes.required(struct))
    if needed and needed[0] in good and not (door.patch and door.version == "2.1.1"):
        yield "missing field", ((needed[0],), _GONE)
    places = list(_places(shapes.of(struct), good, ()))
    for name, (wanted, value) in _FAULTS.items():
        taken = next((path for path, shape in places if wanted(shape)), None)
        if taken is not None:
            yield name, (taken, value)


def _places(shape: inspect.Type, value: Any, path: Path) -> Iterator[tuple[Path, inspect.Type]]:
    """An object and all inside of it, of lists the first entry: places and types."""
    if isinstance(shape, inspect.UnionType):
        yield from _places(shape.types[0], value, path)
        return
    yield path, shape
    if isinstance(shape, inspect.StructType):
        for field in shape.fields:
            if value.get(field.encode_name) is not None:
                yield from _places(field.type, value[field.encode_name], (*path, field.encode_name))
    elif isinstance(shape, inspect.VarTupleType):
        for number, item in enumerate(value[:1]):
            yield from _places(shape.item_type, item, (*path, number))


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
