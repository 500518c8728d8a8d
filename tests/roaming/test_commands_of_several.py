"""Commands where several CPOs, sessions or reservations have the id that is named: exactly one is meant, or none is."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from partners.agreements import services as agreements
from partners.agreements.models import Agreement
from partners.connections.models import Connection
from partners.parties.models import Party
from roaming.commands.models import Command, Reservation
from roaming.exchange.models import Push
from roaming.ocpi.schema import transforms
from tests import cast, wire
from tests.roaming.between import ACCEPTED, Middle, accepting, given, middle
from tests.roaming.calls import Caller, Reply

pytestmark = pytest.mark.django_db

SESSION = "S-2026-10-14-0001"


@pytest.fixture
def between() -> Iterator[Middle]:
    with middle() as both:
        polder_too()
        yield both


@pytest.fixture
def older() -> Iterator[Middle]:
    """Nomad speaks 2.1.1, in which nobody can be addressed."""
    with middle(nomad_version="2.1.1") as both:
        polder_too()
        yield both


def polder_too() -> None:
    """Polder has a location and a session of the same ids, as Volta does."""
    cast.polder(url="http://polder.invalid")
    cast.agreement("NL*PLD", "DE*NMD")
    polder = Caller("Polder Laden")
    location = {**wire.load("location_zuidplein"), "party_id": "PLD"}
    session = {**wire.load("session_running"), "party_id": "PLD", "start_date_time": "2026-10-14T09:00:00Z"}
    assert polder.put("/receiver/locations/NL/PLD/ZUIDPLEIN", location).http == 201
    assert polder.put(f"/receiver/sessions/NL/PLD/{SESSION}", session).http == 201


def over(name: str, owner: str) -> None:
    done = {"status": "COMPLETED", "last_updated": "2026-11-10T00:00:00Z"}
    assert Caller(name).patch(f"/receiver/sessions/NL/{owner}/{SESSION}", done).status == 1000


def asked_of() -> list[str]:
    return [str(command.cpo) for command in Command.objects.order_by("id")]


def requests(between: Middle) -> list[Reply]:
    """Everything that names a session."""
    profile = f"/receiver/chargingprofiles/{SESSION}"
    url = between.response_url
    preferences = {"profile_type": "GREEN"}
    return [
        given(between, "STOP_SESSION"),
        between.emsp.put(profile, {"charging_profile": {"charging_rate_unit": "A"}, "response_url": url}),
        between.emsp.get(profile, duration=900, response_url=url),
        between.emsp.put(f"/sender/sessions/{SESSION}/charging_preferences", preferences),
    ]


def test_a_session_id_of_two_cpos_is_asked_back_about_and_put_to_neither(between: Middle) -> None:
    """T107."""
    for reply in requests(between):
        assert (reply.http, reply.status) == (200, 2001)
        assert "NL*VLT" in reply.message and "NL*PLD" in reply.message
        assert "OCPI-to" in reply.message
    assert (between.volta.asked, asked_of()) == ([], [])


def test_of_two_sessions_with_one_id_the_only_one_that_runs_is_stopped(between: Middle) -> None:
    over("Polder Laden", "PLD")
    assert given(between, "STOP_SESSION").data["result"] == "ACCEPTED"
    assert asked_of() == ["NL*VLT"]


def test_the_addressed_cpo_is_asked_to_stop_even_where_another_session_of_that_id_runs(between: Middle) -> None:
    over("Volta", "VLT")
    addressed = Caller("Nomad", OCPI_to_country_code="NL", OCPI_to_party_id="VLT")
    stop = {"response_url": between.response_url, "session_id": SESSION}
    assert addressed.post("/receiver/commands/STOP_SESSION", stop).data["result"] == "ACCEPTED"
    assert asked_of() == ["NL*VLT"]


@pytest.mark.parametrize("chosen", [True, False])
def test_in_2_1_1_the_party_that_we_are_for_the_platform_is_meant(older: Middle, chosen: bool) -> None:
    if chosen:
        Connection.objects.filter(name="Nomad").update(face=cast.party("NL*VLT", "CPO"))
    # 2.1.1 takes ASCII only
    token = transforms.upgrade("2.2.1", "token", {**wire.load("token_nomad"), "issuer": "Nomad"})
    token = transforms.downgrade("2.1.1", "token", token)[0]
    start = given(older, "START_SESSION", token=token)
    assert (start.status, start.data) == (1000, {"result": "ACCEPTED"})
    assert given(older, "STOP_SESSION").data == {"result": "ACCEPTED"}
    assert asked_of() == ["NL*VLT", "NL*VLT"]


def test_in_2_1_1_nobody_is_told_to_use_headers_that_are_not_there(older: Middle) -> None:
    cast.connection("Third", "CPO NL*THI", url="http://third.invalid")
    Connection.objects.filter(name="Nomad").update(face=None)
    cast.agreement("NL*THI", "DE*NMD")
    Party.objects.filter(party_id="VLT").update(left_at=cast.NOW)
    Party.objects.filter(party_id="PLD").update(left_at=cast.NOW)
    reply = given(older, "STOP_SESSION")
    assert (reply.http, reply.status) == (200, 2001)
    assert "OCPI-to" not in reply.message
    assert "choose" in reply.message


def test_a_session_can_be_stopped_when_its_agreement_ended_and_may_not_be_read_any_more() -> None:
    """M9."""
    with middle() as between:
        agreement = Agreement.objects.get()
        Agreement.objects.filter(pk=agreement.pk).update(history_days=0)
        agreement.refresh_from_db()
        agreements.end(agreement=agreement, ends_date=date(2026, 10, 20), at=cast.NOW)
        assert between.emsp.get("/sender/sessions").data == []
        assert given(between, "STOP_SESSION").data["result"] == "ACCEPTED"


# Reservations.


def reserving(between: Middle, answer: str, **fields: Any) -> None:
    between.volta.answering = accepting({**ACCEPTED, "result": answer})
    assert given(between, "RESERVE_NOW", **fields).data["result"] == answer


def cancel(between: Middle) -> Reply:
    between.volta.answering = accepting(ACCEPTED)
    asking = {"response_url": between.response_url, "reservation_id": "R-1"}
    return between.emsp.post("/receiver/commands/CANCEL_RESERVATION", asking)


@pytest.fixture
def two_places() -> Iterator[Middle]:
    """Volta has a second location, OTHER with the EVSE O-0."""
    with middle() as both:
        other = {**wire.load("location_zuidplein"), "id": "OTHER"}
        other["evses"] = [{**evse, "uid": f"O-{number}"} for number, evse in enumerate(other["evses"])]
        assert Caller("Volta").put("/receiver/locations/NL/VLT/OTHER", other).http == 201
        yield both


def test_a_reservation_that_was_rejected_is_not_in_the_way_of_canceling_the_one_that_stands(
    two_places: Middle,
) -> None:
    """M7."""
    reserving(two_places, "REJECTED")
    reserving(two_places, "ACCEPTED", location_id="OTHER", evse_uid="O-0")
    two_places.cpo.tell(two_places.ours(), {"result": "ACCEPTED"})
    assert cancel(two_places).data["result"] == "ACCEPTED"
    assert str(Command.objects.latest("id").location) == str(Command.objects.get(state="succeeded").location)


def test_a_reservation_that_was_canceled_is_not_in_the_way_of_canceling_the_next_one(two_places: Middle) -> None:
    reserving(two_places, "ACCEPTED")
    two_places.cpo.tell(two_places.ours(), {"result": "ACCEPTED"})
    assert cancel(two_places).data["result"] == "ACCEPTED"
    two_places.cpo.tell(two_places.ours(), {"result": "ACCEPTED"})
    reserving(two_places, "ACCEPTED", location_id="OTHER", evse_uid="O-0")
    assert cancel(two_places).data["result"] == "ACCEPTED"


def test_two_reservations_that_stand_under_one_id_are_not_guessed_between(two_places: Middle) -> None:
    reserving(two_places, "ACCEPTED")
    reserving(two_places, "ACCEPTED", location_id="OTHER", evse_uid="O-0")
    reply = cancel(two_places)
    assert (reply.http, reply.status) == (200, 2001)
    assert "different ids" in reply.message


def test_a_renewal_that_is_rejected_leaves_the_reservation_as_long_as_it_was(two_places: Middle) -> None:
    """M7: the same id and location replaces the reservation, once the CPO has accepted that."""
    reserving(two_places, "ACCEPTED")
    first = Reservation.objects.get().expires_at
    reserving(two_places, "REJECTED", expiry_date="2027-01-01T12:00:00Z")
    assert Reservation.objects.get().expires_at == first
    reserving(two_places, "ACCEPTED", expiry_date="2027-01-01T11:00:00Z")
    assert Reservation.objects.get().expires_at.hour == 11


# Who left is told nothing.


def test_results_and_profiles_are_not_told_to_an_emsp_that_left() -> None:
    with middle() as between:
        url = f"/receiver/chargingprofiles/{SESSION}"
        body = {"charging_profile": {"charging_rate_unit": "A"}, "response_url": between.response_url}
        assert between.emsp.put(url, body).data["result"] == "ACCEPTED"
        Party.objects.filter(party_id="NMD").update(left_at=cast.NOW)
        assert between.cpo.tell(between.ours(), {"result": "ACCEPTED"}).status == 1000
        plan = {"start_date_time": "2026-11-20T09:00:00Z", "charging_profile": {"charging_rate_unit": "A"}}
        reply = between.cpo.put(f"/sender/chargingprofiles/{SESSION}", plan)
        assert (reply.status, Command.objects.get().state) == (1000, "succeeded")
        assert "nobody is told" in reply.message
        assert not Push.objects.filter(module="chargingprofiles").exists()
