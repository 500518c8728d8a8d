"""The help desk: our own people unlock connectors and stop sessions, and see what was asked of stations (M8, M9)."""

from collections.abc import Iterator

import pytest
from django.test import Client

from partners.connections.models import Connection
from partners.people.models import Role, User
from roaming.commands import help_desk, results, selectors
from roaming.commands.help_desk import CannotHelp
from roaming.commands.models import Command, CommandState
from roaming.exchange.models import Push
from roaming.kernel import clock
from roaming.locations.models import Location
from roaming.sessions.models import Session
from tests import cast, wire
from tests.roaming.between import Middle, accepting, connect, middle, start
from tests.roaming.calls import Caller
from tests.roaming.platform import Platform, platform

pytestmark = pytest.mark.django_db


@pytest.fixture
def between() -> Iterator[Middle]:
    with middle() as both:
        yield both


@pytest.fixture
def otto(between: Middle) -> Client:
    """The browser of an operator."""
    browser = Client()
    browser.force_login(cast.person("Otto", Role.OPERATOR))
    return browser


@pytest.fixture
def polder(between: Middle) -> Iterator[Platform]:
    """A partner's station."""
    with platform("CPO NL*PLD") as running:
        connect("Polder Laden", "CPO NL*PLD", to=running)
        theirs = {**wire.load("location_zuidplein"), "party_id": "PLD"}
        assert Caller("Polder Laden").put("/receiver/locations/NL/PLD/ZUIDPLEIN", theirs).http == 201
        running.answering = accepting({"result": "ACCEPTED", "timeout": 20})
        yield running


def location(code: str) -> Location:
    return Location.objects.select_related("party__connection").get(party__party_id=code)


def test_a_connector_of_our_own_is_unlocked_from_the_page_of_its_location(between: Middle, otto: Client) -> None:
    """M8."""
    page = f"/locations/{location('VLT').pk}/"
    assert f"{page}unlock/?evse=ZP-2" in otto.get(page).content.decode()
    form = otto.get(f"{page}unlock/", {"evse": "ZP-2"}).content.decode()
    assert '<option value="ZP-2/1" selected>' in form
    answer = otto.post(f"{page}unlock/", {"connector": "ZP-2/2"})
    command = Command.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/commands/{command.pk}/")
    (asked,) = between.asked()
    named = {"location_id": "ZUIDPLEIN", "evse_uid": "ZP-2", "connector_id": "2"}
    assert asked.body == {**named, "response_url": between.ours()}
    assert (command.by, command.asker, command.state) == (User.objects.get(), None, CommandState.ACCEPTED)
    assert between.cpo.tell(between.ours(), {"result": "ACCEPTED"}).status == 1000
    assert Push.objects.filter(module="commands").count() == 0
    story = otto.get(f"/commands/{command.pk}/").content.decode()
    assert "The station said ACCEPTED" in story
    assert "hx-trigger" not in story


def test_a_page_asks_again_while_something_is_to_come(between: Middle, otto: Client) -> None:
    otto.post(f"/locations/{location('VLT').pk}/unlock/", {"connector": "ZP-1/1"})
    url = f"/commands/{Command.objects.get().pk}/"
    assert 'hx-trigger="every 2s"' in otto.get(url).content.decode()
    part = otto.get(url, headers={"HX-Request": "true"}).content.decode()
    assert part.strip().startswith('<div id="story"')


@pytest.mark.parametrize("chosen", ["", "ZP-9/1", "ZP-1/9", "ZP-1", "/"])
def test_a_connector_that_is_not_there_is_said_on_the_form(between: Middle, otto: Client, chosen: str) -> None:
    answer = otto.post(f"/locations/{location('VLT').pk}/unlock/", {"connector": chosen})
    assert (answer.status_code, between.asked(), Command.objects.count()) == (422, [], 0)


def test_a_partners_connector_is_unlocked_for_our_drivers_under_an_agreement_only(
    between: Middle, otto: Client, polder: Platform
) -> None:
    """M8."""
    there = location("PLD")
    assert not help_desk.may_unlock(there, at=clock.now())
    assert "Unlock" not in otto.get(f"/locations/{there.pk}/").content.decode()
    answer = otto.post(f"/locations/{there.pk}/unlock/", {"connector": "ZP-1/1"}, follow=True)
    assert "No agreement lets drivers of ours" in answer.content.decode()
    assert (polder.asked, Command.objects.count()) == ([], 0)
    cast.agreement("NL*PLD", "NL*VGO")
    otto.post(f"/locations/{there.pk}/unlock/", {"connector": "ZP-1/1"})
    (asked,) = polder.asked
    assert (asked.headers["ocpi-from-party-id"], asked.headers["ocpi-to-party-id"]) == ("VGO", "PLD")


def test_a_session_at_our_station_is_stopped_from_its_page(between: Middle, otto: Client) -> None:
    page = f"/sessions/{Session.objects.get().pk}/"
    assert "Stop session" in otto.get(page).content.decode()
    assert otto.post(f"{page}stop/").status_code == 302
    (asked,) = between.asked()
    assert asked.body["session_id"] == "S-2026-10-14-0001"
    assert "Stop session</a>" in otto.get(page).content.decode()  # the command, among those about it


def test_a_session_that_is_not_ours_or_is_over_is_not_stopped(between: Middle, otto: Client, polder: Platform) -> None:
    """M9."""
    cast.agreement("NL*PLD", "DE*NMD")
    theirs = {**wire.load("session_running"), "party_id": "PLD", "id": "S-PLD"}
    assert Caller("Polder Laden").put("/receiver/sessions/NL/PLD/S-PLD", theirs).http == 201
    session = Session.objects.select_related("party__connection", "emsp__connection").get(ocpi_id="S-PLD")
    with pytest.raises(CannotHelp, match="Neither"):
        help_desk.stopping(session=session, by=User.objects.get())
    page = f"/sessions/{session.pk}/"
    assert "Stop session" not in otto.get(page).content.decode()
    assert "Neither the station" in otto.post(f"{page}stop/", follow=True).content.decode()
    Session.objects.update(status="COMPLETED")
    ours = Session.objects.exclude(pk=session.pk).get()
    assert "Stop session" not in otto.get(f"/sessions/{ours.pk}/").content.decode()
    assert (polder.asked, between.asked(), Command.objects.count()) == ([], [], 0)


def test_a_station_that_cannot_be_asked_is_said_and_kept(between: Middle, otto: Client) -> None:
    between.volta.down()
    answer = otto.post(f"/locations/{location('VLT').pk}/unlock/", {"connector": "ZP-1/1"}, follow=True)
    page = answer.content.decode()
    assert page.count("could not be asked") == 2
    assert Command.objects.get().state == CommandState.UNANSWERED


def test_somebody_who_only_looks_helps_nobody(between: Middle) -> None:
    ada = Client()
    ada.force_login(cast.person("Ada", Role.FINANCE))
    place, session = f"/locations/{location('VLT').pk}/", f"/sessions/{Session.objects.get().pk}/"
    assert "Unlock" not in ada.get(place).content.decode()
    assert "Stop session" not in ada.get(session).content.decode()
    assert ada.post(f"{place}unlock/", {"connector": "ZP-1/1"}).status_code == 403
    assert ada.post(f"{session}stop/").status_code == 403
    assert between.asked() == []


def test_a_second_click_does_not_unlock_twice(between: Middle, otto: Client) -> None:
    for _ in range(2):
        otto.post(f"/locations/{location('VLT').pk}/unlock/", {"connector": "ZP-1/1"})
    assert (len(between.asked()), Command.objects.count()) == (1, 1)


def test_the_list_is_filtered_and_every_story_is_told(between: Middle, otto: Client) -> None:
    caller = Caller("Nomad", X_Correlation_ID="one-driver")
    caller.post("/receiver/commands/START_SESSION", start(between.response_url))
    command = Command.objects.get()
    said = {"result": "EVSE_OCCUPIED", "message": [{"language": "nl", "text": "<b>Bezet</b>"}]}
    Caller("Volta", X_Correlation_ID="the-result").tell(between.ours(), said)
    between.deliver()
    listed = otto.get("/commands/").content.decode()
    for word in ("Start session", "Nomad", "DE*NMD", "NL*VLT", "Zuidplein", "evse occupied", "Failed"):
        assert word in listed
    for query in ({"q": "zp-1"}, {"type": "START_SESSION"}, {"state": "failed"}, {"q": "04A2"}):
        assert "Start session</a>" in otto.get("/commands/", query).content.decode()
    for query in ({"q": "nothing"}, {"type": "STOP_SESSION"}, {"state": "accepted"}):
        assert "Nothing fits" in otto.get("/commands/", query).content.decode()
    story = otto.get(f"/commands/{command.pk}/").content.decode()
    for words in ("The station said EVSE_OCCUPIED", "&lt;b&gt;Bezet&lt;/b&gt;", "Told to Nomad", "one-driver", "ZP-1"):
        assert words in story
    command.refresh_from_db()
    requests = [(exchange.direction, str(exchange.connection)) for exchange in selectors.exchanges_of(command)]
    assert requests == [("in", "Nomad"), ("out", "Volta"), ("in", "Volta"), ("out", "Nomad")]
    assert "/results/17" in story


def test_a_late_result_is_shown_as_late(between: Middle, otto: Client) -> None:
    """M3."""
    Caller("Nomad").post("/receiver/commands/START_SESSION", start(between.response_url))
    command = Command.objects.get()
    results.time_out_due(at=command.due_at)
    between.cpo.tell(between.ours(), {"result": "ACCEPTED"})
    story = otto.get(f"/commands/{command.pk}/").content.decode()
    assert "Too late, the station said ACCEPTED" in story
    assert "Timed out" in story


def test_the_page_of_a_session_shows_how_fast_it_charges(between: Middle, otto: Client) -> None:
    """P2."""
    active = {
        "start_date_time": "2026-11-20T09:42:00Z",
        "charging_profile": {
            "charging_rate_unit": "A",
            "charging_profile_period": [{"start_period": 0, "limit": 32}, {"start_period": 900, "limit": 16.5}],
        },
    }
    assert between.cpo.put("/sender/chargingprofiles/S-2026-10-14-0001", active).status == 1000
    page = otto.get(f"/sessions/{Session.objects.get().pk}/").content.decode()
    assert "at most 16.5" in page
    assert "20 Nov 09:57" in page


def test_a_back_end_of_our_own_without_an_address_is_said_to_be_away(between: Middle, otto: Client) -> None:
    Connection.objects.filter(name="Volta").update(endpoints=[])
    answer = otto.post(f"/locations/{location('VLT').pk}/unlock/", {"connector": "ZP-1/1"}, follow=True)
    assert "is not connected now" in answer.content.decode()
