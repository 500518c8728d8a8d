"""Sessions over OCPI: periods that grow, and who hears of them."""

from decimal import Decimal
from typing import Any

import pytest

from partners.connections.models import Connection
from roaming.exchange.models import Push
from roaming.sessions import selectors
from roaming.sessions.models import Session
from tests import cast, wire
from tests.roaming.calls import Caller

URL = "/receiver/sessions/NL/VLT/S-2026-10-14-0001"
LATER = "2026-10-14T09:33:20Z"
PERIOD = {
    "start_date_time": "2026-10-14T09:03:20Z",
    "dimensions": [{"type": "ENERGY", "volume": Decimal("5.7143")}],
    "tariff_id": "AC22",
}


@pytest.fixture
def running() -> dict[str, Any]:
    return wire.load("session_running")


@pytest.fixture
def ours(nomad: Connection, running: dict[str, Any]) -> Caller:
    """Volta's back-end, which has put its session."""
    caller = Caller("Volta")
    assert caller.put(URL, running).http == 201
    return caller


def test_a_session_is_read_back_field_for_field_and_listed_for_its_emsp(
    ours: Caller, cleo: Connection, running: dict[str, Any]
) -> None:
    assert ours.get(URL).data == running
    assert Caller("Nomad").get("/sender/sessions", date_from="2026-10-01T00:00:00Z").data == [running]
    assert Caller("Cleo").get("/sender/sessions").data == ours.get("/sender/sessions").data == []
    row = Session.objects.get()
    assert (str(row.emsp), row.energy_kwh, row.cost) == ("DE*NMD", Decimal("11.4286"), Decimal("4.8072"))


def test_a_patch_appends_charging_periods(ours: Caller, running: dict[str, Any]) -> None:
    patch = {"kwh": Decimal("17.1429"), "charging_periods": [PERIOD], "last_updated": LATER}
    assert ours.patch(URL, patch).status == 1000
    periods = [*running["charging_periods"], PERIOD]
    assert ours.get(URL).data == {**running, **patch, "charging_periods": periods}


def test_a_patch_sent_twice_appends_once(ours: Caller, running: dict[str, Any]) -> None:
    patch = {"charging_periods": [PERIOD], "last_updated": LATER}
    assert ours.patch(URL, patch).status == ours.patch(URL, patch).status == 1000
    assert len(ours.get(URL).data["charging_periods"]) == 2


def test_a_patch_without_periods_leaves_them(ours: Caller, running: dict[str, Any]) -> None:
    patch = {"status": "COMPLETED", "last_updated": LATER}
    for same in (patch, {**patch, "charging_periods": []}):
        assert ours.patch(URL, same).status == 1000
        assert ours.get(URL).data["charging_periods"] == running["charging_periods"]


def test_a_put_without_periods_removes_them(ours: Caller, running: dict[str, Any]) -> None:
    bare = {name: value for name, value in running.items() if name != "charging_periods"} | {"last_updated": LATER}
    assert ours.put(URL, bare).status == 1000
    assert ours.get(URL).data == bare


def test_an_older_patch_is_applied_as_a_whole_because_its_periods_come_only_once(
    ours: Caller, running: dict[str, Any]
) -> None:
    older = "2026-10-14T08:33:20Z"
    assert ours.patch(URL, {"charging_periods": [PERIOD], "last_updated": older}).status == 1000
    periods = [*running["charging_periods"], PERIOD]
    assert ours.get(URL).data == {**running, "charging_periods": periods, "last_updated": older}


def test_an_older_put_is_answered_and_not_stored(ours: Caller, running: dict[str, Any]) -> None:
    older = {**running, "status": "PENDING", "last_updated": "2026-10-14T08:03:20Z"}
    assert (ours.put(URL, older).http, ours.put(URL, older).status) == (200, 1000)
    assert ours.get(URL).data == running


def test_no_cost_is_unknown_and_zero_is_free(ours: Caller, running: dict[str, Any]) -> None:
    ours.put(URL, {**running, "total_cost": {"excl_vat": 0}, "last_updated": LATER})
    assert Session.objects.get().cost == 0
    assert ours.patch(URL, {"total_cost": None, "last_updated": LATER}).status == 1000
    assert Session.objects.get().cost is None


@pytest.mark.parametrize(
    ("patch", "named"),
    [
        ({"status": "COMPLETED"}, "last_updated"),
        ({"status": "DONE", "last_updated": LATER}, "status"),
        ({"kwh": "12", "last_updated": LATER}, "kwh"),
        ({"total_cost": 5, "last_updated": LATER}, "total_cost"),
        ({"charging_periods": [{**PERIOD, "dimensions": []}], "last_updated": LATER}, "dimensions"),
        ({"id": "S-2", "last_updated": LATER}, "S-2"),
    ],
)
def test_a_patch_that_makes_no_sense_changes_nothing(
    ours: Caller, running: dict[str, Any], patch: dict[str, Any], named: str
) -> None:
    reply = ours.patch(URL, patch)
    assert (reply.http, reply.status) == (200, 2001)
    assert named in reply.message
    assert ours.get(URL).data == running


def test_an_unknown_session_is_not_patched_and_none_is_deleted(ours: Caller) -> None:
    reply = ours.patch("/receiver/sessions/NL/VLT/OTHER", {"status": "COMPLETED", "last_updated": LATER})
    assert (reply.http, reply.status) == (404, 2000)
    assert ours.delete(URL).http == 405


def test_a_session_is_pushed_to_the_emsp_of_its_token(ours: Caller, nomad: Connection) -> None:
    ours.patch(URL, {"charging_periods": [PERIOD], "last_updated": LATER})
    push = Push.objects.get()
    assert (push.connection, push.method, push.path) == (nomad, "PUT", "NL/VLT/S-2026-10-14-0001")
    assert push.body == Session.objects.get().body


def test_a_session_of_an_unknown_emsp_is_kept_and_goes_nowhere(volta: Connection, running: dict[str, Any]) -> None:
    assert Caller("Volta").put(URL, running).http == 201
    assert Session.objects.get().emsp is None
    assert not Push.objects.exists()


def test_a_session_before_the_agreement_is_neither_pushed_nor_listed(ours: Caller, running: dict[str, Any]) -> None:
    Push.objects.all().delete()
    early = {**running, "id": "S-EARLY", "start_date_time": "2025-12-31T20:00:00Z"}
    assert ours.put("/receiver/sessions/NL/VLT/S-EARLY", early).http == 201
    assert not Push.objects.exists()
    assert Caller("Nomad").get("/sender/sessions").data == [running]


def test_the_portal_lists_sessions_with_both_parties(ours: Caller) -> None:
    found = selectors.list_for(cast.person("Otto", "operator"))
    assert [(str(row.party), str(row.emsp)) for row in found] == [("NL*VLT", "DE*NMD")]
