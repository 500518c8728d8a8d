"""What is written while an agreement is being activated, or a connection registers, reaches the platform."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Event
from time import monotonic, sleep
from typing import Any

import pytest
from django.db import connection as database
from django.db import transaction

from partners.agreements.models import Agreement
from partners.connections import services as connections
from partners.connections.models import Connection
from roaming.exchange import delivery, second_look
from roaming.exchange.models import Push, PushState, SecondLook
from roaming.locations import services as locations
from roaming.ocpi.schema import transforms
from roaming.tariffs import services as tariffs
from roaming.tokens import services as tokens
from tests import cast, wire
from tests.races.threads import at_once
from tests.roaming.platform import Platform, platform

pytestmark = pytest.mark.django_db(transaction=True)

AT = cast.NOW
LATER = AT + timedelta(seconds=5)
Job = Callable[[], Any]


@pytest.fixture
def theirs() -> Iterator[Platform]:
    with platform("EMSP DE*NMD") as running_platform:
        yield running_platform


@pytest.fixture
def nomad(theirs: Platform) -> Connection:
    cast.volta(url="http://volta.invalid")
    connection = cast.nomad(url=theirs.url)
    looked()
    return connection


def newest(example: str, kind: str, **changes: Any) -> dict[str, Any]:
    return transforms.upgrade("2.2.1", kind, {**wire.load(example), **changes})


def publish(tariff_id: str = "AC22", **changes: Any) -> None:
    data = newest("tariff_ac22", "tariff", id=tariff_id, **changes)
    tariffs.put(party=cast.party("NL*VLT", "CPO"), tariff_id=tariff_id, data=data, at=AT)


def issue() -> None:
    data = newest("token_nomad", "token")
    tokens.put(party=cast.party("DE*NMD", "EMSP"), token_uid=data["uid"], token_type=data["type"], data=data, at=AT)


def build(**changes: Any) -> None:
    data = newest("location_zuidplein", "location", **changes)
    locations.put(party=cast.party("NL*VLT", "CPO"), location_id="ZUIDPLEIN", data=data, at=AT)


def agree() -> None:
    cast.agreement("NL*VLT", "DE*NMD")


@contextmanager
def under_way(*jobs: Job) -> Iterator[None]:
    """The jobs are done in a transaction that is not over before the block is."""
    done, over = Event(), Event()

    def run() -> None:
        try:
            with transaction.atomic():
                for job in jobs:
                    job()
                done.set()
                assert over.wait(20)
        finally:
            done.set()
            database.close()

    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(run)
        assert done.wait(20)
        try:
            yield
        finally:
            over.set()
            running.result()


def look() -> int:
    return second_look.look_due(at=LATER)


def looked(left: int = 0) -> int:
    """How many were looked after until so many looks are left: other databases of the server may have writers too."""
    deadline, total = monotonic() + 300, 0
    while SecondLook.objects.count() > left:
        assert monotonic() < deadline, "the writers are done, and still it waits"
        total += look()
        sleep(0.02)
    return total


def pushed() -> list[str]:
    return [f"{push.method} {push.object_key}" for push in Push.objects.order_by("id")]


@pytest.mark.parametrize(
    ("job", "key"),
    [
        (publish, "PUT tariffs NL*VLT AC22"),
        (build, "PUT locations NL*VLT ZUIDPLEIN"),
        (issue, "PUT tokens DE*NMD 04A2B3C4D5E680 RFID"),
    ],
)
def test_what_is_new_while_an_agreement_begins_is_sent_once_its_writer_is_done(
    nomad: Connection, job: Job, key: str
) -> None:
    with under_way(job):
        agree()
        assert look() == 0
        assert SecondLook.objects.count() == 2
        assert pushed() == []
    assert looked() == 2
    assert pushed() == [key]
    agreement = Agreement.objects.get()
    SecondLook.objects.create(connection=nomad, agreement=agreement, created_at=AT)
    SecondLook.objects.create(connection=nomad, created_at=AT)
    assert looked() == 1
    assert pushed() == [key]


def test_the_newer_state_is_sent_where_the_older_one_waits(nomad: Connection) -> None:
    build()
    with under_way(lambda: build(name="Zuidplein Noord", last_updated="2026-11-20T00:00:00Z")):
        agree()
        assert "Noord" not in Push.objects.get().body
    looked()
    assert "Noord" in Push.objects.get().body


def test_the_newer_state_is_sent_where_the_older_one_arrived_since_it_was_made(
    nomad: Connection, theirs: Platform
) -> None:
    build()
    with under_way(lambda: build(name="Zuidplein Noord", last_updated="2026-11-20T00:00:00Z")):
        agree()
        assert delivery.deliver_due(nomad.pk, LATER) == 1
    looked()
    assert delivery.deliver_due(nomad.pk, LATER) == 1
    assert [asked.body["name"] for asked in theirs.asked] == ["Zuidplein parkeerdek", "Zuidplein Noord"]


def test_a_deletion_is_sent_too(nomad: Connection, theirs: Platform) -> None:
    publish()
    with under_way(lambda: tariffs.delete(party=cast.party("NL*VLT", "CPO"), tariff_id="AC22", at=AT)):
        agree()
        assert delivery.deliver_due(nomad.pk, LATER) == 1
    looked()
    assert delivery.deliver_due(nomad.pk, LATER) == 1
    assert [asked.method for asked in theirs.asked] == ["PUT", "DELETE"]


def test_who_begins_to_write_while_the_agreement_is_being_activated_is_waited_for(nomad: Connection) -> None:
    activated, written = Event(), Event()

    def activate() -> None:
        with transaction.atomic():
            agree()
            activated.set()
            assert written.wait(20)

    def write() -> None:
        assert activated.wait(20)
        with under_way(publish):
            written.set()
            while not SecondLook.objects.exists():
                sleep(0.02)
            assert look() == 0
            assert pushed() == []

    assert at_once(activate, write) == [None, None]
    assert looked() == 2
    assert pushed() == ["PUT tariffs NL*VLT AC22"]


def test_what_is_written_while_a_connection_comes_back_is_sent(nomad: Connection) -> None:
    agree()
    nomad.refresh_from_db()
    connections.suspend(connection=nomad)
    looked()
    with under_way(publish):
        connections.resume(connection=nomad, at=AT)
    assert pushed() == []
    assert looked() == 1
    assert pushed() == ["PUT tariffs NL*VLT AC22"]


def test_an_agreement_and_a_registration_at_once_do_not_miss_each_other(nomad: Connection) -> None:
    publish()
    nomad.refresh_from_db()
    connections.suspend(connection=nomad)
    with under_way(agree):
        connections.resume(connection=nomad, at=AT)
    assert pushed() == []
    looked()
    assert pushed() == ["PUT tariffs NL*VLT AC22"]


def test_two_sweeps_at_once_look_once(nomad: Connection) -> None:
    with under_way(publish):
        agree()
    look()
    assert sum(at_once(*[looked] * 4)) <= 2
    assert pushed() == ["PUT tariffs NL*VLT AC22"]


def test_the_look_waits_as_long_as_an_older_transaction_does(nomad: Connection) -> None:
    with under_way(lambda: cast.person("Ada")):
        agree()
        assert [look(), look()] == [0, 0]
        assert SecondLook.objects.filter(after__isnull=False).count() == 2
    assert looked() == 2


def test_what_somebody_else_writes_just_then_is_looked_at_once_more(nomad: Connection) -> None:
    with under_way(publish):
        agree()
        look()  # from here on it is known whom it waits for
    with under_way(lambda: publish(currency="CHF", last_updated="2026-11-20T00:00:00Z")):
        looked(left=1)
        assert [look(), pushed()] == [1, []]
    assert '"CHF"' in Push.objects.get().body
    edition = Push.objects.get().edition
    assert looked() == 1
    assert Push.objects.get().edition == edition


def test_who_breaks_off_leaves_nothing_to_be_sent(nomad: Connection) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        publish()
        at_once(agree)
        fail()
    assert looked() == 2
    assert pushed() == [] and not Push.objects.exclude(state=PushState.WAITING).exists()
