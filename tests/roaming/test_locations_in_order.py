"""Which state of a location, its EVSEs and connectors holds when they come in another order than that of their ages."""

from typing import Any

import pytest

from roaming.exchange.models import Push
from roaming.findings.models import Finding
from roaming.locations.models import Location
from tests import cast, wire
from tests.roaming.calls import Caller

URL = "/receiver/locations/NL/VLT/ZUIDPLEIN"
TEN, ELEVEN = "2026-11-01T10:00:00Z", "2026-11-01T11:00:00Z"


@pytest.fixture
def zuidplein() -> dict[str, Any]:
    return wire.load("location_zuidplein")


@pytest.fixture
def ours(db: None, zuidplein: dict[str, Any]) -> Caller:
    """Volta's back-end, which has put its location."""
    cast.volta()
    caller = Caller("Volta")
    assert caller.put(URL, zuidplein).http == 201
    return caller


def findings() -> list[tuple[str, str]]:
    return list(Finding.objects.order_by("id").values_list("code", "sentence"))


# A younger whole with older parts in it.


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_younger_location_does_not_take_an_evse_back_to_how_it_was(
    ours: Caller, zuidplein: dict[str, Any], method: str
) -> None:
    charging = {"status": "CHARGING", "last_updated": TEN}
    ours.patch(f"{URL}/ZP-1", charging)
    whole = {**zuidplein, "name": "Nieuw", "last_updated": ELEVEN}
    named = whole if method == "put" else {name: whole[name] for name in ("name", "evses", "last_updated")}
    reply = getattr(ours, method)(URL, named)
    assert (reply.http, reply.status) == (200, 1000)
    assert reply.message == "EVSE ZP-1 is older than what is stored here and was kept as it is."
    assert ours.get(URL).data == {**whole, "evses": [{**zuidplein["evses"][0], **charging}, zuidplein["evses"][1]]}
    assert findings() == []


def test_a_connector_inside_is_kept_as_it_is_too(ours: Caller, zuidplein: dict[str, Any]) -> None:
    ours.patch(f"{URL}/ZP-2/2", {"max_amperage": 99, "last_updated": "2026-10-01T00:00:00Z"})
    reply = ours.put(URL, {**zuidplein, "last_updated": ELEVEN})
    assert reply.message == "Connector 2 of EVSE ZP-2 is older than what is stored here and was kept as it is."
    assert ours.get(f"{URL}/ZP-2/2").data["max_amperage"] == 99
    evse = {**zuidplein["evses"][1], "status": "BLOCKED", "last_updated": ELEVEN}
    reply = ours.put(f"{URL}/ZP-2", evse)
    assert reply.message == "Connector 2 is older than what is stored here and was kept as it is."
    found = ours.get(f"{URL}/ZP-2").data
    assert (found["status"], found["connectors"][1]["max_amperage"]) == ("BLOCKED", 99)


def test_of_many_older_evses_some_are_named(ours: Caller, zuidplein: dict[str, Any]) -> None:
    def evses(age: str) -> list[dict[str, Any]]:
        connector = {**zuidplein["evses"][0]["connectors"][0], "last_updated": age}
        evse = {**zuidplein["evses"][0], "connectors": [connector], "last_updated": age}
        return [{**evse, "uid": f"E{number}", "evse_id": f"NL*VLT*E{number}"} for number in range(7)]

    ours.patch(URL, {"evses": evses(TEN), "last_updated": TEN})
    reply = ours.patch(URL, {"evses": evses("2026-10-31T00:00:00Z"), "last_updated": ELEVEN})
    assert reply.message.startswith("EVSE E0, EVSE E1, EVSE E2, EVSE E3, EVSE E4 and 2 more are older than what is")


# One whose own time lies behind that of its EVSE.


def test_a_location_that_is_behind_its_evse_is_the_same_when_it_comes_again(
    ours: Caller, zuidplein: dict[str, Any]
) -> None:
    """L2, T65."""
    behind = {**zuidplein, "last_updated": "2026-10-01T00:00:00Z"}
    reply = ours.put(URL, behind)
    assert (reply.http, reply.message, ours.get(URL).data, findings()) == (200, "Success", zuidplein, [])
    assert ours.put(URL, {**behind, "name": "Anders"}).message == "Success"
    assert ours.get(URL).data == {**zuidplein, "name": "Anders"}
    ((code, sentence),) = findings()
    assert (code, "different: name." in sentence) == ("same_age_other_content", True)


# EVSEs that are left out.


def test_a_patch_of_evses_takes_none_away(ours: Caller, zuidplein: dict[str, Any]) -> None:
    """L1, T61: those that it names are changed or added."""
    first, second = zuidplein["evses"]
    changed = {**first, "uid": "zp-1", "status": "BLOCKED", "last_updated": TEN}
    changed.pop("floor_level", None)
    added = {**first, "uid": "ZP-3", "evse_id": "NL*VLT*EZP3", "last_updated": TEN}
    reply = ours.patch(URL, {"evses": [changed, added], "last_updated": TEN})
    assert (reply.status, reply.message) == (1000, "Success")
    merged = {**first, "uid": "zp-1", "status": "BLOCKED", "last_updated": TEN}
    assert ours.get(URL).data == {**zuidplein, "evses": [merged, second, added], "last_updated": TEN}
    assert ours.patch(URL, {"evses": [], "last_updated": ELEVEN}).status == 1000
    assert [evse["uid"] for evse in ours.get(URL).data["evses"]] == ["zp-1", "ZP-2", "ZP-3"]
    assert (Location.objects.get().evse_count, findings()) == (3, [])


def test_a_patch_of_connectors_takes_none_away(ours: Caller, zuidplein: dict[str, Any]) -> None:
    """L1, T61."""
    one, two = zuidplein["evses"][1]["connectors"]
    changed = {**one, "max_amperage": 16, "last_updated": TEN}
    assert ours.patch(f"{URL}/ZP-2", {"connectors": [changed], "last_updated": TEN}).status == 1000
    assert ours.get(f"{URL}/ZP-2").data["connectors"] == [changed, two]
    again = {**zuidplein["evses"][1], "connectors": [{**two, "max_amperage": 17, "last_updated": ELEVEN}]}
    assert ours.patch(URL, {"evses": [again | {"last_updated": ELEVEN}], "last_updated": ELEVEN}).status == 1000
    assert [part["max_amperage"] for part in ours.get(f"{URL}/ZP-2").data["connectors"]] == [16, 17]


@pytest.mark.parametrize(
    ("evses", "fault"),
    [
        ([{"uid": "ZP-2", "status": "BLOCKED", "last_updated": TEN}], "$.evses[0].connectors"),
        ([{"uid": "ZP-2", "status": "BLOCKED"}], "$.evses[0].last_updated"),
    ],
)
def test_an_evse_in_a_patch_is_a_whole_one_as_ever(
    ours: Caller, zuidplein: dict[str, Any], evses: list[dict[str, Any]], fault: str
) -> None:
    """T63: its path is that of what was sent."""
    reply = ours.patch(URL, {"evses": evses, "last_updated": TEN})
    assert (reply.http, reply.status, fault in reply.message) == (200, 2001, True)
    assert ours.get(URL).data == zuidplein


@pytest.mark.parametrize("how", ["put", "null"])
def test_a_location_without_an_evse_it_had_is_taken_at_its_word_and_people_are_told(
    ours: Caller, zuidplein: dict[str, Any], how: str
) -> None:
    """L1, T60: unless the EVSE was REMOVED first."""
    ours.patch(f"{URL}/ZP-1", {"status": "REMOVED", "last_updated": TEN})
    for _ in range(2):
        if how == "put":
            ours.put(URL, {**zuidplein, "evses": [], "last_updated": ELEVEN})
        else:
            ours.patch(URL, {"evses": None, "last_updated": ELEVEN})
    assert ours.get(f"{URL}/ZP-2").http == 404
    ((code, sentence),) = findings()
    assert code == "evse_left_out"
    assert "location “ZUIDPLEIN” without its EVSE “ZP-2” and never said that it was REMOVED" in sentence


# A last_updated that lies ahead.


def test_a_time_far_ahead_is_stored_and_found_once_for_each_object(ours: Caller) -> None:
    """T65: what comes with a true time is older than that."""
    for year in (2099, 2100):
        assert (
            ours.patch(f"{URL}/ZP-1", {"status": "CHARGING", "last_updated": f"{year}-01-01T00:00:00Z"}).status == 1000
        )
    reply = ours.patch(f"{URL}/ZP-1", {"status": "OUTOFORDER", "last_updated": ELEVEN})
    assert (reply.status, "older" in reply.message) == (1000, True)
    assert ours.get(f"{URL}/ZP-1").data["status"] == "CHARGING"
    ((code, sentence),) = findings()
    assert (code, Push.objects.count()) == ("last_updated_ahead", 0)
    assert "The last_updated of location “ZUIDPLEIN” of NL*VLT lies more than a day ahead of our clock" in sentence
