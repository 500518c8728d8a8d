"""Many partners, many objects, and no more calls than a partner can bear."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from partners.connections.models import Connection
from partners.parties.models import Party
from roaming.exchange import delivery, retention
from roaming.exchange.models import Push, PushState
from roaming.kernel import clock, http
from tests import cast, wire
from tests.roaming.calls import Caller
from tests.roaming.platform import Asked, Platform, Said, platform

LOCATION = "/receiver/locations/NL/VLT/ZUIDPLEIN"

pytestmark = pytest.mark.django_db


@pytest.fixture
def theirs() -> Iterator[Platform]:
    with platform("EMSP DE*NMD") as running:
        yield running


@pytest.fixture
def nomad(theirs: Platform) -> Connection:
    cast.volta()
    connection = cast.nomad(url=theirs.url)
    cast.agreement("NL*VLT", "DE*NMD")
    return connection


@pytest.fixture
def volta(nomad: Connection) -> Caller:
    return Caller("Volta")


def deliver(nomad: Connection, after_seconds: int = 0) -> int:
    return delivery.deliver_due(nomad.pk, clock.now() + timedelta(seconds=after_seconds))


def tariff(volta: Caller, number: int) -> None:
    body = {**wire.load("tariff_ac22"), "id": f"T{number}"}
    assert volta.put(f"/receiver/tariffs/NL/VLT/T{number}", body).http == 201


def located(volta: Caller, **fields: str) -> None:
    assert volta.put(LOCATION, {**wire.load("location_zuidplein"), **fields}).http in (200, 201)


def status(volta: Caller, said: str, minute: int = 0) -> None:
    change = {"status": said, "last_updated": f"2026-11-20T10:{minute:02}:00Z"}
    evse = wire.load("location_zuidplein")["evses"][0]["uid"]
    assert volta.patch(f"{LOCATION}/{evse}", change).http == 200


def test_several_are_sent_at_once_and_not_more_than_the_partner_bears(
    nomad: Connection, theirs: Platform, volta: Caller
) -> None:
    for number in range(9):
        tariff(volta, number)
    together, most, turn = 0, 0, threading.Lock()

    def answer(asked: Asked) -> Said | None:
        nonlocal together, most
        with turn:
            together += 1
            most = max(most, together)
        time.sleep(0.05)
        with turn:
            together -= 1
        return None

    theirs.answering = answer
    Connection.objects.filter(pk=nomad.pk).update(send_at_once=3)
    assert deliver(nomad) == 9
    assert most == 3


def test_a_platform_that_was_away_is_sent_one_push_first_and_the_rest_once_it_answers(
    nomad: Connection, theirs: Platform, volta: Caller
) -> None:
    for number in range(9):
        tariff(volta, number)
    Connection.objects.filter(pk=nomad.pk).update(failures=4, paused_until=clock.now())
    theirs.answering = lambda asked: Said(http=503)
    assert deliver(nomad) == 0 and len(theirs.asked) == 1
    theirs.answering = lambda asked: None
    assert deliver(nomad, 3600) == 9


def test_calls_a_minute_are_limited_over_all_turns(nomad: Connection, theirs: Platform, volta: Caller) -> None:
    for number in range(5):
        tariff(volta, number)
    Connection.objects.filter(pk=nomad.pk).update(send_per_minute=6)
    assert deliver(nomad) == 1
    assert deliver(nomad, 5) == 0
    assert deliver(nomad, 11) == 1
    assert len(theirs.asked) == 2


def test_connections_to_a_partner_are_kept_open(nomad: Connection, theirs: Platform, volta: Caller) -> None:
    for number in range(6):
        tariff(volta, number)
    Connection.objects.filter(pk=nomad.pk).update(send_at_once=2)
    deliver(nomad)
    tariff(volta, 7)
    deliver(nomad)
    assert len(theirs._open) <= 2
    http.close_shared()


def test_a_change_for_twenty_partners_is_one_statement(nomad: Connection, volta: Caller) -> None:
    def statements() -> int:
        with CaptureQueriesContext(database) as captured:
            located(volta, name=f"Zuidplein {Push.objects.count()}")
        return sum("INSERT INTO roaming_push" in query["sql"] for query in captured)

    located(volta)
    for number in range(20):
        code = f"X{number:02}"
        cast.connection(f"Partner {number}", f"EMSP DE*{code}", url="http://partner.example")
        cast.agreement("NL*VLT", f"DE*{code}")
    assert Party.objects.count() > 20
    Push.objects.all().delete()
    assert statements() == 1
    assert Push.objects.filter(kind="location").count() == 21


def test_the_status_of_an_evse_travels_alone_and_the_newest_replaces_one_that_waits(
    nomad: Connection, theirs: Platform, volta: Caller
) -> None:
    located(volta)
    deliver(nomad)
    theirs.asked.clear()
    status(volta, "CHARGING", 1)
    status(volta, "BLOCKED", 2)
    assert deliver(nomad) == 1
    evse = wire.load("location_zuidplein")["evses"][0]["uid"]
    assert [(asked.method, asked.path, asked.body) for asked in theirs.asked] == [
        ("PATCH", f"{LOCATION}/{evse}", {"status": "BLOCKED", "last_updated": "2026-11-20T10:02:00Z"})
    ]


def test_a_status_comes_after_the_location_that_still_waits(nomad: Connection, theirs: Platform, volta: Caller) -> None:
    located(volta)
    status(volta, "CHARGING", 1)
    theirs.answering = lambda asked: Said(http=500) if len(theirs.asked) == 1 else None
    assert deliver(nomad) == 0
    assert deliver(nomad, 60) == 2
    assert [asked.method for asked in theirs.asked] == ["PUT", "PUT", "PATCH"]


def test_a_whole_location_takes_the_place_of_statuses_that_wait(
    nomad: Connection, theirs: Platform, volta: Caller
) -> None:
    located(volta)
    deliver(nomad)
    status(volta, "CHARGING", 1)
    located(volta, name="Another name", last_updated="2026-11-20T10:05:00Z")
    assert deliver(nomad) == 1
    assert Push.objects.get(kind="evse").state == PushState.LAPSED
    assert theirs.asked[-1].method == "PUT"


def test_a_partner_that_lacks_the_evse_is_sent_the_whole_location(
    nomad: Connection, theirs: Platform, volta: Caller
) -> None:
    located(volta)
    deliver(nomad)
    status(volta, "CHARGING", 1)
    theirs.answering = lambda asked: Said(http=404, status=2003) if asked.method == "PATCH" else None
    assert deliver(nomad) == 1
    assert [asked.method for asked in theirs.asked[1:]] == ["PATCH", "PUT"]
    assert theirs.asked[-1].body["evses"][0]["status"] == "CHARGING"


def test_the_outbox_grows_with_the_objects_and_not_with_what_changed_of_them_long_ago(
    nomad: Connection, theirs: Platform, volta: Caller
) -> None:
    for minute in range(4):
        body = {**wire.load("tariff_ac22"), "last_updated": f"2026-11-20T10:{minute:02}:00Z", "currency": "EUR"}
        volta.put("/receiver/tariffs/NL/VLT/AC22", {**body, "tariff_alt_url": f"https://volta.example/{minute}"})
        deliver(nomad)
    later = clock.now() + timedelta(seconds=1)
    assert retention.forget_pushes(before=later) == 0  # the journal still tells how they were sent
    retention.forget(before=later)
    assert retention.forget_pushes(before=later) == 3
    assert Push.objects.get().body.count("volta.example/3") == 1
