"""What the second look sends, and what it leaves alone because the platform was sent it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from pytest_django import DjangoAssertNumQueries

from partners.agreements.models import Agreement
from partners.connections.models import Connection
from roaming.cdrs import services as cdrs
from roaming.cdrs.models import Cdr, CdrState, Via
from roaming.exchange import second_look, tasks
from roaming.exchange.models import Push, PushState, SecondLook
from roaming.locations import services as locations
from roaming.ocpi.schema import transforms
from roaming.ocpi.schema.wire import encode_text
from roaming.sessions import services as sessions
from roaming.tariffs import services as tariffs
from roaming.tokens import services as tokens
from tests import cast, wire

AT = cast.NOW
LATER = AT + timedelta(minutes=1)
YOUNGER = "2026-11-20T12:00:00Z"
pytestmark = pytest.mark.django_db


@pytest.fixture
def nomad() -> Connection:
    """Nomad and Volta, joined, with an object of each kind."""
    cast.volta(url="http://volta.invalid")
    connection = cast.nomad(url="http://nomad.invalid")
    cast.agreement("NL*VLT", "DE*NMD")
    publish()
    build()
    issue()
    charge()
    bill()
    return connection


def newest(example: str, kind: str, **changes: Any) -> dict[str, Any]:
    return transforms.upgrade("2.2.1", kind, {**wire.load(example), **changes})


def publish(**changes: Any) -> None:
    data = newest("tariff_ac22", "tariff", id="AC22", **changes)
    tariffs.put(party=cast.party("NL*VLT", "CPO"), tariff_id="AC22", data=data, at=AT)


def build(**changes: Any) -> None:
    data = newest("location_zuidplein", "location", **changes)
    locations.put(party=cast.party("NL*VLT", "CPO"), location_id="ZUIDPLEIN", data=data, at=AT)


def occupy(status: str = "CHARGING", last_updated: str = YOUNGER) -> None:
    locations.patch_evse(
        party=cast.party("NL*VLT", "CPO"),
        location_id="ZUIDPLEIN",
        evse_uid=wire.load("location_zuidplein")["evses"][0]["uid"],
        data={"status": status, "last_updated": last_updated},
        at=AT,
    )


def issue() -> None:
    data = newest("token_nomad", "token")
    tokens.put(party=cast.party("DE*NMD", "EMSP"), token_uid=data["uid"], token_type=data["type"], data=data, at=AT)


def charge(name: str = "session_running", **changes: Any) -> None:
    data = newest(name, "session", **changes)
    sessions.put(party=cast.party("NL*VLT", "CPO"), session_id="S1", data={**data, "id": "S1"}, at=AT)


def bill() -> Cdr:
    received = cdrs.receive(
        party=cast.party("NL*VLT", "CPO"),
        raw=b"{}",
        version="2.2.1",
        data=newest("cdr_ac22", "cdr"),
        connection=None,
        via=Via.IMPORT,
        at=AT,
    )
    agreement = Agreement.objects.get()
    return cdrs.move(cdr=received.cdr, to=CdrState.ACCEPTED, reason="As agreed.", agreement=agreement, at=AT)


def look(connection: Connection, agreement: Agreement | None = None) -> None:
    """As if every writer had ended: the test's own transaction never does."""
    SecondLook.objects.all().delete()
    SecondLook.objects.create(connection=connection, agreement=agreement, after=0, created_at=AT)
    assert second_look.look_due(at=LATER) == 1
    assert not SecondLook.objects.exists()


def written() -> list[UUID]:
    return list(Push.objects.order_by("id").values_list("edition", flat=True))


def pushed() -> list[str]:
    return [f"{push.method} {push.object_key}" for push in Push.objects.order_by("id")]


EVERYTHING = [
    "PUT tariffs NL*VLT AC22",
    "PUT locations NL*VLT ZUIDPLEIN",
    "PUT sessions NL*VLT S1",
    "POST cdrs NL*VLT C-2026-10-14-0001",
]


@pytest.mark.parametrize("state", [PushState.WAITING, PushState.RETRYING, PushState.DELIVERED, PushState.DEAD])
def test_what_was_sent_or_waits_or_was_refused_is_not_sent_again(nomad: Connection, state: PushState) -> None:
    Push.objects.update(state=state, delivered_at=AT - timedelta(days=1))
    before = written()
    assert len(before) == 5
    for connection in Connection.objects.all():
        look(connection)
        look(connection, Agreement.objects.get())
    assert written() == before


def test_what_nobody_sent_is_sent_to_each_side(nomad: Connection) -> None:
    Push.objects.all().delete()
    look(nomad, Agreement.objects.get())
    assert pushed() == EVERYTHING
    look(cast.party("NL*VLT", "CPO").connection, Agreement.objects.get())
    assert pushed() == [*EVERYTHING, "PUT tokens DE*NMD 04A2B3C4D5E680 RFID"]


def test_another_age_of_the_same_state_is_no_news(nomad: Connection) -> None:
    Push.objects.update(state=PushState.DELIVERED)
    before = written()
    publish(last_updated=YOUNGER)
    build(last_updated=YOUNGER)
    look(nomad)
    assert written() == before


def test_the_sweep_looks_when_the_writers_have_ended_and_not_before(nomad: Connection) -> None:
    Push.objects.all().delete()
    tasks.look_again()  # the test's own transaction writes
    assert SecondLook.objects.exists() and pushed() == []
    SecondLook.objects.update(after=0)
    tasks.look_again()
    assert not SecondLook.objects.exists()
    assert sorted(pushed()) == sorted([*EVERYTHING, "PUT tokens DE*NMD 04A2B3C4D5E680 RFID"])


@pytest.mark.parametrize("whole", [PushState.WAITING, PushState.DELIVERED])
def test_a_status_that_was_sent_by_itself_is_not_sent_again(nomad: Connection, whole: PushState) -> None:
    Push.objects.update(state=whole)
    occupy()
    occupy("BLOCKED", "2026-11-20T12:00:01Z")
    before = written()
    assert len(before) == 6
    look(nomad)
    assert written() == before


def test_a_status_that_went_back_and_was_not_sent_is_sent_with_the_whole_location(nomad: Connection) -> None:
    Push.objects.update(state=PushState.DELIVERED)
    occupy()
    Push.objects.filter(kind="evse").update(state=PushState.DELIVERED)
    occupy("AVAILABLE", "2026-11-20T12:00:01Z")
    Push.objects.filter(kind="evse", state=PushState.WAITING).delete()
    before = written()
    look(nomad)
    assert written()[: len(before)] == before
    sent = Push.objects.filter(state=PushState.WAITING)
    assert [(push.kind, '"AVAILABLE"' in push.body) for push in sent] == [("location", True)]


def test_a_session_that_they_know_as_it_was_is_sent_as_it_ended_and_one_unheard_of_is_not(nomad: Connection) -> None:
    charge("session_finished")
    Push.objects.filter(module="sessions").delete()
    look(nomad)
    assert not Push.objects.filter(module="sessions").exists()
    charging = newest("session_running", "session", id="S1")
    Push.objects.create(
        connection=nomad,
        module="sessions",
        kind="session",
        method="PUT",
        path="NL/VLT/S1",
        object_key="sessions NL*VLT S1",
        body=encode_text(charging),
        state=PushState.DELIVERED,
        next_attempt_at=AT,
        created_at=AT,
        delivered_at=LATER,
    )
    look(nomad)
    assert '"COMPLETED"' in Push.objects.get(module="sessions", state=PushState.WAITING).body


def test_a_deletion_is_told_once_and_to_those_who_knew(nomad: Connection) -> None:
    tariffs.delete(party=cast.party("NL*VLT", "CPO"), tariff_id="AC22", at=AT)
    before = written()
    look(nomad)
    assert written() == before
    Push.objects.filter(module="tariffs").delete()
    look(nomad)
    assert not Push.objects.filter(module="tariffs").exists()


def many(count: int) -> None:
    example = newest("token_nomad", "token")
    found = [{**example, "uid": f"CARD{number}"} for number in range(count)]
    tokens.put_many(party=cast.party("DE*NMD", "EMSP"), found=found, at=AT)


class TestManyObjects:
    def test_none_of_which_is_lacking_are_found_so_with_the_questions_of_a_few(
        self, nomad: Connection, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        many(2000)
        with django_assert_max_num_queries(25):
            look(cast.party("DE*NMD", "EMSP").connection, Agreement.objects.get())
        with django_assert_max_num_queries(25):
            look(cast.party("NL*VLT", "CPO").connection, Agreement.objects.get())

    def test_all_of_which_are_lacking_are_sent_five_hundred_with_a_few_statements(
        self, nomad: Connection, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        many(2000)
        Push.objects.all().delete()
        with django_assert_max_num_queries(25 + 5 * 6):
            look(cast.party("NL*VLT", "CPO").connection, Agreement.objects.get())
        assert Push.objects.filter(module="tokens").count() == 2001
