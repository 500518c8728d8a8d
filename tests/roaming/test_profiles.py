"""Charging profiles and preferences: asked of the CPO while the eMSP waits (sections 5.1 and 4.2)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from partners.connections.models import Connection
from roaming.commands import results
from roaming.commands.models import Command, CommandState
from roaming.exchange.models import Push
from roaming.kernel import clock
from roaming.profiles.models import ActiveProfile
from tests import cast
from tests.roaming.between import Middle, accepting, connect, middle
from tests.roaming.calls import Caller, Reply
from tests.roaming.platform import Asked, Said, platform

pytestmark = pytest.mark.django_db

SESSION = "S-2026-10-14-0001"
URL = f"/receiver/chargingprofiles/{SESSION}"
TELL = f"/sender/chargingprofiles/{SESSION}"
PREFER = f"/sender/sessions/{SESSION}/charging_preferences"
PROFILE = {
    "charging_rate_unit": "A",
    "min_charging_rate": 6.5,
    "charging_profile_period": [{"start_period": 0, "limit": 32}, {"start_period": 900, "limit": 16.5}],
}
ACTIVE = {"start_date_time": "2026-11-20T09:42:00Z", "charging_profile": PROFILE}
GREEN = {"profile_type": "GREEN", "departure_time": "2026-11-20T18:00:00Z", "energy_need": 30.5}


@pytest.fixture
def between() -> Iterator[Middle]:
    with middle() as both:
        yield both


def put(between: Middle, **fields: Any) -> Reply:
    return between.emsp.put(URL, {"charging_profile": PROFILE, "response_url": between.response_url, **fields})


def get(between: Middle, **fields: Any) -> Reply:
    return between.emsp.get(URL, **{"duration": 900, "response_url": between.response_url, **fields})


def delete(between: Middle) -> Reply:
    return between.emsp.delete(f"{URL}?response_url={between.response_url}")


# Asked and answered.


def test_a_profile_is_set_at_the_cpo_and_its_result_told_to_the_asker(between: Middle) -> None:
    """P1."""
    assert put(between).data == {"result": "ACCEPTED", "timeout": 30}
    (asked,) = between.asked("chargingprofiles")
    assert (asked.method, asked.path, asked.body["charging_profile"]) == ("PUT", URL, PROFILE)
    assert "/ocpi/2.2.1/sender/chargingprofiles/SET_PROFILE/" in asked.body["response_url"]
    assert (asked.headers["ocpi-from-party-id"], asked.headers["ocpi-to-party-id"]) == ("NMD", "VLT")
    assert between.cpo.tell(between.ours(), {"result": "REJECTED"}).status == 1000
    between.deliver()
    assert [told.body for told in between.told()] == [{"result": "REJECTED"}]


def test_the_active_profile_is_asked_for_told_and_kept(between: Middle) -> None:
    """P1."""
    assert get(between).data == {"result": "ACCEPTED", "timeout": 30}
    (asked,) = between.asked("chargingprofiles")
    assert (asked.method, asked.path, asked.query["duration"], asked.body) == ("GET", URL, "900", None)
    result = {"result": "ACCEPTED", "profile": ACTIVE}
    assert between.cpo.tell(between.ours(), result).status == 1000
    between.deliver()
    assert [told.body for told in between.told()] == [result]
    assert ActiveProfile.objects.get().data == ACTIVE


def test_the_profile_of_a_second_result_is_not_kept(between: Middle) -> None:
    """P1, M2: the first result holds."""
    get(between)
    assert between.cpo.tell(between.ours(), {"result": "ACCEPTED", "profile": ACTIVE}).message == "Success"
    other = {**ACTIVE, "start_date_time": "2026-11-20T09:52:00Z"}
    reply = between.cpo.tell(between.ours(), {"result": "ACCEPTED", "profile": other})
    assert (reply.status, "that holds" in reply.message) == (1000, True)
    assert ActiveProfile.objects.get().data == ACTIVE


def test_a_result_that_is_not_accepted_has_no_profile(between: Middle) -> None:
    """P1."""
    get(between)
    assert between.cpo.tell(between.ours(), {"result": "UNKNOWN", "profile": ACTIVE}).status == 2001
    assert between.cpo.tell(between.ours(), {"result": "UNKNOWN"}).status == 1000
    between.deliver()
    assert [told.body for told in between.told()] == [{"result": "UNKNOWN"}]
    assert ActiveProfile.objects.count() == 0


def test_a_profile_is_cleared(between: Middle) -> None:
    """P1."""
    assert delete(between).data == {"result": "ACCEPTED", "timeout": 30}
    (asked,) = between.asked("chargingprofiles")
    assert (asked.method, asked.path, asked.body) == ("DELETE", URL, None)
    between.cpo.tell(between.ours(), {"result": "ACCEPTED"})
    between.deliver()
    assert [told.body for told in between.told()] == [{"result": "ACCEPTED"}]
    assert Command.objects.get().state == CommandState.SUCCEEDED


@pytest.mark.parametrize("answer", ["REJECTED", "NOT_SUPPORTED", "TOO_OFTEN", "UNKNOWN_SESSION"])
def test_a_cpo_that_will_not_is_heard(between: Middle, answer: str) -> None:
    """P1."""
    between.volta.answering = accepting({"result": answer, "timeout": 0})
    assert put(between).data == {"result": answer, "timeout": 0}
    assert Command.objects.get().state == CommandState.REFUSED


def test_there_is_no_word_for_a_timeout_so_the_asker_is_told_nothing(between: Middle) -> None:
    put(between)
    assert results.time_out_due(at=clock.now() + timedelta(minutes=1)) == 1
    assert Push.objects.filter(module="chargingprofiles").count() == 0


def test_asking_again_at_once_is_too_often(between: Middle) -> None:
    """P1."""
    get(between)
    between.cpo.tell(between.ours(), {"result": "ACCEPTED", "profile": ACTIVE})
    reply = get(between)
    assert (reply.status, reply.data) == (1000, {"result": "TOO_OFTEN", "timeout": 0})
    assert get(between, response_url=f"{between.nomad.url}/results/18").data["result"] == "TOO_OFTEN"
    assert len(between.asked("chargingprofiles")) == 1
    Command.objects.update(asked_at=clock.now() - timedelta(seconds=11))
    assert get(between).data["result"] == "ACCEPTED"


def test_a_cpo_of_2_1_1_supports_no_profiles_and_an_emsp_of_2_1_1_has_none() -> None:
    with middle("2.1.1", "2.2.1") as both:
        assert put(both).data == {"result": "NOT_SUPPORTED", "timeout": 0}
        assert both.asked("chargingprofiles") == []
    older = Caller("Nomad", "2.1.1")
    assert older.put(URL, {"charging_profile": PROFILE}).http == 404
    assert older.put(PREFER, GREEN).http == 404
    assert older.put(TELL, ACTIVE).http == 404


def test_a_cpo_that_is_not_connected_is_4003(between: Middle) -> None:
    """T106."""
    Connection.objects.filter(name="Volta").update(state="suspended")
    assert [reply.status for reply in (put(between), get(between), delete(between))] == [4003] * 3


# Bad input, and others.


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ({"duration": ""}, "duration"),
        ({"duration": "soon"}, "duration"),
        ({"duration": "-1"}, "duration"),
        ({"duration": "9" * 30}, "duration"),
        ({"response_url": ""}, "$.response_url"),
        ({"response_url": "javascript:alert(1)"}, "$.response_url"),
        ({"response_url": "http://elsewhere.example/"}, "$.response_url"),
        ({"response_url": "http://127.0.0.1/" + "x" * 300}, "$.response_url"),
        ({"response_url": "http://[::1"}, "$.response_url"),
    ],
)
def test_both_parameters_are_needed_and_looked_at(between: Middle, query: dict[str, str], word: str) -> None:
    reply = get(between, **query)
    assert (reply.http, reply.status) == (200, 2001)
    assert word in reply.message
    assert between.emsp.delete(URL).status == 2001
    assert (between.asked("chargingprofiles"), Command.objects.count()) == ([], 0)


@pytest.mark.parametrize(
    ("profile", "word"),
    [
        (None, "$.charging_profile"),
        ({}, "charging_rate_unit"),
        ({**PROFILE, "charging_rate_unit": "kW"}, "charging_rate_unit"),
        ({**PROFILE, "charging_profile_period": [{"start_period": -1, "limit": 3}]}, "start_period"),
        ({**PROFILE, "charging_profile_period": [{"start_period": 0, "limit": "3"}]}, "limit"),
        ({**PROFILE, "duration": 1.5}, "duration"),
    ],
)
def test_a_broken_profile_is_refused(between: Middle, profile: Any, word: str) -> None:
    """P3."""
    reply = put(between, charging_profile=profile)
    assert (reply.http, reply.status) == (200, 2001)
    assert word in reply.message
    assert between.cpo.put(TELL, {**ACTIVE, "charging_profile": profile}).status == 2001
    assert (between.asked("chargingprofiles"), Command.objects.count(), ActiveProfile.objects.count()) == ([], 0, 0)


def test_nobody_else_has_anything_to_do_with_the_session(between: Middle) -> None:
    """P1. Not even whether it exists is said."""
    with platform("EMSP FR*AIR") as theirs:
        connect("Air", "EMSP FR*AIR", to=theirs)
        cast.agreement("NL*VLT", "FR*AIR")
        connect("Cleo", "CPO BE*CLO", "EMSP BE*CLO", to=theirs)
        callers = [(Caller("Air"), theirs), (Caller("Cleo"), theirs), (between.cpo, between.volta)]
        for caller, its in callers:
            own = f"{its.url}/r"
            body = {"charging_profile": PROFILE, "response_url": own}
            for name in (SESSION, "S-NONE"):
                path = f"/receiver/chargingprofiles/{name}"
                replies = [
                    caller.put(path, body),
                    caller.get(path, duration=900, response_url=own),
                    caller.delete(f"{path}?response_url={own}"),
                ]
                assert [reply.data["result"] for reply in replies] == ["UNKNOWN_SESSION"] * 3
                prefer = caller.put(f"/sender/sessions/{name}/charging_preferences", GREEN)
                assert (prefer.http, prefer.status) == (404, 2000)
        assert Caller("Air").put(TELL, ACTIVE).http == Caller("Cleo").put(TELL, ACTIVE).http == 404
    assert (between.asked("chargingprofiles"), Command.objects.count(), ActiveProfile.objects.count()) == ([], 0, 0)


def test_only_the_cpo_that_was_asked_tells_the_result(between: Middle) -> None:
    put(between)
    url = between.ours()
    assert between.emsp.tell(url, {"result": "ACCEPTED"}).http == 404
    assert between.cpo.tell(url.replace("SET", "GET"), {"result": "ACCEPTED"}).http == 404
    commands = url.replace("chargingprofiles", "commands")
    assert between.cpo.tell(commands, {"result": "ACCEPTED"}).http == 404
    assert Command.objects.get().result == ""


# What the station plans.


def told_profiles(between: Middle) -> list[Asked]:
    return [asked for asked in between.nomad.asked if asked.path.startswith("/sender/chargingprofiles")]


def test_a_changed_plan_reaches_those_who_set_a_profile_at_least_once(between: Middle) -> None:
    """P2."""
    put(between)
    reply = between.cpo.put(TELL, ACTIVE)
    assert (reply.http, reply.status, reply.data) == (200, 1000, None)
    between.deliver()
    (told,) = told_profiles(between)
    assert (told.method, told.path, told.body) == ("PUT", TELL, ACTIVE)
    assert ActiveProfile.objects.get().data == ACTIVE


def test_nobody_is_told_of_a_session_without_a_profile_but_it_is_kept(between: Middle) -> None:
    """P2."""
    between.volta.answering = accepting({"result": "REJECTED", "timeout": 0})
    put(between)
    get(between)
    reply = between.cpo.put(TELL, ACTIVE)
    assert (reply.status, "nobody is told" in reply.message) == (1000, True)
    between.deliver()
    assert (told_profiles(between), ActiveProfile.objects.count()) == ([], 1)


def test_an_older_plan_is_not_kept_and_a_newer_one_replaces_what_waits(between: Middle) -> None:
    """T65."""
    put(between)
    newer = {**ACTIVE, "start_date_time": "2026-11-20T09:52:00Z"}
    for profile in (ACTIVE, newer, ACTIVE):
        assert between.cpo.put(TELL, profile).status == 1000
    between.deliver()
    assert [told.body for told in told_profiles(between)] == [newer]
    assert ActiveProfile.objects.get().data == newer


def test_a_plan_for_an_unknown_session_is_404(between: Middle) -> None:
    assert between.cpo.put("/sender/chargingprofiles/S-NONE", ACTIVE).http == 404
    assert between.emsp.put(TELL, ACTIVE).http == 404


# Preferences.


@pytest.fixture
def capable(between: Middle) -> Middle:
    """The EVSE of the session takes preferences."""
    can = {"capabilities": ["CHARGING_PREFERENCES_CAPABLE"], "last_updated": "2026-11-02T10:00:00Z"}
    assert between.cpo.patch("/receiver/locations/NL/VLT/ZUIDPLEIN/ZP-1", can).status == 1000
    between.volta.answering = preferring("ACCEPTED")
    return between


def preferring(answer: Any) -> Any:
    return lambda asked: Said(answer) if asked.path == PREFER else None


def preferences(between: Middle) -> list[Asked]:
    return [asked for asked in between.volta.asked if asked.path.endswith("/charging_preferences")]


@pytest.mark.parametrize("answer", ["ACCEPTED", "DEPARTURE_REQUIRED", "NOT_POSSIBLE", "PROFILE_TYPE_NOT_SUPPORTED"])
def test_preferences_are_put_to_the_cpo_and_its_word_comes_back(capable: Middle, answer: str) -> None:
    """S7."""
    capable.volta.answering = preferring(answer)
    reply = capable.emsp.put(PREFER, GREEN)
    assert (reply.http, reply.status, reply.data) == (200, 1000, answer)
    (asked,) = preferences(capable)
    assert (asked.method, asked.path, asked.body) == ("PUT", PREFER, GREEN)


def test_preferences_for_an_evse_that_takes_none_are_404_with_2001(between: Middle) -> None:
    """S7."""
    reply = between.emsp.put(PREFER, GREEN)
    assert (reply.http, reply.status) == (404, 2001)
    assert "CHARGING_PREFERENCES_CAPABLE" in reply.message
    assert preferences(between) == []


@pytest.mark.parametrize(
    "body", [{}, {"profile_type": "green"}, {**GREEN, "energy_need": "30"}, {**GREEN, "departure_time": 1}]
)
def test_broken_preferences_are_refused(capable: Middle, body: Any) -> None:
    """S7."""
    reply = capable.emsp.put(PREFER, body)
    assert (reply.http, reply.status) == (200, 2001)
    assert preferences(capable) == []


@pytest.mark.parametrize("answer", ["PERHAPS", None, {"result": "ACCEPTED"}, ["ACCEPTED"], 17])
def test_an_answer_that_ocpi_does_not_know_is_not_passed_on(capable: Middle, answer: Any) -> None:
    """S7."""
    capable.volta.answering = preferring(answer)
    reply = capable.emsp.put(PREFER, GREEN)
    assert (reply.http, reply.status, reply.data) == (200, 3000, None)


def test_what_the_cpo_says_against_preferences_passes_through(capable: Middle) -> None:
    """S7, T106."""
    capable.volta.answering = lambda asked: Said(http=404, status=2001, message="not here")
    reply = capable.emsp.put(PREFER, GREEN)
    assert (reply.http, reply.status) == (404, 2001)
    assert "not here" in reply.message
    capable.volta.down()
    assert capable.emsp.put(PREFER, GREEN).status == 4002
