"""What may be wrong with an object (section 8): refused with a sentence or accepted, never our fault."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import cycle
from typing import Any

import pytest

from roaming.cdrs.models import Cdr
from roaming.locations.models import Location
from roaming.sessions.models import Session
from roaming.tariffs.models import Tariff
from roaming.tokens.models import Token
from tests import wire
from tests.roaming.calls import Caller, Reply

DOORS = {
    "location_zuidplein": ("Volta", "PUT", "/receiver/locations/NL/VLT/ZUIDPLEIN"),
    "tariff_ac22": ("Volta", "PUT", "/receiver/tariffs/NL/VLT/AC22"),
    "session_running": ("Volta", "PUT", "/receiver/sessions/NL/VLT/S-2026-10-14-0001"),
    "cdr_ac22": ("Volta", "POST", "/receiver/cdrs"),
    "token_nomad": ("Nomad", "PUT", "/receiver/tokens/DE/NMD/04A2B3C4D5E680"),
}
pytestmark = pytest.mark.usefixtures("nomad")


def send(name: str, body: Any) -> Reply:
    caller, method, url = DOORS[name]
    return Caller(caller).put(url, body) if method == "PUT" else Caller(caller).post(url, body)


def stored() -> int:
    return sum(model.objects.count() for model in (Location, Tariff, Session, Cdr, Token))


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The place of every value in an object, lists and objects included; of lists only what their first entry has."""
    inside = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    return [found for key, item in inside for found in [(*path, key), *paths(item, (*path, key))]]


def bent(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy with another value at `path`."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = bent(copy[path[0]], path[1:], new)
    return copy


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize("body", [[], "x", 1, True, {}, {"last_updated": None}])
def test_json_that_is_not_the_object_is_2001(name: str, body: Any) -> None:
    reply = send(name, body)
    assert (reply.http, reply.status) == (200, 2001)
    assert reply.message
    assert stored() == 0


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize("body", [b"{", b"\xff{}", b'{"a": NaN}', b'{"a": 1, "a": 2}', b'{"a":' * 20_000])
def test_what_is_not_json_is_400(name: str, body: bytes) -> None:
    reply = send(name, body)
    assert (reply.http, reply.status) == (400, 2001)
    assert stored() == 0


@pytest.mark.parametrize("name", DOORS)
def test_a_wrong_value_anywhere_is_never_our_fault(name: str) -> None:
    good = wire.load(name)
    wrong: Iterator[Any] = cycle(
        ("a\0b", "x" * 6000, 10**25, -1, None, [], {}, True, Decimal("0.5"), "2026-13-01T00:00:00Z", "")
    )
    for path, new in zip(paths(good), wrong, strict=False):
        reply = send(name, bent(good, path, new))
        assert reply.http in (200, 201), (path, new)
        assert reply.status in (1000, 2001), (path, new)
        assert reply.status == 1000 or reply.message, (path, new)


@pytest.mark.parametrize("name", DOORS)
def test_a_thousand_unknown_fields_are_accepted(name: str) -> None:
    many = wire.load(name) | {f"x_{number}": {"deep": [number]} for number in range(1000)}
    assert send(name, many).status == 1000


def test_two_thousand_evses_are_accepted_and_read_back() -> None:
    location = wire.load("location_zuidplein")
    location["evses"] = [{**location["evses"][0], "uid": f"E{number}"} for number in range(2000)]
    assert send("location_zuidplein", location).http == 201
    assert Location.objects.get().evse_count == 2000
    assert Caller("Volta").get(DOORS["location_zuidplein"][2]).data == location
