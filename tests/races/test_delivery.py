"""Workers beside each other on one outbox, and changes that come while a worker sends."""

import json
import time
from collections.abc import Iterator

import pytest
from django.db import connection as database

from partners.connections.models import Connection
from roaming.exchange import delivery
from roaming.exchange.models import Push, PushState
from roaming.kernel import locks
from roaming.ocpi.schema import transforms
from roaming.tariffs import services as tariffs
from roaming.tariffs.models import Tariff
from tests import cast, wire
from tests.races.threads import at_once
from tests.roaming.platform import Asked, Platform, Said, platform

pytestmark = pytest.mark.django_db(transaction=True)

AT = cast.NOW


@pytest.fixture
def theirs() -> Iterator[Platform]:
    with platform("EMSP DE*NMD") as running_platform:
        yield running_platform


@pytest.fixture
def nomad(theirs: Platform) -> Connection:
    cast.volta()
    connection = cast.nomad(url=theirs.url)
    cast.agreement("NL*VLT", "DE*NMD")
    return connection


def change(number: int, currency: str = "EUR", hour: int = 0) -> None:
    sent = {**wire.load("tariff_ac22"), "id": f"T{number}", "currency": currency}
    sent["last_updated"] = f"2026-11-10T{hour:02}:00:00Z"
    data = transforms.upgrade("2.2.1", "tariff", sent)
    tariffs.put(party=cast.party("NL*VLT", "CPO"), tariff_id=f"T{number}", data=data, at=AT)


def test_four_workers_at_once_deliver_everything_once(nomad: Connection, theirs: Platform) -> None:
    for number in range(12):
        change(number)
    counts = at_once(*[lambda: delivery.deliver_due(nomad.pk, AT)] * 4)
    while Push.objects.exclude(state=PushState.DELIVERED).exists():
        counts.append(delivery.deliver_due(nomad.pk, AT))  # all but one worker left at once; the sweep comes again
    assert sum(counts) == 12
    assert sorted(theirs.paths("PUT")) == sorted(f"/receiver/tariffs/NL/VLT/T{number}" for number in range(12))


def test_a_change_during_the_sending_neither_waits_for_the_partner_nor_is_lost(
    nomad: Connection, theirs: Platform
) -> None:
    change(0)
    waited: list[float] = []

    def slow(asked: Asked) -> Said | None:
        if len(theirs.asked) == 1:
            started = time.monotonic()
            try:
                change(0, "SEK", hour=1)
            finally:
                database.close()
            waited.append(time.monotonic() - started)
        return None

    theirs.answering = slow
    assert delivery.deliver_due(nomad.pk, AT) == 2
    assert [asked.body["currency"] for asked in theirs.asked] == ["EUR", "SEK"]
    assert waited[0] < 1 and Push.objects.get().state == PushState.DELIVERED


def test_states_of_one_object_enqueued_at_once_leave_one_push(nomad: Connection, theirs: Platform) -> None:
    currencies = ("EUR", "SEK", "DKK", "NOK", "CHF", "PLN")
    results = at_once(*[lambda hour=hour, said=said: change(0, said, hour) for hour, said in enumerate(currencies)])
    assert results == [None] * 6
    push = Push.objects.get()
    assert push.state == PushState.WAITING
    assert (json.loads(push.body)["currency"], Tariff.objects.get().currency) == ("PLN", "PLN")


def test_a_worker_that_loses_its_database_loses_no_push_and_leaves_nothing_locked(
    nomad: Connection, theirs: Platform
) -> None:
    change(0)

    def end_sessions(asked: Asked) -> Said | None:
        with database.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' "
                "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        database.close()
        return None

    theirs.answering = end_sessions
    at_once(lambda: delivery.deliver_due(nomad.pk, AT))
    theirs.answering = lambda asked: None
    delivery.deliver_due(nomad.pk, AT)
    assert len(theirs.asked) >= 1 and Push.objects.get().state == PushState.DELIVERED
    assert at_once(lambda: _is_free(f"deliver to connection {nomad.pk}")) == [True]


def _is_free(name: str) -> bool:
    with locks.alone(name) as mine:
        return mine
