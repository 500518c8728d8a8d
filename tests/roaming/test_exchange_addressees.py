"""What waits in the outbox is sent only to whom it still concerns."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from partners.agreements import services as agreements
from partners.agreements.models import Agreement
from partners.connections.models import Connection
from partners.parties import services as parties
from partners.parties.models import Party
from roaming.cdrs import services as cdrs
from roaming.cdrs.models import Cdr
from roaming.exchange import backfill, delivery
from roaming.exchange.models import Push, PushState
from roaming.findings.models import Finding
from roaming.kernel import clock
from roaming.sessions.models import Session
from tests import cast, wire
from tests.roaming.calls import Caller
from tests.roaming.platform import Platform, platform

LOCATION = "/receiver/locations/NL/VLT/ZUIDPLEIN"
SESSION = "/receiver/sessions/NL/VLT/S-2026-10-14-0001"

pytestmark = pytest.mark.django_db


@pytest.fixture
def theirs() -> Iterator[Platform]:
    with platform("EMSP DE*NMD", "EMSP DE*TWO") as running:
        yield running


@pytest.fixture
def nomad(theirs: Platform) -> Connection:
    """Nomad's platform, which hosts two eMSPs; a location, a session and a CDR of a driver of the first wait for it."""
    cast.volta()
    connection = cast.connection("Nomad", "EMSP DE*NMD", "EMSP DE*TWO", url=theirs.url)
    cast.agreement("NL*VLT", "DE*NMD")
    volta = Caller("Volta")
    assert volta.put(LOCATION, wire.load("location_zuidplein")).http == 201
    assert volta.put(SESSION, wire.load("session_running")).http == 201
    assert volta.post("/receiver/cdrs", wire.load("cdr_ac22")).http == 201
    cdrs.move(cdr=Cdr.objects.get(), to="accepted", reason="In order.", agreement=Agreement.objects.get(), at=cast.NOW)
    return connection


def ended(**fields: Any) -> None:
    agreement = Agreement.objects.get(emsp=cast.party("DE*NMD", "EMSP"))
    agreements.end(agreement=agreement, ends_date=date(2026, 11, 1), at=cast.NOW)
    Agreement.objects.filter(pk=agreement.pk).update(**fields)


def left(connection: Connection) -> None:
    parties.leave(connection=connection, but=[cast.party("DE*TWO", "EMSP")], at=cast.NOW)


def waiting() -> dict[str, tuple[str, str]]:
    return {push.module: (push.state, push.last_error) for push in Push.objects.all()}


def test_what_an_ended_agreement_opened_is_not_sent_and_says_why(nomad: Connection, theirs: Platform) -> None:
    """The session and the CDR were charged under it, and are owed however long they may be read."""
    ended(history_days=0)
    assert delivery.deliver_due(nomad.pk, clock.now()) == 2
    assert [asked.path.split("/")[2] for asked in theirs.asked] == ["sessions", "cdrs"]
    state, why = waiting()["locations"]
    assert state == PushState.LAPSED
    assert why == "No agreement opens locations of NL*VLT to Nomad any more."


def test_a_session_after_the_end_of_an_agreement_that_was_ended_in_retrospect_is_not_sent(
    nomad: Connection, theirs: Platform
) -> None:
    ended(ends_date=date(2026, 10, 1))
    assert delivery.deliver_due(nomad.pk, clock.now()) == 0
    assert theirs.asked == []
    assert {state for state, _ in waiting().values()} == {PushState.LAPSED}


def test_nothing_waiting_is_sent_to_a_party_that_left(nomad: Connection, theirs: Platform) -> None:
    left(nomad)
    assert delivery.deliver_due(nomad.pk, clock.now()) == 0
    assert theirs.asked == []
    assert waiting()["cdrs"] == (PushState.LAPSED, "DE*NMD is no party of Nomad any more.")


def test_what_another_party_of_the_platform_may_see_too_is_sent_to_that_one(
    nomad: Connection, theirs: Platform
) -> None:
    cast.agreement("NL*VLT", "DE*TWO")
    left(nomad)
    delivery.deliver_due(nomad.pk, clock.now())
    (asked,) = theirs.asked
    assert (asked.path, asked.headers["ocpi-to-party-id"]) == (LOCATION, "TWO")


def test_a_party_that_comes_back_is_sent_what_was_given_up(nomad: Connection, theirs: Platform) -> None:
    left(nomad)
    delivery.deliver_due(nomad.pk, clock.now())
    Party.objects.filter(party_id="NMD").update(left_at=None)
    backfill.connection_registered(connection=nomad, at=clock.now())
    delivery.deliver_due(nomad.pk, clock.now())
    assert {asked.path.split("/")[2] for asked in theirs.asked} == {"locations", "sessions", "cdrs"}


def test_routing_is_asked_once_for_what_one_owner_has_waiting(nomad: Connection, theirs: Platform) -> None:
    tariff = wire.load("tariff_ac22")
    for number in range(4):
        Caller("Volta").put(f"/receiver/tariffs/NL/VLT/T{number}", {**tariff, "id": f"T{number}"})
    with CaptureQueriesContext(database) as queries:
        assert delivery.deliver_due(nomad.pk, clock.now()) == 7
    assert sum('FROM "partners_agreement"' in query["sql"] for query in queries.captured_queries) == 2


def test_a_session_corrected_to_another_emsp_is_not_told_to_the_first(nomad: Connection, theirs: Platform) -> None:
    cast.connection("Rival", "EMSP FR*RIV", url="http://rival.invalid")
    cast.agreement("NL*VLT", "FR*RIV")
    token = {**wire.load("session_running")["cdr_token"], "country_code": "FR", "party_id": "RIV"}
    assert Caller("Volta").patch(SESSION, {"cdr_token": token, "last_updated": "2026-11-10T00:00:00Z"}).status == 1000
    pushes = Push.objects.filter(module="sessions").order_by("id")
    assert [(str(push.connection), push.state) for push in pushes] == [("Nomad", "lapsed"), ("Rival", "waiting")]
    assert pushes[0].last_error == "The session is not one of DE*NMD after all."
    delivery.deliver_due(nomad.pk, clock.now())
    assert "sessions" not in {asked.path.split("/")[2] for asked in theirs.asked}


def test_a_session_that_came_before_its_emsp_is_its_own_from_the_agreement_on() -> None:
    cast.polder()
    session = {**wire.load("session_running"), "party_id": "PLD"}
    assert Caller("Polder Laden").put("/receiver/sessions/NL/PLD/S-2026-10-14-0001", session).http == 201
    other = {**session, "id": "OF-ANOTHER", "cdr_token": {**session["cdr_token"], "party_id": "XYZ"}}
    assert Caller("Polder Laden").put("/receiver/sessions/NL/PLD/OF-ANOTHER", other).http == 201
    cast.nomad(url="http://nomad.invalid")
    cast.agreement("NL*PLD", "DE*NMD")
    assert [row["id"] for row in Caller("Nomad").get("/sender/sessions").data] == [session["id"]]
    assert [push.path for push in Push.objects.filter(module="sessions")] == ["NL/PLD/S-2026-10-14-0001"]
    assert Session.objects.get(ocpi_id="OF-ANOTHER").emsp is None
    assert not Finding.objects.exists()
