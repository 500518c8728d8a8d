"""Sessions over OCPI: periods that grow, and who hears of them."""

from decimal import Decimal
from typing import Any

import pytest

from partners.connections.models import Connection
from roaming.exchange.models import Exchange, Push
from roaming.findings.models import Finding
from roaming.sessions import selectors
from roaming.sessions.models import Session
from tests import cast, wire
from tests.roaming.calls import Caller

URL = "/receiver/sessions/NL/VLT/S-2026-10-14-0001"
OLDER = "2026-10-14T08:33:20Z"
LATER = "2026-10-14T09:33:20Z"
LATEST = "2026-10-15T06:00:00Z"
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
    """S1."""
    patch = {"kwh": Decimal("17.1429"), "charging_periods": [PERIOD], "last_updated": LATER}
    assert ours.patch(URL, patch).status == 1000
    periods = [*running["charging_periods"], PERIOD]
    assert ours.get(URL).data == {**running, **patch, "charging_periods": periods}


def test_a_patch_sent_twice_appends_once(ours: Caller, running: dict[str, Any]) -> None:
    patch = {"charging_periods": [PERIOD], "last_updated": LATER}
    assert ours.patch(URL, patch).status == ours.patch(URL, patch).status == 1000
    assert len(ours.get(URL).data["charging_periods"]) == 2


def test_a_patch_without_periods_leaves_them(ours: Caller, running: dict[str, Any]) -> None:
    """S1."""
    patch = {"status": "COMPLETED", "last_updated": LATER}
    for same in (patch, {**patch, "charging_periods": []}):
        assert ours.patch(URL, same).status == 1000
        assert ours.get(URL).data["charging_periods"] == running["charging_periods"]


def test_a_put_without_periods_removes_them(ours: Caller, running: dict[str, Any]) -> None:
    """S1, T60."""
    bare = {name: value for name, value in running.items() if name != "charging_periods"} | {"last_updated": LATER}
    assert ours.put(URL, bare).status == 1000
    assert ours.get(URL).data == bare


def test_of_an_older_patch_only_the_periods_are_added_because_they_come_only_once(
    ours: Caller, running: dict[str, Any]
) -> None:
    """T65, S1: nothing older overwrites, and nothing that was charged is lost."""
    late = {**PERIOD, "start_date_time": "2026-10-14T08:01:00Z"}
    patch = {"charging_periods": [late], "kwh": 1, "status": "PENDING", "last_updated": OLDER}
    assert "only its charging periods were added" in ours.patch(URL, patch).message
    assert "nothing was changed" in ours.patch(URL, patch).message
    assert ours.get(URL).data == {**running, "charging_periods": [late, *running["charging_periods"]]}
    assert not Finding.objects.exists()


def test_an_older_change_is_answered_with_a_note_journalled_and_not_stored(
    ours: Caller, running: dict[str, Any]
) -> None:
    """T65."""
    Push.objects.all().delete()
    before = Session.objects.get()
    for reply in (
        ours.put(URL, {**running, "status": "PENDING", "last_updated": OLDER}),
        ours.patch(URL, {"kwh": 1, "last_updated": OLDER}),
    ):
        assert (reply.http, reply.status) == (200, 1000)
        assert f"last updated {running['last_updated']}; nothing was changed" in reply.message
    assert ours.get(URL).data == running
    assert Session.objects.get().changed_at == before.changed_at
    assert Exchange.objects.filter(response_body__contains="nothing was changed").count() == 2
    assert not Push.objects.exists()


def test_other_content_at_the_same_time_is_taken_and_found_once(ours: Caller, running: dict[str, Any]) -> None:
    """T65."""
    for kwh in (13, 14):
        ours.patch(URL, {"kwh": kwh, "last_updated": running["last_updated"]})
    assert ours.get(URL).data == {**running, "kwh": 14}
    finding = Finding.objects.get()
    assert (finding.code, finding.subject) == ("same_age_other_content", "sessions S-2026-10-14-0001")
    assert "different: kwh." in finding.sentence


# S2: COMPLETED is final.


@pytest.fixture
def ended(ours: Caller) -> dict[str, Any]:
    finished = {**wire.load("session_finished"), "id": "S-2026-10-14-0001", "last_updated": LATER}
    assert ours.put(URL, finished).status == 1000
    return finished


@pytest.mark.parametrize("status", ["ACTIVE", "PENDING", "INVALID"])
def test_a_completed_session_is_not_opened_again(ours: Caller, ended: dict[str, Any], status: str) -> None:
    """S2."""
    Push.objects.all().delete()
    for reply in (
        ours.put(URL, {**ended, "status": status, "kwh": 99, "last_updated": LATEST}),
        ours.patch(URL, {"status": status, "kwh": 99, "last_updated": LATEST}),
    ):
        assert (reply.http, reply.status) == (200, 1000)
        assert reply.message == "The session is COMPLETED, which is final; nothing was changed."
    assert ours.get(URL).data == ended
    finding = Finding.objects.get()
    assert (finding.code, str(finding.connection)) == ("session_changed_after_its_end", "Volta")
    assert f"as {status} after it was COMPLETED; it was not changed" in finding.sentence
    assert not Push.objects.exists()


def test_what_is_changed_of_a_completed_session_is_stored_and_found(ours: Caller, ended: dict[str, Any]) -> None:
    """S2: its owner knows best what it cost; people are told that it said so late."""
    assert ours.patch(URL, {"total_cost": {"excl_vat": 7}, "last_updated": LATEST}).message == "Success"
    assert ours.get(URL).data == {**ended, "total_cost": {"excl_vat": 7}, "last_updated": LATEST}
    assert "again after it was COMPLETED; changed: total_cost." in Finding.objects.get().sentence


def test_periods_that_come_late_are_added_to_a_completed_session(ours: Caller, ended: dict[str, Any]) -> None:
    """S1, S2: they were said before it ended."""
    first, last = ended["charging_periods"]
    dearer = {**first, "dimensions": [{"type": "ENERGY", "volume": 1}]}
    ours.patch(URL, {"charging_periods": [dearer, PERIOD], "last_updated": OLDER})
    assert ours.get(URL).data["charging_periods"] == [first, PERIOD, last]
    assert ours.patch(URL, {"charging_periods": [dearer, PERIOD], "last_updated": OLDER}).message.endswith(
        "nothing was changed."
    )
    assert not Finding.objects.exists()


def test_an_invalid_session_may_come_back_and_is_found(ours: Caller, running: dict[str, Any]) -> None:
    """S2: INVALID is not billed, so somebody should know when it is billed after all."""
    ours.patch(URL, {"status": "INVALID", "last_updated": LATER})
    assert not Finding.objects.exists()
    ours.patch(URL, {"status": "COMPLETED", "last_updated": LATEST})
    assert ours.get(URL).data["status"] == "COMPLETED"
    assert "again after it was INVALID; changed: status." in Finding.objects.get().sentence


def test_a_completed_session_sent_again_is_no_news(ours: Caller, ended: dict[str, Any]) -> None:
    Push.objects.all().delete()
    for last_updated in (LATER, LATEST):
        assert ours.put(URL, {**ended, "last_updated": last_updated}).status == 1000
    assert not Finding.objects.exists()
    assert not Push.objects.exists()


def test_a_reservation_without_an_evse_is_a_session(ours: Caller, nomad: Connection, running: dict[str, Any]) -> None:
    """S3, T87: it may be about no EVSE at all, and ends COMPLETED when nobody comes."""
    reserved = {**running, "id": "R-1", "status": "RESERVATION", "evse_uid": "#NA", "connector_id": "#NA"}
    path = "/receiver/sessions/NL/VLT/R-1"
    assert ours.put(path, {**reserved, "status": "RESERVED"}).status == 2001
    assert ours.put(path, reserved).http == 201
    assert reserved in Caller("Nomad").get("/sender/sessions").data
    assert ours.patch(path, {"status": "COMPLETED", "last_updated": LATER}).status == 1000
    assert ours.get(path).data == {**reserved, "status": "COMPLETED", "last_updated": LATER}


def test_the_last_reference_of_an_authorization_holds(ours: Caller, running: dict[str, Any]) -> None:
    """S4."""
    assert running["authorization_reference"] == "NMD-AUTH-5512"
    ours.patch(URL, {"authorization_reference": "NMD-AUTH-5513", "last_updated": LATER})
    assert ours.get(URL).data["authorization_reference"] == "NMD-AUTH-5513"


def test_a_pending_session_begins_when_it_becomes_active(ours: Caller, running: dict[str, Any]) -> None:
    """S2: its start moves from its creation to the beginning of the charging."""
    path = "/receiver/sessions/NL/VLT/P-1"
    ours.put(path, {**running, "id": "P-1", "status": "PENDING", "start_date_time": "2026-10-14T08:00:00Z"})
    active = {"status": "ACTIVE", "start_date_time": "2026-10-14T08:20:00Z", "last_updated": LATER}
    assert ours.patch(path, active).status == 1000
    row = Session.objects.get(ocpi_id="P-1")
    assert (row.status, row.started_at.minute) == ("ACTIVE", 20)
    assert not Finding.objects.exists()


def test_no_cost_is_unknown_and_zero_is_free(ours: Caller, running: dict[str, Any]) -> None:
    """S5."""
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
    """S2, T61."""
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
