"""Commands: asked of the CPO while the eMSP waits (section 4.6)."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from partners.agreements import services as agreements
from partners.agreements.models import Agreement
from partners.connections.models import Connection
from roaming.commands.models import Command, CommandState
from roaming.exchange.models import Exchange
from roaming.kernel import clock
from roaming.tokens.models import Token
from tests import cast, wire
from tests.roaming.between import (
    ORDERS,
    Middle,
    accepting,
    connect,
    given,
    middle,
    refused,
    start,
    stop,
    unlock,
)
from tests.roaming.calls import Caller
from tests.roaming.platform import Said, platform

pytestmark = pytest.mark.django_db


@pytest.fixture
def between() -> Iterator[Middle]:
    with middle() as both:
        yield both


# Asked and answered.


@pytest.mark.parametrize("name", ORDERS)
def test_a_command_reaches_the_cpo_as_it_was_given_but_for_the_address_of_the_result(
    between: Middle, name: str
) -> None:
    """M1, M3, S4."""
    reply = given(between, name)
    assert (reply.http, reply.status, reply.data) == (200, 1000, {"result": "ACCEPTED", "timeout": 30})
    (asked,) = between.asked()
    said = ORDERS[name](between.response_url)
    ours = {"response_url": asked.body["response_url"]}
    mapped = {"reservation_id": asked.body["reservation_id"]} if name == "RESERVE_NOW" else {}
    assert (asked.method, asked.path, asked.body) == ("POST", f"/receiver/commands/{name}", {**said, **ours, **mapped})
    command = Command.objects.get()
    assert ours["response_url"] == f"http://127.0.0.1:8000/ocpi/2.2.1/sender/commands/{name}/{command.key}"
    assert (command.state, command.answer, command.timeout_seconds) == (CommandState.ACCEPTED, "ACCEPTED", 30)


def test_the_request_keeps_its_parties_and_its_correlation_id(between: Middle) -> None:
    """T12, T102."""
    caller = Caller("Nomad", X_Correlation_ID="one-driver", X_Request_ID="theirs")
    caller.post("/receiver/commands/START_SESSION", start(between.response_url))
    (asked,) = between.asked()
    assert asked.headers["x-correlation-id"] == "one-driver"
    assert asked.headers["x-request-id"] != "theirs"
    assert (asked.headers["ocpi-from-party-id"], asked.headers["ocpi-to-party-id"]) == ("NMD", "VLT")
    assert set(Exchange.objects.filter(correlation_id="one-driver").values_list("direction", flat=True)) == {
        "in",
        "out",
    }


@pytest.mark.parametrize("answer", ["REJECTED", "NOT_SUPPORTED", "UNKNOWN_SESSION"])
def test_a_cpo_that_will_not_is_heard_and_nothing_follows(between: Middle, answer: str) -> None:
    """M1, M2."""
    message = [{"language": "nl", "text": "Vandaag niet"}]
    between.volta.answering = accepting({"result": answer, "timeout": 0, "message": message})
    reply = given(between)
    assert reply.data == {"result": answer, "timeout": 0, "message": message}
    assert Command.objects.get().state == CommandState.REFUSED
    assert between.cpo.tell(between.ours(), {"result": "ACCEPTED"}).status == 1000
    between.deliver()
    assert between.told() == []


def test_the_token_is_passed_on_unchecked_and_not_kept(between: Middle) -> None:
    """M5."""
    token = {**wire.load("token_nomad"), "uid": "never-seen", "type": "APP_USER", "valid": False, "whitelist": "NEVER"}
    assert given(between, token=token).data["result"] == "ACCEPTED"
    assert between.asked()[0].body["token"] == token
    assert Token.objects.count() == 0
    command = Command.objects.get()
    assert ("contract_id" in command.body, command.token_uid) == (False, "never-seen")
    assert command.authorization_reference == "NMD-REF-1"


def test_a_token_of_another_emsp_is_refused(between: Middle) -> None:
    """M5."""
    reply = given(between, token={**wire.load("token_nomad"), "party_id": "XYZ"})
    refused(between, reply, 2001, "$.token")


@pytest.mark.parametrize("name", ["START_SESSION", "RESERVE_NOW", "UNLOCK_CONNECTOR"])
@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"location_id": "NOWHERE"}, "NOWHERE"),
        ({"evse_uid": "ZP-9"}, "ZP-9"),
        ({"connector_id": "7"}, "7"),
    ],
)
def test_an_unknown_place_is_2003(between: Middle, name: str, fields: dict[str, str], word: str) -> None:
    """M4."""
    if name == "RESERVE_NOW" and "connector_id" in fields:
        return  # it has none
    refused(between, given(between, name, **fields), 2003, word)


def test_ids_in_another_letter_case_are_told_as_their_owner_spells_them(between: Middle) -> None:
    """T80."""
    assert given(between, location_id="zuidplein", evse_uid="zp-1").data["result"] == "ACCEPTED"
    assert (between.asked()[0].body["location_id"], between.asked()[0].body["evse_uid"]) == ("ZUIDPLEIN", "ZP-1")


def test_a_connector_needs_its_evse_and_some_stations_need_a_connector(between: Middle) -> None:
    """M6."""
    order = start(between.response_url)
    del order["evse_uid"]
    refused(between, between.emsp.post("/receiver/commands/START_SESSION", order), 2001, "evse_uid")
    needs = {"capabilities": ["START_SESSION_CONNECTOR_REQUIRED"], "last_updated": "2026-11-02T10:00:00Z"}
    assert between.cpo.patch("/receiver/locations/NL/VLT/ZUIDPLEIN/ZP-1", needs).status == 1000
    order = start(between.response_url)
    del order["connector_id"]
    refused(between, between.emsp.post("/receiver/commands/START_SESSION", order), 2001, "connector_id")
    assert given(between).data["result"] == "ACCEPTED"


@pytest.mark.parametrize("name", ORDERS)
def test_missing_and_broken_fields_are_all_named(between: Middle, name: str) -> None:
    """M4."""
    refused(between, between.emsp.post(f"/receiver/commands/{name}", {"response_url": 17}), 2001, "$.response_url")
    order = ORDERS[name](between.response_url)
    required = [field for field in order if field not in ("evse_uid", "connector_id", "authorization_reference")]
    for field in required:
        reply = between.emsp.post(f"/receiver/commands/{name}", {**order, field: None})
        refused(between, reply, 2001, f"$.{field}")
    assert between.emsp.post(f"/receiver/commands/{name}", b'{"response_url"').http == 400


def test_a_command_nobody_knows_is_not_supported_where_the_list_is_open_and_invalid_where_it_is_not(
    between: Middle,
) -> None:
    """T85."""
    refused(between, between.emsp.post("/receiver/commands/DANCE", {}), 2001, "START_SESSION")
    Connection.objects.filter(name="Nomad").update(version="2.3.0")
    reply = Caller("Nomad", "2.3.0").post("/receiver/commands/DANCE", {})
    assert (reply.status, reply.data["result"], reply.data["timeout"]) == (1000, "NOT_SUPPORTED", 0)
    assert (between.asked(), Command.objects.count()) == ([], 0)


@pytest.mark.parametrize(
    "url",
    [
        "http://elsewhere.example/results/17",
        "http://127.0.0.1.elsewhere.example/",
        "http://127.0.0.1@elsewhere.example/",
        "http://localhost/results/17",
        "http://127.0.0.1/results/17",
        "http://127.0.0.1:9/results/17",
        "ftp://127.0.0.1/results",
    ],
)
def test_a_result_goes_to_the_askers_own_addresses_only(between: Middle, url: str) -> None:
    """T109."""
    for name, order in ORDERS.items():
        refused(between, between.emsp.post(f"/receiver/commands/{name}", order(url)), 2001, "$.response_url")


def test_a_result_does_not_travel_in_plain_text_where_the_platform_has_https(between: Middle) -> None:
    Connection.objects.filter(name="Nomad").update(versions_url="https://nomad.example/versions", endpoints=[])
    url = "http://nomad.example/results"
    refused(between, between.emsp.post("/receiver/commands/START_SESSION", start(url)), 2001, "$.response_url")
    assert between.emsp.post("/receiver/commands/START_SESSION", start("https://nomad.example:443/r")).status == 1000


@pytest.mark.parametrize("port", [1, 80, 444, 8443])
def test_another_port_of_the_askers_host_may_be_another_service(between: Middle, port: int) -> None:
    """T109."""
    Connection.objects.filter(name="Nomad").update(versions_url="https://nomad.example/versions", endpoints=[])
    reply = between.emsp.post("/receiver/commands/START_SESSION", start(f"https://nomad.example:{port}/results"))
    refused(between, reply, 2001, "https://nomad.example:443")


def test_a_user_name_in_the_address_of_a_result_is_refused(between: Middle) -> None:
    url = between.response_url.replace("//", "//nomad@")
    refused(between, between.emsp.post("/receiver/commands/START_SESSION", start(url)), 2001, "user name")


def test_a_private_address_is_no_address_for_a_result(between: Middle, settings: Settings) -> None:
    """T109."""
    settings.ALLOW_PRIVATE_PARTNERS = False
    refused(between, given(between), 2001, "private")


def test_one_who_has_no_agreement_finds_no_location_and_no_session(between: Middle) -> None:
    with platform("EMSP BE*CLO") as theirs:
        connect("Cleo", "CPO BE*CLO", "EMSP BE*CLO", to=theirs)
        token = {**wire.load("token_nomad"), "country_code": "BE", "party_id": "CLO"}
        url, caller = f"{theirs.url}/r", Caller("Cleo")
        for name, order in {"START_SESSION": start(url, token=token), "UNLOCK_CONNECTOR": unlock(url)}.items():
            refused(between, caller.post(f"/receiver/commands/{name}", order), 2003, "ZUIDPLEIN")
        reply = caller.post("/receiver/commands/STOP_SESSION", stop(url))
        nobody = caller.post("/receiver/commands/STOP_SESSION", stop(url, session_id="S-NONE"))
        assert reply.data["result"] == nobody.data["result"] == "UNKNOWN_SESSION"
        assert (between.asked(), Command.objects.count()) == ([], 0)


def test_an_agreement_that_ended_starts_nothing_new(between: Middle) -> None:
    agreements.end(agreement=Agreement.objects.get(), ends_date=clock.now().date(), at=clock.now())
    refused(between, given(between), 2003, "ZUIDPLEIN")


def test_a_session_is_stopped_by_the_emsp_of_its_driver_only(between: Middle) -> None:
    """M9, M4."""
    with platform("EMSP FR*AIR") as theirs:
        connect("Air", "EMSP FR*AIR", to=theirs)
        cast.agreement("NL*VLT", "FR*AIR")
        url = f"{theirs.url}/r"
        reply = Caller("Air").post("/receiver/commands/STOP_SESSION", stop(url))
        assert (reply.status, reply.data["result"]) == (1000, "REJECTED")
        unknown = Caller("Air").post("/receiver/commands/STOP_SESSION", stop(url, session_id="S-NONE"))
        assert (unknown.status, unknown.data["result"]) == (1000, "UNKNOWN_SESSION")
    assert (between.asked(), Command.objects.count()) == ([], 0)
    assert given(between, "STOP_SESSION", session_id="s-2026-10-14-0001").data["result"] == "ACCEPTED"
    assert between.asked()[0].body["session_id"] == "S-2026-10-14-0001"


def test_of_two_cpos_with_one_location_id_the_addressed_one_is_asked(between: Middle) -> None:
    """T104, T107."""
    with platform("CPO NL*PLD") as polder:
        connect("Polder Laden", "CPO NL*PLD", to=polder)
        cast.agreement("NL*PLD", "DE*NMD")
        theirs = {**wire.load("location_zuidplein"), "party_id": "PLD"}
        assert Caller("Polder Laden").put("/receiver/locations/NL/PLD/ZUIDPLEIN", theirs).http == 201
        refused(between, given(between), 2001, "OCPI-to")
        polder.answering = accepting({"result": "REJECTED", "timeout": 5})
        addressed = Caller("Nomad", OCPI_to_country_code="nl", OCPI_to_party_id="PLD")
        reply = addressed.post("/receiver/commands/START_SESSION", start(between.response_url))
        assert reply.data == {"result": "REJECTED", "timeout": 5}
        assert between.asked() == []


# When the CPO cannot be asked.


def test_a_cpo_that_is_not_connected_is_4003(between: Middle) -> None:
    """T106."""
    Connection.objects.filter(name="Volta").update(state="suspended")
    reply = given(between)
    assert (reply.http, reply.status) == (200, 4003)
    command = Command.objects.get()
    assert (command.state, command.answered_at) == (CommandState.UNANSWERED, None)
    assert "NL*VLT" in command.problem


def test_a_cpo_that_does_not_answer_is_4002(between: Middle) -> None:
    """T106."""
    between.volta.down()
    reply = given(between)
    assert (reply.http, reply.status) == (200, 4002)
    assert Command.objects.get().state == CommandState.UNANSWERED


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (Said(status=2003, message="gone"), 2003),
        (Said(http=404, status=2003, message="gone"), 2003),
        (Said(http=500, status=3000), 3000),
        (Said(http=401, status=2000), 4000),
        (Said(raw=b"<html>"), 4000),
        (Said({"result": "PERHAPS", "timeout": 3}), 3000),
        (Said(), 3000),
    ],
)
def test_what_the_cpo_refuses_passes_through(between: Middle, said: Said, code: int) -> None:
    """T106."""
    between.volta.answering = lambda asked: said
    reply = given(between)
    assert reply.status == code
    assert Command.objects.get().state == CommandState.UNANSWERED


def test_a_back_end_without_the_module_does_not_support_commands(between: Middle) -> None:
    volta = Connection.objects.get(name="Volta")
    volta.endpoints = [entry for entry in volta.endpoints if entry["identifier"] != "commands"]
    volta.save()
    reply = given(between)
    assert (reply.status, reply.data["result"], reply.data["timeout"]) == (1000, "NOT_SUPPORTED", 0)
    assert "commands" in reply.data["message"][0]["text"]
    assert Command.objects.get().state == CommandState.REFUSED


# The same again.


def test_the_same_order_while_it_is_under_way_is_not_sent_twice(between: Middle) -> None:
    first, again = given(between), given(between)
    assert first.data == again.data
    assert (len(between.asked()), Command.objects.count()) == (1, 1)
    given(between, authorization_reference="NMD-REF-2")
    assert len(between.asked()) == 2
    between.cpo.tell(between.asked()[0].body["response_url"], {"result": "EVSE_INOPERATIVE"})
    assert given(between).data == first.data
    assert len(between.asked()) == 3


def test_an_order_that_is_being_put_to_the_cpo_is_not_put_a_second_time(between: Middle) -> None:
    given(between)
    Command.objects.update(state=CommandState.ASKED, answered_at=None)
    reply = given(between)
    assert (reply.http, reply.status) == (200, 2000)
    assert len(between.asked()) == 1
