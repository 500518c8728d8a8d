"""What holds for every object of every kind and version, whatever is in it; the objects are drawn from the structs."""

import copy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roaming.ocpi.schema import transforms, validation, wire
from roaming.ocpi.schema.known import NOTHING, Known
from roaming.ocpi.schema.transforms import NotExpressible
from roaming.ocpi.schema.validation import Invalid
from tests.unit.ocpi.drawn import objects
from tests.unit.ocpi.tables import kinds
from tests.wire import load

# What Hypothesis draws is random anyway: a few of each kind, in every run others.
FEW = settings(max_examples=8, deadline=None)
OLDER_KINDS = pytest.mark.parametrize(("version", "kind"), [pair for pair in kinds() if pair[0] != "2.3.0"])

OWNER, ISSUER = ("NL", "VLT"), ("DE", "NMD")


def around(value: Any) -> Known:
    """What a platform knows that an object of 2.1.1 leaves out; the location in a session is one that it has."""
    place = value.get("location") if isinstance(value, dict) else None
    if not isinstance(place, dict):
        place = None
    known = Known(owner=OWNER, issuer=ISSUER, role="CPO", token=lambda contract: None)
    newest = transforms.upgrade("2.1.1", "location", place, known) if place else None
    return Known(owner=OWNER, issuer=ISSUER, role="CPO", location=lambda _: newest)


def spelled(value: Any) -> bytes:
    return wire.canonical({"value": value})


@OLDER_KINDS
@FEW
@given(data=st.data())
def test_an_older_object_is_a_valid_one_of_the_newest_shape(version: str, kind: str, data: st.DataObject) -> None:
    _, value = data.draw(objects(version, kind))
    kept = copy.deepcopy(value)
    newest = transforms.upgrade(version, kind, value, around(value))
    assert value == kept
    if kind == "authorization_info" and version == "2.1.1":
        newest["token"] = transforms.upgrade("2.2.1", "token", load("token_nomad"))
    if not (kind == "credentials" and "HUB" in [role["role"] for role in newest["roles"]]):
        validation.validate("2.3.0", kind, newest)
    if "x_vendor" in value:
        assert newest["x_vendor"] == value["x_vendor"]


@OLDER_KINDS
@FEW
@given(data=st.data())
def test_an_older_object_goes_up_and_comes_back_the_same(version: str, kind: str, data: st.DataObject) -> None:
    _, value = data.draw(objects(version, kind, plain=True))
    if version == "2.1.1":
        complete(value)
    known = around(value)
    back, losses = transforms.downgrade(version, kind, transforms.upgrade(version, kind, value, known), known)
    assert spelled(back) == spelled(value)
    timed = (version, kind) == ("2.1.1", "command_response")
    assert [loss.field for loss in losses] == (["$.timeout"] if timed else [])


def complete(value: Any) -> None:
    """Add what 2.1.1 may leave out and later versions do not: the time zone, and whether it is always open."""
    for place in (value, value.get("location")):
        if isinstance(place, dict) and "coordinates" in place and "id" in place:
            place.setdefault("time_zone", "Europe/Amsterdam")
            if "opening_times" in place:
                place["opening_times"].setdefault("twentyfourseven", False)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=True) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
ODD = st.sampled_from([10**30, Decimal("1E+400"), Decimal("NaN"), "\x00", "x" * 6000, [], {}, [[]], [{}]])


@pytest.mark.parametrize("version", validation.STRUCTS)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_whatever_comes_is_refused_in_words_or_understood(version: str, data: st.DataObject) -> None:
    kind, drawn = data.draw(objects(version))
    value = data.draw(JSON) if data.draw(st.integers(0, 9)) == 0 else bend(drawn, data)
    for check in (validation.validate, validation.validate_patch):
        try:
            check(version, kind, value)
        except Invalid as refusal:
            assert refusal.violations
            assert "`" not in "".join(violation.message for violation in refusal.violations), "as msgspec speaks"
    if not isinstance(value, dict):
        return
    for step in (transforms.upgrade, transforms.downgrade):
        for known in (NOTHING, Known(owner=OWNER, issuer=ISSUER)):
            try:
                step(version, kind, value, known)
            except (Invalid, NotExpressible) as refusal:
                assert str(refusal)


def bend(value: Any, data: st.DataObject) -> Any:
    """A copy with something else in some places, and some left out."""
    value = copy.deepcopy(value)
    for _ in range(data.draw(st.integers(1, 3))):
        nodes = [node for node in containers(value) if node]
        if nodes:
            node: Any = data.draw(st.sampled_from(nodes))
            key = data.draw(st.sampled_from(list(node) if isinstance(node, dict) else list(range(len(node)))))
            if data.draw(st.booleans()):
                node[key] = copy.deepcopy(data.draw(JSON | ODD))
            else:
                del node[key]
    return value


def containers(value: Any) -> list[Any]:
    if not isinstance(value, dict | list):
        return []
    inside = value.values() if isinstance(value, dict) else value
    return [value, *(node for item in inside for node in containers(item))]
