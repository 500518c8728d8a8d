"""Bad input at every door that takes an object, in every version: a sentence that names each fault, nothing stored,
nothing sent, and one entry in the journal (section 8)."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from partners.connections.models import Connection
from roaming.registration.models import Attempt
from tests import cast
from tests.roaming.bad_input import Door, assemble, bends, doors, other_owners, unreadable
from tests.roaming.sent import Sent

pytestmark = pytest.mark.usefixtures("everybody")
# By module: as bad input leaves no trace its doors find the same data, and to make that takes longer than many a door.
MODULES: dict[str, list[Door]] = defaultdict(list)
for each in doors():
    MODULES[f"{each.version} {each.module}"].append(each)
INVALID, REFUSED = range(2001, 2002), range(2000, 3000)


@pytest.fixture
def everybody(nomad: Connection) -> None:
    cast.cleo(url="http://cleo.invalid")
    assemble(nomad)


@pytest.mark.parametrize("module", MODULES)
def test_bad_input_is_refused_with_every_fault_named_and_leaves_no_trace(module: str) -> None:
    """T30, T63, T81 to T83, T85 for faults of the object; T6, T71, T100 for objects of somebody else."""
    faults = {f"{door.method} {door.path}, {name}": said for door in MODULES[module] for name, said in _of(door)}
    assert len(faults) > 10 * len(MODULES[module])
    assert {name: fault for name, fault in faults.items() if fault} == {}


def _of(door: Door) -> Iterator[tuple[str, str]]:
    good = door.body()
    for faults in (_of_the_object(door, good), _of_the_body(door, good), _of_the_owner(door, good)):
        yield from faults.items()


def _of_the_object(door: Door, good: dict[str, Any]) -> dict[str, str]:
    """HTTP 200 with 2001, and the path of each place that is wrong. A registration that fails is told of as such."""
    url, purpose = door.url(good), [Attempt] if door.kind == "credentials" else []
    return {
        bend.name: _sent(door, url, bend.body).fault((200,), INVALID, *bend.said, purpose=purpose)
        for bend in bends(door, good)
    }


def _of_the_body(door: Door, good: dict[str, Any]) -> dict[str, str]:
    """What cannot be read is an HTTP error. To ask for an authorization no body is needed."""
    optional, url = door.path.endswith("/authorize"), door.url(good)
    faulty = [one for one in unreadable(good) if one[1] or not optional]
    return {name: _sent(door, url, body).fault((http,), INVALID) for name, body, http in faulty}


def _of_the_owner(door: Door, good: dict[str, Any]) -> dict[str, str]:
    """A party of somebody else in the URL, in a header, or in the body."""
    return {
        f"owner in the {name}": _sent(door, url, body, **routing).fault((200, 404), REFUSED)
        for name, url, body, routing in other_owners(door, good)
    }


def _sent(door: Door, url: str, body: Any, **routing: str) -> Sent:
    return Sent(door.caller[0], door.version, door.method, url, body, **routing)
