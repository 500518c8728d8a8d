"""What came of commands, told to the eMSP; reservations; and both in OCPI 2.1.1 (section 4.6)."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from partners.connections.models import Connection
from roaming.commands import results, selectors
from roaming.commands.models import Command, CommandState, Reservation
from roaming.exchange import delivery
from roaming.exchange.models import Push, PushState
from roaming.findings.models import Finding
from roaming.kernel import clock
from tests import cast, wire
from tests.roaming.between import (
    Middle,
    accepting,
    connect,
    given,
    middle,
    refused,
    reserve,
    start,
)
from tests.roaming.calls import Caller
from tests.roaming.platform import Said, platform

pytestmark = pytest.mark.django_db


@pytest.fixture
def between() -> Iterator[Middle]:
    with middle() as both:
        yield both


# The result.


@pytest.mark.parametrize(
    ("result", "state"),
    [("ACCEPTED", CommandState.SUCCEEDED), ("EVSE_OCCUPIED", CommandState.FAILED), ("TIMEOUT", CommandState.FAILED)],
)
def test_the_result_is_told_to_the_asker_once(between: Middle, result: str, state: str) -> None:
    """M2, M3."""
    caller = Caller("Nomad", X_Correlation_ID="one-driver")
    caller.post("/receiver/commands/START_SESSION", start(between.response_url))
    said = {"result": result, "message": [{"language": "en", "text": "As you wish"}]}
    reply = between.cpo.tell(between.ours(), said)
    assert (reply.http, reply.status, reply.data) == (200, 1000, None)
    assert between.cpo.tell(between.ours(), said).status == 1000
    between.deliver()
    (told,) = between.told()
    assert (told.method, told.body, told.token) == ("POST", said, "Nomad-gave-us-this")
    assert (told.headers["ocpi-from-party-id"], told.headers["ocpi-to-party-id"]) == ("VLT", "NMD")
    assert told.headers["x-correlation-id"] == "one-driver"
    between.cpo.tell(between.ours(), said)
    between.deliver()
    assert (len(between.told()), Finding.objects.count()) == (1, 0)
    assert Command.objects.get().state == state
    assert [move.state for move in selectors.moves_of(Command.objects.get())] == ["accepted", state]


def test_a_second_result_that_differs_is_answered_found_and_not_believed(between: Middle) -> None:
    given(between)
    between.cpo.tell(between.ours(), {"result": "ACCEPTED"})
    reply = between.cpo.tell(between.ours(), {"result": "FAILED"})
    assert (reply.status, "ACCEPTED" in reply.message) == (1000, True)
    assert Command.objects.get().state == CommandState.SUCCEEDED
    assert (Finding.objects.get().actual, Push.objects.filter(module="commands").count()) == ("FAILED", 1)


def test_only_the_platform_that_was_asked_tells_the_result(between: Middle) -> None:
    """M3. A guess, another platform, another command: nothing there."""
    given(between)
    url, body = between.ours(), {"result": "ACCEPTED"}
    guess = url[:-36] + "00000000-0000-4000-8000-000000000000"
    cast.cleo(url="http://cleo.invalid")
    others = [Caller("Cleo").tell(url, body), Caller("Nomad").tell(url, body)]
    wrong = [between.cpo.tell(u, body) for u in (guess, url.replace("START", "STOP"), url[:-1], f"{url}0")]
    assert {(reply.http, reply.status) for reply in others + wrong} == {(404, 2000)}
    profile = url.replace("commands/START_SESSION", "chargingprofiles/START_SESSION")
    assert between.cpo.tell(profile, body).http == 404
    assert Command.objects.get().result == ""


@pytest.mark.parametrize(
    "body", [{}, {"result": "accepted"}, {"result": 1}, {"result": "ACCEPTED", "message": "ok"}, []]
)
def test_a_broken_result_is_refused_and_a_right_one_still_counts(between: Middle, body: Any) -> None:
    given(between)
    reply = between.cpo.tell(between.ours(), body)
    assert (reply.http, reply.status) == (200, 2001)
    assert Command.objects.get().result == ""
    assert between.cpo.tell(between.ours(), {"result": "ACCEPTED"}).status == 1000
    assert Command.objects.get().result == "ACCEPTED"


def test_after_the_timeout_the_asker_is_told_once_and_a_late_result_is_kept(between: Middle) -> None:
    """M3."""
    given(between)
    command = Command.objects.get()
    assert results.time_out_due(at=command.due_at - timedelta(seconds=1)) == 0
    assert results.time_out_due(at=command.due_at) == 1
    assert results.time_out_due(at=command.due_at) == 0
    delivery.deliver_due(Connection.objects.get(name="Nomad").pk, command.due_at)
    assert [told.body for told in between.told()] == [{"result": "TIMEOUT"}]
    reply = between.cpo.tell(between.ours(), {"result": "ACCEPTED"})
    assert (reply.status, "late" in reply.message) == (1000, True)
    command.refresh_from_db()
    assert (command.state, command.result, command.late) == (CommandState.TIMED_OUT, "ACCEPTED", True)
    assert Push.objects.filter(module="commands").count() == 1


def test_a_timeout_of_a_year_is_not_waited_for(between: Middle) -> None:
    between.volta.answering = accepting({"result": "ACCEPTED", "timeout": 2_000_000_000})
    assert given(between).data["timeout"] == 2_000_000_000
    command = Command.objects.get()
    assert command.due_at - clock.now() < timedelta(days=2)


def test_a_timeout_of_no_time_leaves_the_result_some(between: Middle) -> None:
    between.volta.answering = accepting({"result": "ACCEPTED", "timeout": 0})
    assert given(between).data["timeout"] == 0
    assert results.time_out_due(at=clock.now() + timedelta(seconds=3)) == 0
    assert between.cpo.tell(between.ours(), {"result": "ACCEPTED"}).status == 1000
    assert Push.objects.filter(module="commands").count() == 1


@pytest.mark.parametrize(
    ("came", "told", "state"),
    [("", "TIMEOUT", CommandState.TIMED_OUT), ("ACCEPTED", "ACCEPTED", CommandState.SUCCEEDED)],
)
def test_who_got_no_answer_because_our_process_died_is_told_the_result_or_its_timeout(
    between: Middle, came: str, told: str, state: str
) -> None:
    given(between)
    Command.objects.update(state=CommandState.ASKED, answered_at=None, answer="")
    if came:
        assert between.cpo.tell(between.ours(), {"result": came}).status == 1000
    assert results.time_out_due(at=clock.now()) == 0
    assert results.time_out_due(at=clock.now() + timedelta(hours=1)) == 1
    push = Push.objects.get(module="commands")
    assert (Command.objects.get().state, json.loads(push.body)) == (state, {"result": told})
    assert results.time_out_due(at=clock.now() + timedelta(hours=2)) == 0


def test_who_was_told_that_the_cpo_could_not_be_asked_is_told_nothing_later(between: Middle) -> None:
    """M2: the answer said that nothing will follow. A CPO that acted all the same is heard, and people see it."""
    between.volta.answering = accepting("nonsense")
    assert given(between).status >= 2000
    assert results.time_out_due(at=clock.now() + timedelta(days=1)) == 0
    assert between.cpo.tell(between.ours(), {"result": "ACCEPTED"}).status == 1000
    command = Command.objects.get()
    assert (command.state, command.result) == (CommandState.UNANSWERED, "ACCEPTED")
    assert not Push.objects.filter(module="commands").exists()


def test_a_result_that_cannot_be_told_in_time_lapses_and_is_not_sent(between: Middle) -> None:
    given(between)
    between.cpo.tell(between.ours(), {"result": "ACCEPTED"})
    between.nomad.down()
    between.deliver()
    push = Push.objects.get(module="commands")
    command = Command.objects.get()
    assert (push.state, push.lapses_at) == (PushState.RETRYING, command.due_at + results.GRACE)
    assert push.lapses_at is not None
    assert delivery.lapse(push.lapses_at - timedelta(seconds=1)) == 0
    assert delivery.lapse(push.lapses_at) == 1
    between.nomad.up()
    delivery.deliver_due(push.connection_id, push.lapses_at + timedelta(minutes=1))
    push.refresh_from_db()
    assert (push.state, between.told()) == (PushState.LAPSED, [])
    assert push.last_error.startswith("It came too late")


def test_an_address_that_is_dead_does_not_make_its_platform_offline(between: Middle) -> None:
    with platform() as away:
        url = f"{away.url}/results/1"
    nomad = Connection.objects.get(name="Nomad")
    nomad.endpoints.append({"identifier": "commands", "role": "SENDER", "url": f"{away.url}/commands"})
    nomad.save()
    between.emsp.post("/receiver/commands/START_SESSION", start(url))
    between.cpo.tell(between.ours(), {"result": "ACCEPTED"})
    between.deliver()
    assert Push.objects.get(module="commands").state == PushState.RETRYING
    nomad.refresh_from_db()
    assert (nomad.paused_until, nomad.failures) == (None, 0)


def test_a_result_taken_without_an_envelope_is_not_told_again(between: Middle) -> None:
    """M2."""
    between.nomad.answering = lambda asked: Said(raw=b"OK") if asked.path.startswith("/results") else None
    given(between)
    between.cpo.tell(between.ours(), {"result": "ACCEPTED"})
    between.deliver()
    between.deliver()
    assert (len(between.told()), Push.objects.get(module="commands").state) == (1, PushState.DELIVERED)


def test_a_result_goes_before_what_can_wait(between: Middle) -> None:
    location = {**wire.load("location_zuidplein"), "name": "Zuidplein", "last_updated": "2026-11-05T10:00:00Z"}
    between.deliver()
    between.nomad.asked.clear()
    given(between)
    assert between.cpo.put("/receiver/locations/NL/VLT/ZUIDPLEIN", location).status == 1000
    between.cpo.tell(between.ours(), {"result": "ACCEPTED"})
    between.deliver()
    assert [asked.path.split("/")[1] for asked in between.nomad.asked] == ["results", "receiver"]


# Reservations.


def test_a_reservation_has_an_id_of_ours_towards_the_cpo(between: Middle) -> None:
    """M7."""
    with platform("EMSP FR*AIR") as theirs:
        connect("Air", "EMSP FR*AIR", to=theirs)
        cast.agreement("NL*VLT", "FR*AIR")
        token = {**wire.load("token_nomad"), "country_code": "FR", "party_id": "AIR"}
        air, url = Caller("Air"), f"{theirs.url}/r"
        given(between, "RESERVE_NOW")
        air.post("/receiver/commands/RESERVE_NOW", reserve(url, token=token))
        given(between, "RESERVE_NOW", reservation_id="r-1", expiry_date="2027-01-01T11:00:00Z")
        nomads, airs, again = [asked.body["reservation_id"] for asked in between.asked()]
        assert nomads == again != airs
        assert {nomads, airs} & {"R-1", "r-1"} == set()
        assert Reservation.objects.count() == 2
        cancel = {"response_url": url, "reservation_id": "R-1"}
        assert air.post("/receiver/commands/CANCEL_RESERVATION", cancel).data["result"] == "ACCEPTED"
        assert between.asked()[-1].body["reservation_id"] == airs
    between.emsp.post("/receiver/commands/CANCEL_RESERVATION", {**cancel, "response_url": between.response_url})
    assert between.asked()[-1].body["reservation_id"] == nomads


def test_a_reservation_that_nobody_made_is_not_canceled(between: Middle) -> None:
    """M7."""
    given(between, "RESERVE_NOW")
    cancel = {"response_url": between.response_url, "reservation_id": "R-2"}
    reply = between.emsp.post("/receiver/commands/CANCEL_RESERVATION", cancel)
    ours = {**cancel, "reservation_id": between.asked()[0].body["reservation_id"]}
    guess = between.emsp.post("/receiver/commands/CANCEL_RESERVATION", ours)
    assert reply.data["result"] == guess.data["result"] == "REJECTED"
    assert len(between.asked()) == 1


def test_a_cpo_may_take_a_reservation_back_later(between: Middle) -> None:
    """M7."""
    given(between, "RESERVE_NOW")
    url, canceled = between.ours(), {"result": "CANCELED_RESERVATION"}
    between.cpo.tell(url, {"result": "ACCEPTED"})
    between.deliver()
    assert between.cpo.tell(url, canceled).message == "Success"
    between.cpo.tell(url, canceled)
    between.deliver()
    assert [told.body["result"] for told in between.told()] == ["ACCEPTED", "CANCELED_RESERVATION"]
    command = Command.objects.get()
    assert (command.state, command.result, Finding.objects.count()) == (CommandState.CANCELED, "ACCEPTED", 0)
    assert command.canceled_at is not None


def test_a_reservation_may_be_taken_back_before_it_was_made(between: Middle) -> None:
    given(between, "RESERVE_NOW")
    between.cpo.tell(between.ours(), {"result": "CANCELED_RESERVATION"})
    between.deliver()
    assert [told.body["result"] for told in between.told()] == ["CANCELED_RESERVATION"]
    assert Command.objects.get().state == CommandState.CANCELED


# OCPI 2.1.1.


@pytest.fixture
def older() -> Iterator[Middle]:
    """A CPO and an eMSP of 2.1.1."""
    with middle("2.1.1", "2.1.1") as both:
        yield both


def token_211() -> dict[str, Any]:
    token = wire.load("token_nomad")
    names = ("uid", "type", "visual_number", "issuer", "valid", "whitelist", "language", "last_updated")
    plain = {name: token[name] for name in names if name in token}
    return {**plain, "auth_id": token["contract_id"], "issuer": "Nomad Mobilitat GmbH"}


def start_211(url: str) -> dict[str, Any]:
    return {"response_url": url, "token": token_211(), "location_id": "ZUIDPLEIN", "evse_uid": "ZP-1"}


def test_in_2_1_1_answer_and_result_are_one_word_each(older: Middle) -> None:
    """M1, M2."""
    reply = older.emsp.post("/receiver/commands/START_SESSION", start_211(older.response_url))
    assert reply.data == {"result": "ACCEPTED"}
    (asked,) = older.asked()
    assert "/ocpi/2.1.1/sender/commands/START_SESSION/" in asked.body["response_url"]
    assert {**asked.body, "response_url": older.response_url} == start_211(older.response_url)
    assert older.cpo.tell(older.ours(), {"result": "REJECTED"}).status == 1000
    older.deliver()
    assert [told.body for told in older.told()] == [{"result": "REJECTED"}]


def test_in_2_1_1_a_reservation_id_is_a_number_both_ways(older: Middle) -> None:
    """M7."""
    order = {**start_211(older.response_url), "expiry_date": "2027-01-01T10:00:00Z", "reservation_id": 17}
    assert older.emsp.post("/receiver/commands/RESERVE_NOW", order).data == {"result": "ACCEPTED"}
    assert older.asked()[0].body["reservation_id"] == Reservation.objects.get().pk
    assert Reservation.objects.get().ocpi_id == "17"


def test_2_1_1_has_no_cancellation_of_reservations(older: Middle) -> None:
    reply = older.emsp.post("/receiver/commands/CANCEL_RESERVATION", {"reservation_id": 17})
    refused(older, reply, 2001, "CANCEL_RESERVATION")


def test_in_2_1_1_a_cpo_that_cannot_be_asked_is_a_timeout_or_a_rejection(older: Middle) -> None:
    """M1. The hub's own codes came with 2.2."""
    older.volta.down()
    reply = older.emsp.post("/receiver/commands/START_SESSION", start_211(older.response_url))
    assert (reply.status, reply.data) == (1000, {"result": "TIMEOUT"})
    Connection.objects.filter(name="Volta").update(state="suspended")
    reply = older.emsp.post("/receiver/commands/START_SESSION", start_211(older.response_url))
    assert (reply.status, reply.data) == (1000, {"result": "REJECTED"})


def test_a_cpo_of_2_1_1_is_not_asked_for_what_it_does_not_have() -> None:
    with middle("2.1.1", "2.2.1") as both:
        given(both, "RESERVE_NOW")
        cancel = {"response_url": both.response_url, "reservation_id": "R-1"}
        reply = both.emsp.post("/receiver/commands/CANCEL_RESERVATION", cancel)
        assert (reply.status, reply.data["result"]) == (1000, "NOT_SUPPORTED")
        assert len(both.asked()) == 1


def test_each_side_speaks_its_own_version() -> None:
    with middle("2.1.1", "2.3.0") as both:
        reply = given(both)
        assert (reply.data["result"], type(reply.data["timeout"])) == ("ACCEPTED", int)
        assert both.asked()[0].body["token"] == token_211()
        both.cpo.tell(both.ours(), {"result": "ACCEPTED"})
        both.deliver()
        assert [told.body for told in both.told()] == [{"result": "ACCEPTED"}]
