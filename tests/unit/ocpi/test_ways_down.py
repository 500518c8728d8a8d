"""What an object of the newest shape becomes in an older version, kind by kind: valid there, nothing of a later version
in it, and nothing of the object gone without a word."""

import copy
import re
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from roaming.ocpi.schema import transforms, validation, wire
from roaming.ocpi.schema.known import Known
from roaming.ocpi.schema.transforms import Loss, NotExpressible
from tests.unit.ocpi import tables, test_vocabulary
from tests.unit.ocpi.drawn import objects
from tests.unit.ocpi.tables import Json
from tests.unit.ocpi.test_properties import FEW, OLDER_KINDS


@OLDER_KINDS
@settings(FEW, max_examples=12)
@given(data=st.data())
def test_what_is_lost_on_the_way_down_is_said_and_all_else_comes_back(
    version: str, kind: str, data: st.DataObject
) -> None:
    value = sendable(version, kind, data.draw(objects("2.3.0", kind) | objects("2.3.0", kind, plain=True))[1])
    goes_down(version, kind, value, around(version, kind, value, data))


@OLDER_KINDS
def test_of_an_object_with_all_its_fields_each_that_is_lost_is_named(version: str, kind: str) -> None:
    for came in ("2.2.1", "2.3.0") if version == "2.1.1" else ("2.3.0",):
        value = transforms.upgrade(came, kind, test_vocabulary.sendable(version, kind, came))
        goes_down(version, kind, value, test_vocabulary.known(version, value))


def goes_down(version: str, kind: str, value: Json, known: Known) -> None:
    """Downgraded without being changed, and what comes back and what is named as lost is all that there was."""
    kept = copy.deepcopy(value)
    try:
        older, losses = transforms.downgrade(version, kind, value, known)
    except NotExpressible as error:
        assert str(error)
        return
    finally:
        assert value == kept
    validation.validate(version, kind, older)
    assert strange(version, kind, older) == set()
    back = transforms.upgrade(version, kind, older, known)
    assert gone(version, kind, value, back, losses) == []


def sendable(version: str, kind: str, value: Json) -> Json:
    """The same without what keeps all of it from being sent to 2.1.1."""
    if version == "2.1.1" and kind == "location":
        return value | {"publish": True, "publish_allowed_to": []}
    if version == "2.1.1" and kind == "cdr":
        return value | {"id": value["id"][:36], "credit": None, "home_charging_compensation": None}
    return value


def around(version: str, kind: str, value: Json, data: st.DataObject) -> Known:
    """What a platform knows of the object that it sends; of a session for 2.1.1 also the location."""
    named = (value.get("roles") or [value])[0]
    named = value["token"] if isinstance(value.get("token"), dict) else named
    owner = (named["country_code"], named["party_id"]) if "country_code" in named else None
    place = None
    if (version, kind) == ("2.1.1", "session"):
        place = transforms.upgrade("2.2.1", "location", data.draw(objects("2.2.1", "location", plain=True))[1])
        value["location_id"] = place["id"]
        evses = place.get("evses") or [{"uid": "#NA", "connectors": [{"id": "#NA"}]}]
        value |= {"evse_uid": evses[0]["uid"], "connector_id": evses[0]["connectors"][0]["id"]}
    return Known(owner, role=named.get("role"), token=lambda _: value.get("cdr_token"), location=lambda _: place)


def strange(version: str, kind: str, value: Json) -> set[str]:
    """The names in an object that its version does not know and nobody made up."""
    holders = [value] + [
        place.holder[place.key]
        for place in tables.places(version, kind, value)
        if isinstance(place.holder[place.key], dict)
    ]
    known = {id(place.holder): set[str]() for place in tables.places(version, kind, value)}
    for place in tables.places(version, kind, value):
        known[id(place.holder)].add(str(place.key))
    return {
        name
        for holder in holders
        for name, item in holder.items()
        if item is not None and name not in known.get(id(holder), ()) and name != "x_vendor"
    }


def gone(version: str, kind: str, value: Json, back: Json, losses: list[Loss]) -> list[str]:
    """The paths in the newest object of what neither came back nor lies where a loss was named."""
    there = dict(leaves(back))
    return [
        path
        for path, item in leaves(value)
        if not any(lies_in(path, loss.field) for loss in losses)
        and not is_said_elsewhere(version, kind, path, losses)
        and spelled(version, there.get(moved(path, losses))) != spelled(version, item)
    ]


def leaves(value: Any, path: str = "$") -> Iterator[tuple[str, Any]]:
    """Every text, number and truth value in it, by its path."""
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(item, f"{path}[{key}]" if isinstance(value, list) else f"{path}.{key}")
    elif value is not None:
        yield path, value


def lies_in(path: str, place: str) -> bool:
    return path == place or path.startswith((f"{place}.", f"{place}["))


def is_said_elsewhere(version: str, kind: str, path: str, losses: list[Loss]) -> bool:
    """Prices go without the tax in them; whose something is and on which side, 2.1.1 knows without a field."""
    priced = re.fullmatch(r"(\$.*)\.elements\[\d+\]\.price_components\[\d+\]\.(price|vat)", path)
    if priced and any(loss.field == f"{priced[1]}.tax_included" for loss in losses):
        return True
    if version == "2.1.1" and re.fullmatch(r"\$\.tariffs\[\d+\]\.(country_code|party_id)", path):
        return True
    if (version, kind, path) == ("2.1.1", "credentials", "$.hub_party_id"):
        return any(loss.field == "$.roles" for loss in losses)  # the hub is the party that is left
    return (version, kind) == ("2.1.1", "version_details") and path.endswith("].role")


def moved(path: str, losses: list[Loss]) -> str:
    """The path of the same thing after the entries before it are gone that a loss names."""
    dropped = {loss.field for loss in losses if loss.field.endswith("]")}
    old = new = ""
    for step in re.split(r"\[(\d+)\]", path):
        if step.isdigit():
            new += f"[{int(step) - sum(f'{old}[{earlier}]' in dropped for earlier in range(int(step)))}]"
            old += f"[{step}]"
        else:
            old, new = old + step, new + step
    return new


def spelled(version: str, item: Any) -> bytes:
    """The same bytes for the same value; times of 2.1.1 have whole seconds, and one loss says so for all."""
    text = wire.canonical({"value": item})
    return re.sub(rb"(:\d\d)\.\d+Z", rb"\1Z", text) if version == "2.1.1" else text


def test_of_two_roles_that_2_2_1_calls_the_same_one_is_sent() -> None:
    party = {"country_code": "NL", "party_id": "VLT", "business_details": {"name": "Volta"}}
    roles = [{"role": role, **party} for role in ("OTHER", "CPO", "PTP")]
    value = {"token": "t", "url": "https://volta.example/ocpi", "roles": roles}
    older, losses = transforms.downgrade("2.2.1", "credentials", value)
    validation.validate("2.2.1", "credentials", older)
    assert [role["role"] for role in older["roles"]] == ["OTHER", "CPO"]
    assert [one.field for one in losses] == ["$.roles[2].role", "$.roles[2]"]
    assert [role["role"] for role in roles] == ["OTHER", "CPO", "PTP"]
