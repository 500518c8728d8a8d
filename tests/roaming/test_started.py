"""Which charging a command led to: its session and CDR carry its reference (S4), or are merely alike; and its story."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from partners.people.models import Role
from roaming.cdrs.models import Cdr
from roaming.commands import results, started
from roaming.commands.models import Command, CommandState
from roaming.exchange import delivery
from roaming.exchange.models import Exchange, Push
from roaming.kernel import clock
from roaming.ocpi.schema.values import format_time
from roaming.sessions.models import Session
from tests import cast, wire
from tests.roaming.between import Middle, accepting, connect, given, middle, reserve, start
from tests.roaming.calls import Caller
from tests.roaming.platform import Said, platform

pytestmark = pytest.mark.django_db


@pytest.fixture
def between() -> Iterator[Middle]:
    with middle() as both:
        yield both


@pytest.fixture
def hanna(between: Middle) -> Client:
    browser = Client()
    browser.force_login(cast.person("Hanna", Role.ADMINISTRATOR))
    return browser


def moment(minutes: float = 0) -> str:
    return format_time(clock.now() + timedelta(minutes=minutes))


def session(between: Middle, session_id: str = "S-1", **fields: Any) -> Session:
    """Volta tells of charging at ZP-1 that began a minute ago."""
    running = {**wire.load("session_running"), "id": session_id, "authorization_reference": "NMD-REF-1"}
    data = {**running, "start_date_time": moment(-1), "last_updated": moment(), **fields}
    data = {name: value for name, value in data.items() if value is not None}
    assert between.cpo.put(f"/receiver/sessions/NL/VLT/{session_id}", data).status == 1000
    return Session.objects.get(ocpi_id=session_id)


def cdr(between: Middle, cdr_id: str = "C-1", **fields: Any) -> Cdr:
    """Volta bills charging that began a minute ago."""
    finished = {**wire.load("cdr_ac22"), "id": cdr_id, "session_id": "S-1", "authorization_reference": "NMD-REF-1"}
    data = {**finished, "start_date_time": moment(-1), "end_date_time": moment(), "last_updated": moment(), **fields}
    data = {name: value for name, value in data.items() if value is not None}
    assert between.cpo.post("/receiver/cdrs", data).status == 1000
    return Cdr.objects.get(ocpi_id=cdr_id)


# The reference.


@pytest.mark.parametrize("before_the_result", [True, False])
def test_a_session_with_the_reference_of_a_command_is_what_it_led_to(between: Middle, before_the_result: bool) -> None:
    """S4, T80: before or after the result, in any letter case."""
    given(between)
    if not before_the_result:
        between.cpo.tell(between.ours(), {"result": "ACCEPTED"})
    found = session(between, authorization_reference="nmd-ref-1")
    command = Command.objects.get()
    assert command.session == found
    assert started.leading_to(found) == [command]
    if before_the_result:
        between.cpo.tell(between.ours(), {"result": "ACCEPTED"})
    command.refresh_from_db()
    assert (command.state, command.session) == (CommandState.SUCCEEDED, found)
    assert started.cdrs_of(command) == []
    billed = cdr(between, authorization_reference=None)
    assert (started.cdrs_of(command), started.leading_to(billed)) == ([billed], [command])


def test_a_reference_that_comes_with_a_later_state_links_too(between: Middle) -> None:
    """S4."""
    given(between)
    assert session(between, authorization_reference=None).commands.count() == 0
    patch = {"authorization_reference": "NMD-REF-1", "last_updated": moment(1)}
    assert between.cpo.patch("/receiver/sessions/NL/VLT/S-1", patch).status == 1000
    assert Command.objects.get().session == Session.objects.get(ocpi_id="S-1")


def test_a_cdr_whose_session_never_came_is_known_to_the_command_all_the_same(between: Middle) -> None:
    given(between)
    found = cdr(between, session_id=None)
    command = Command.objects.get()
    assert (started.cdrs_of(command), started.leading_to(found)) == ([found], [command])


def test_a_reservation_and_the_start_after_it_lead_to_one_session(between: Middle) -> None:
    """S3, S4."""
    order = reserve(between.response_url, expiry_date=moment(60), authorization_reference="NMD-REF-0")
    assert between.emsp.post("/receiver/commands/RESERVE_NOW", order).data["result"] == "ACCEPTED"
    session(between, status="RESERVATION", authorization_reference="NMD-REF-0")
    given(between)
    found = session(between, start_date_time=moment(1), last_updated=moment(2))
    assert [command.type for command in started.leading_to(found)] == ["RESERVE_NOW", "START_SESSION"]


def test_what_cannot_be_what_the_command_led_to_is_not_linked(between: Middle) -> None:
    """Some eMSPs give every command the same reference."""
    given(between)
    long_ago = {"start_date_time": "2020-01-01T10:00:00Z", "end_date_time": "2020-01-01T11:00:00Z"}
    for number, fields in enumerate(
        (
            {"authorization_reference": "NMD-REF-2"},
            {"location_id": "ELSEWHERE"},
            {**long_ago, "status": "COMPLETED"},
            {"start_date_time": "2098-01-01T10:00:00Z"},
        )
    ):
        found = session(between, f"S-{number}", **fields)
        assert (started.leading_to(found), Command.objects.get().session) == ([], None), fields


def test_a_command_leads_to_one_session_however_often_its_reference_is_used(between: Middle) -> None:
    given(between)
    first = session(between)
    second = session(between, "S-2")
    assert (Command.objects.get().session, started.leading_to(second)) == (first, [])


# Without a reference.


def test_a_session_without_a_reference_is_probably_that_of_the_command_and_never_kept_as_a_fact(
    between: Middle, hanna: Client
) -> None:
    given(between)
    found = session(between, authorization_reference=None)
    command = Command.objects.get()
    assert (started.probably(command), started.probably_led_to(found)) == (found, command)
    assert command.session is None
    page = hanna.get(f"/commands/{command.pk}/").content.decode()
    assert "Probably it led to session" in page and f"/sessions/{found.pk}/" in page
    page = hanna.get(f"/sessions/{found.pk}/").content.decode()
    assert "Probably started by" in page and f"/commands/{command.pk}/" in page


def test_a_session_that_differs_is_not_even_probable(between: Middle) -> None:
    given(between)
    cases: list[dict[str, Any]] = [
        {"evse_uid": "ZP-2"},
        {"location_id": "ELSEWHERE"},
        {"cdr_token": {**wire.load("session_running")["cdr_token"], "uid": "OTHER"}},
        {"start_date_time": "2026-10-14T08:20:00Z"},
        {"authorization_reference": "NMD-REF-2"},
    ]
    for number, fields in enumerate(cases):
        found = session(between, f"S-{number}", **{"authorization_reference": None, **fields})
        assert (started.probably(Command.objects.get()), started.probably_led_to(found)) == (None, None), fields


def test_of_two_that_are_alike_nobody_knows(between: Middle) -> None:
    given(between)
    found = session(between, authorization_reference=None)
    given(between, authorization_reference="NMD-REF-2")
    assert [started.probably(command) for command in Command.objects.all()] == [None, None]
    assert started.probably_led_to(found) is None
    Command.objects.filter(authorization_reference="NMD-REF-1").update(
        state=CommandState.FAILED, result="FAILED", result_at=clock.now()
    )
    assert started.probably_led_to(found) == Command.objects.get(authorization_reference="NMD-REF-2")


# Both directions, and the story.


def test_our_own_emsp_has_a_partners_station_start_and_hears_of_it(between: Middle) -> None:
    """The other direction: our own app asks, a partner's CPO is asked, the result reaches our app."""
    with platform("CPO NL*PLD") as theirs:
        connect("Polder Laden", "CPO NL*PLD", to=theirs)
        cast.agreement("NL*PLD", "NL*VGO")
        place = {**wire.load("location_zuidplein"), "party_id": "PLD"}
        polder = Caller("Polder Laden")
        assert polder.put("/receiver/locations/NL/PLD/ZUIDPLEIN", place).http == 201
        theirs.answering = accepting({"result": "ACCEPTED", "timeout": 20})
        url = f"{between.volta.url}/results/1"
        order = start(url, token=wire.load("token_volta_go"))
        assert Caller("Volta").post("/receiver/commands/START_SESSION", order).data["result"] == "ACCEPTED"
        (asked,) = [asked for asked in theirs.asked if "/commands/" in asked.path]
        assert asked.body["authorization_reference"] == "NMD-REF-1"
        assert polder.tell(asked.body["response_url"], {"result": "ACCEPTED"}).status == 1000
        between.deliver()
        told = [asked.body for asked in between.volta.asked if asked.path.startswith("/results/")]
        assert told == [{"result": "ACCEPTED"}]
        command = Command.objects.get()
        assert (str(command.asker), str(command.cpo), command.state) == ("Volta", "NL*PLD", CommandState.SUCCEEDED)


def test_the_page_tells_every_step_to_the_second(between: Middle, hanna: Client) -> None:
    """Asked, passed on, answered, the result, each try to tell it, the session, the CDRs."""
    answers = iter([Said(raw=b"", http=500)])
    between.nomad.answering = lambda asked: next(answers, None) if asked.path.startswith("/results") else None
    given(between)
    found = session(between)
    between.cpo.tell(between.ours(), {"result": "ACCEPTED"})
    between.deliver()
    push = Push.objects.get(module="commands")
    delivery.deliver_due(push.connection_id, push.next_attempt_at + timedelta(minutes=1))
    billed = cdr(between, start_date_time=moment(-90), end_date_time=moment(-60 * 75))
    command = Command.objects.get()
    page = hanna.get(f"/commands/{command.pk}/").content.decode()
    story = page[page.index("What happened") : page.index("Every request about it")]
    steps = (
        *("Asked", "Passed on to NL*VLT", "NL*VLT answered ACCEPTED", "Session started"),
        *("The station said ACCEPTED", "Nomad did not take it", "attempt 1", "attempt 2"),
    )
    places = [story.index(step) for step in steps]
    assert places == sorted(places)
    assert story.count("Told to Nomad") == 1
    assert story.count("/exchanges/") == 5  # asked, passed on, the result, and both tries
    for words in ("HTTP 500", "CDR came", "3 days after the charging ended"):
        assert words in story
    assert f"{command.asked_at:%H:%M:%S}<" in story
    for url in (f"/sessions/{found.pk}/", f"/cdrs/{billed.pk}/"):
        assert url in story
        assert f"/commands/{command.pk}/" in hanna.get(url).content.decode()
    Exchange.objects.all().delete()  # the journal forgets; what the rows know is still told
    page = hanna.get(f"/commands/{command.pk}/").content.decode()
    assert "Told to Nomad" in page and "No request is kept" in page


def test_the_page_tells_what_was_never_told(between: Middle, hanna: Client) -> None:
    """M2, M3."""
    given(between)
    command = Command.objects.get()
    results.time_out_due(at=command.due_at)
    between.cpo.tell(between.ours(), {"result": "ACCEPTED"})
    page = hanna.get(f"/commands/{command.pk}/").content.decode()
    for words in ("Timed out", "Too late, the station said ACCEPTED", "To be told to Nomad"):
        assert words in page
    between.volta.answering = accepting({"result": "REJECTED", "timeout": 0})
    given(between, evse_uid="ZP-2")
    between.cpo.tell(between.ours(), {"result": "ACCEPTED"})
    refused = Command.objects.get(state=CommandState.REFUSED)
    assert "All the same, the station said ACCEPTED" in hanna.get(f"/commands/{refused.pk}/").content.decode()
