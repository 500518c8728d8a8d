"""What a partner is sent when an agreement starts, and when it is back after a time in which it was sent nothing."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from partners.agreements import selectors as agreements
from partners.agreements import services as agreement_services
from partners.agreements.models import Agreement
from partners.connections import services as connections
from partners.connections.models import Connection, ConnectionState
from roaming.cdrs import services as cdrs
from roaming.cdrs.models import Cdr, CdrState, Via
from roaming.exchange import backfill, delivery, tasks
from roaming.exchange.models import Push, PushState
from roaming.kernel import clock
from roaming.ocpi.schema import transforms
from roaming.sessions import services as sessions
from roaming.tariffs import services as tariffs
from tests import cast, wire
from tests.races.threads import at_once
from tests.roaming.platform import Platform, Said, platform

AT = cast.NOW
pytestmark = pytest.mark.django_db


@pytest.fixture
def theirs() -> Iterator[Platform]:
    with platform("EMSP DE*NMD") as running_platform:
        yield running_platform


@pytest.fixture
def nomad(theirs: Platform) -> Connection:
    """Nomad, registered; Volta has published nothing yet."""
    cast.volta(url="http://volta.invalid")
    return cast.nomad(url=theirs.url)


@pytest.fixture
def agreed(nomad: Connection) -> Connection:
    cast.agreement("NL*VLT", "DE*NMD")
    return nomad


def newest(name: str, kind: str, **changes: Any) -> dict[str, Any]:
    return transforms.upgrade("2.2.1", kind, {**wire.load(name), **changes})


def publish(tariff_id: str = "AC22", at: datetime = AT) -> None:
    data = newest("tariff_ac22", "tariff", id=tariff_id)
    tariffs.put(party=cast.party("NL*VLT", "CPO"), tariff_id=tariff_id, data=data, at=at)


def charge(session_id: str, name: str = "session_running", at: datetime = AT, **changes: Any) -> None:
    data = newest(name, "session", id=session_id, last_updated=at.strftime("%Y-%m-%dT%H:%M:%SZ"), **changes)
    sessions.put(party=cast.party("NL*VLT", "CPO"), session_id=session_id, data=data, at=at)


def bill(cdr_id: str, at: datetime = AT, accepted: bool = True) -> Cdr:
    raw = {**wire.load("cdr_ac22"), "id": cdr_id}
    received = cdrs.receive(
        party=cast.party("NL*VLT", "CPO"),
        raw=b"{}",
        version="2.2.1",
        data=transforms.upgrade("2.2.1", "cdr", raw),
        connection=None,
        via=Via.IMPORT,
        at=at,
    )
    if accepted:
        agreement = Agreement.objects.get()
        cdrs.move(cdr=received.cdr, to=CdrState.ACCEPTED, reason="As agreed.", agreement=agreement, at=at)
    return received.cdr


def suspended(connection: Connection) -> Connection:
    connection.refresh_from_db()
    connections.suspend(connection=connection)
    return connection


def waiting() -> list[str]:
    unsent = Push.objects.filter(state__in=[PushState.WAITING, PushState.RETRYING], connection__name="Nomad")
    return [f"{push.method} {push.object_key}" for push in unsent.order_by("id")]


# An agreement that starts on a later day.


@pytest.fixture
def december(nomad: Connection) -> Agreement:
    """Agreed on 20 November, from 1 December on in Amsterdam, which is 23:00 UTC the day before."""
    publish()
    return cast.agreement("NL*VLT", "DE*NMD", starts=date(2026, 12, 1))


def at_clock(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: at)


def test_an_agreement_for_later_sends_nothing_until_its_first_local_day_and_then_once(
    december: Agreement, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert waiting() == [] and december.opened_at is None
    at_clock(monkeypatch, datetime(2026, 11, 30, 22, 59, tzinfo=UTC))
    tasks.open_agreements()
    assert waiting() == []
    midnight = datetime(2026, 11, 30, 23, tzinfo=UTC)
    at_clock(monkeypatch, midnight)
    tasks.open_agreements()
    assert waiting() == ["PUT tariffs NL*VLT AC22"]
    december.refresh_from_db()
    assert december.opened_at == midnight
    Push.objects.update(state=PushState.DELIVERED)
    tasks.open_agreements()
    assert waiting() == []


def test_an_agreement_that_starts_at_once_is_not_opened_by_the_sweep_again(agreed: Connection) -> None:
    assert Agreement.objects.get().opened_at == AT
    assert list(agreements.to_open(AT)) == []


def test_one_that_ended_before_it_started_or_is_a_draft_is_never_opened(december: Agreement) -> None:
    agreement_services.draft(cpo=december.cpo, emsp=december.emsp, starts_date=date(2026, 1, 1), at=AT)
    agreement_services.end(agreement=december, ends_date=date(2026, 12, 2), at=AT)
    assert list(agreements.to_open(AT + timedelta(days=11))) == []


def test_sessions_of_an_agreement_activated_afterwards_are_told(nomad: Connection) -> None:
    charge("S1")
    assert waiting() == []
    cast.agreement("NL*VLT", "DE*NMD", starts=date(2026, 10, 1))
    assert waiting() == ["PUT sessions NL*VLT S1"]


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_open_an_agreement_once(december: Agreement, theirs: Platform) -> None:
    later = AT + timedelta(days=11)
    at_once(*[lambda: backfill.open_agreement(agreement=december, at=later)] * 4)
    assert waiting() == ["PUT tariffs NL*VLT AC22"]
    assert delivery.deliver_due(december.emsp.connection_id, later) == 1
    at_once(lambda: backfill.open_agreement(agreement=december, at=later))
    assert waiting() == []


# A connection that was suspended.


def test_what_changed_while_a_partner_was_suspended_is_sent_when_it_goes_on(
    agreed: Connection, theirs: Platform
) -> None:
    suspended(agreed)
    charge("S1")
    bill("C1")
    bill("C2", accepted=False)
    assert waiting() == []
    connections.resume(connection=agreed, at=AT)
    assert waiting() == ["PUT sessions NL*VLT S1", "POST cdrs NL*VLT C1"]
    assert delivery.deliver_due(agreed.pk, AT) == 2
    assert theirs.paths("PUT") == ["/receiver/sessions/NL/VLT/S1"]
    assert theirs.paths("POST") == ["/receiver/cdrs"]


def test_a_cdr_that_was_delivered_or_waits_is_not_sent_twice(agreed: Connection, theirs: Platform) -> None:
    bill("C1")
    assert delivery.deliver_due(agreed.pk, AT) == 1
    bill("C2")
    suspended(agreed)
    bill("C3")
    connections.resume(connection=agreed, at=AT)
    assert waiting() == ["POST cdrs NL*VLT C2", "POST cdrs NL*VLT C3"]
    delivery.deliver_due(agreed.pk, AT)
    first, *others = [asked.body["id"] for asked in theirs.asked]
    assert (first, sorted(others)) == ("C1", ["C2", "C3"])  # two at once arrive in either order
    suspended(agreed)
    connections.resume(connection=agreed, at=AT)
    assert waiting() == []


def test_a_cdr_they_refused_is_tried_once_more_when_they_come_back(agreed: Connection, theirs: Platform) -> None:
    bill("C1")
    theirs.answering = lambda asked: Said(status=2001)
    delivery.deliver_due(agreed.pk, AT)
    suspended(agreed)
    connections.resume(connection=agreed, at=AT)
    assert waiting() == ["POST cdrs NL*VLT C1"]


def test_a_cdr_accepted_and_then_disputed_meanwhile_is_sent_and_one_rejected_unseen_is_not(
    agreed: Connection,
) -> None:
    suspended(agreed)
    cdrs.move(cdr=bill("C1"), to=CdrState.HELD, reason="Disputed.", at=AT)
    held = cdrs.move(cdr=bill("C2", accepted=False), to=CdrState.HELD, reason="Too dear.", at=AT)
    cdrs.move(cdr=held, to=CdrState.REJECTED, reason="Not ours.", at=AT)
    connections.resume(connection=agreed, at=AT)
    assert waiting() == ["POST cdrs NL*VLT C1"]


def test_cdrs_of_ninety_days_are_made_up_for_and_older_ones_are_left_to_be_crawled(agreed: Connection) -> None:
    suspended(agreed)
    bill("OLD", at=AT)
    bill("YOUNG", at=AT + timedelta(days=1))
    connections.resume(connection=agreed, at=AT + timedelta(days=90, hours=12))
    assert waiting() == ["POST cdrs NL*VLT YOUNG"]


def test_a_session_they_saw_running_that_ended_meanwhile_is_sent_as_it_ended(agreed: Connection) -> None:
    charge("SEEN")
    charge("QUEUED")
    delivery.deliver_due(agreed.pk, AT)
    charge("QUEUED", at=AT + timedelta(minutes=1), kwh=Decimal("12"))
    charge("ENDED", "session_finished")
    delivery.deliver_due(agreed.pk, AT)
    suspended(agreed)
    later = AT + timedelta(hours=1)
    charge("SEEN", "session_finished", at=later)
    charge("QUEUED", "session_finished", at=later)
    charge("UNSEEN", "session_finished", at=later)
    connections.resume(connection=agreed, at=later)
    assert waiting() == ["PUT sessions NL*VLT QUEUED", "PUT sessions NL*VLT SEEN"]
    assert '"COMPLETED"' in Push.objects.get(state=PushState.WAITING, path="NL/VLT/QUEUED").body


def test_a_tariff_they_knew_that_was_deleted_meanwhile_is_deleted_at_theirs(
    agreed: Connection, theirs: Platform
) -> None:
    for tariff_id in ("KNOWN", "GONE", "STAYS"):
        publish(tariff_id)
    tariffs.delete(party=cast.party("NL*VLT", "CPO"), tariff_id="GONE", at=AT)
    delivery.deliver_due(agreed.pk, AT)
    suspended(agreed)
    later = AT + timedelta(hours=1)
    publish("UNKNOWN", at=later)
    for tariff_id in ("KNOWN", "UNKNOWN"):
        tariffs.delete(party=cast.party("NL*VLT", "CPO"), tariff_id=tariff_id, at=later)
    connections.resume(connection=agreed, at=later)
    assert waiting() == ["PUT tariffs NL*VLT STAYS", "DELETE tariffs NL*VLT KNOWN"]
    assert delivery.deliver_due(agreed.pk, later) == 2
    assert theirs.paths("DELETE")[-1] == "/receiver/tariffs/NL/VLT/KNOWN"


def test_only_what_an_agreement_covered_is_made_up_for(nomad: Connection) -> None:
    cast.agreement("NL*VLT", "DE*NMD", starts=date(2026, 11, 1))
    suspended(nomad)
    charge("OCTOBER")  # it started on 14 October
    connections.resume(connection=nomad, at=AT)
    assert waiting() == []


def test_a_partner_that_registers_again_gets_what_it_missed(agreed: Connection, theirs: Platform) -> None:
    agreed.refresh_from_db()
    connections.unregister(connection=agreed, at=AT)
    bill("C1")
    connections.register(
        connection=agreed,
        version="2.2.1",
        versions_url=f"{theirs.url}/versions",
        endpoints=cast.endpoints(theirs.url),
        token_out="x",
        token_in="y",
        roles=[],
        at=AT,
    )
    assert agreed.state == ConnectionState.REGISTERED and waiting() == ["POST cdrs NL*VLT C1"]


class TestWithNothingToTell:
    """Most registrations and many agreements open a door with nothing behind it: that is found with few questions."""

    def test_a_registration_stays_within_its_budget_of_queries(
        self, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_max_num_queries(40):  # added with two parties, of which the platform hears, and registered
            cast.volta(url="http://volta.invalid")
        with django_assert_max_num_queries(31):
            cast.nomad(url="http://nomad.invalid")
        with django_assert_max_num_queries(40):  # every module there is
            cast.connection("Polder Laden", "CPO NL*PLD", url="http://polder.invalid", version="2.3.0")

    def test_an_agreement_stays_within_its_budget_of_queries(
        self, nomad: Connection, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_max_num_queries(46):
            cast.agreement("NL*VLT", "DE*NMD")
