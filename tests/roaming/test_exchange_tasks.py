"""What opens a door fills the outbox, what wakes a worker empties it, and what people do with dead pushes."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from partners.agreements import services as agreements
from partners.connections import services as connections
from partners.connections.models import Connection
from partners.people.models import Role
from roaming.celery import app
from roaming.exchange import retention, tasks
from roaming.exchange.models import Cause, Exchange, Pull, PullState, Push, PushState
from roaming.kernel import clock
from roaming.locations.models import Location
from tests import cast, wire
from tests.roaming.calls import Caller
from tests.roaming.platform import Platform, Said, platform

pytestmark = pytest.mark.django_db


@pytest.fixture
def theirs() -> Iterator[Platform]:
    with platform("EMSP DE*NMD") as running_platform:
        yield running_platform


@pytest.fixture
def volta(db: None) -> Connection:
    """Volta, which has published a tariff, a location, and a token of its own drivers."""
    connection = cast.volta(url="http://volta.invalid")
    caller = Caller("Volta")
    assert caller.put("/receiver/tariffs/NL/VLT/AC22", wire.load("tariff_ac22")).http == 201
    assert caller.put("/receiver/locations/NL/VLT/ZUIDPLEIN", wire.load("location_zuidplein")).http == 201
    token = wire.load("token_volta_go")
    assert caller.put(f"/receiver/tokens/NL/VGO/{token['uid']}", token).http == 201
    return connection


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tasks run where they are sent, as if the worker were fast."""
    monkeypatch.setattr(app, "send_task", lambda name, args, **_: app.tasks[name].apply(args, throw=True))
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


def waiting() -> list[tuple[str, str]]:
    return [(push.connection.name, str(push)) for push in Push.objects.order_by("id")]


def test_an_agreement_sends_each_side_what_the_other_owns(volta: Connection, theirs: Platform) -> None:
    cast.nomad(url=theirs.url)
    token = wire.load("token_nomad")
    assert Caller("Nomad").put(f"/receiver/tokens/DE/NMD/{token['uid']}", token).http == 201
    assert waiting() == []
    draft = cast.agreement("NL*VLT", "DE*NMD", active=False)
    assert waiting() == []
    agreements.activate(agreement=draft, at=cast.NOW)
    assert waiting() == [
        ("Nomad", "PUT tariffs NL/VLT/AC22"),
        ("Nomad", "PUT locations NL/VLT/ZUIDPLEIN"),
        ("Volta", f"PUT tokens DE/NMD/{token['uid']}"),
    ]


def test_a_partner_that_registers_later_is_sent_what_it_may_see_and_a_change_replaces_it(
    volta: Connection, theirs: Platform
) -> None:
    cast.nomad(registered=False)
    cast.agreement("NL*VLT", "DE*NMD")
    assert waiting() == []
    nomad = Connection.objects.get(name="Nomad")
    connections.register(
        connection=nomad,
        version="2.2.1",
        versions_url=f"{theirs.url}/versions",
        endpoints=cast.endpoints(theirs.url),
        token_out="x",
        token_in="y",
        roles=[],
        at=cast.NOW,
    )
    assert waiting() == [("Nomad", "PUT tariffs NL/VLT/AC22"), ("Nomad", "PUT locations NL/VLT/ZUIDPLEIN")]
    changed = {**wire.load("tariff_ac22"), "currency": "SEK", "last_updated": "2026-11-19T00:00:00Z"}
    assert Caller("Volta").put("/receiver/tariffs/NL/VLT/AC22", changed).http == 200
    assert len(waiting()) == 2 and '"SEK"' in Push.objects.order_by("id")[0].body


def test_the_commit_hurries_the_delivery(
    volta: Connection,
    theirs: Platform,
    eager: None,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    cast.nomad(url=theirs.url)
    with django_capture_on_commit_callbacks(execute=True):
        cast.agreement("NL*VLT", "DE*NMD")
    assert theirs.paths("PUT") == ["/receiver/tariffs/NL/VLT/AC22", "/receiver/locations/NL/VLT/ZUIDPLEIN"]
    assert theirs.asked[1].body == wire.load("location_zuidplein")


def test_a_broker_that_is_away_breaks_nothing(
    volta: Connection,
    theirs: Platform,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def away(*_: object, **__: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(app, "send_task", away)
    cast.nomad(url=theirs.url)
    with django_capture_on_commit_callbacks(execute=True):
        cast.agreement("NL*VLT", "DE*NMD")
    assert len(waiting()) == 2


def test_the_sweep_finds_what_no_message_told(volta: Connection, theirs: Platform, eager: None) -> None:
    cast.nomad(url=theirs.url)
    cast.agreement("NL*VLT", "DE*NMD")
    Push.objects.filter(connection__name="Volta").delete()
    tasks.sweep()
    assert set(Push.objects.values_list("state", flat=True)) == {PushState.DELIVERED}
    assert len(theirs.asked) == 2
    tasks.sweep()
    assert len(theirs.asked) == 2


def test_the_hourly_pull_asks_every_registered_partner(eager: None) -> None:
    with platform("CPO NL*PLD") as theirs:
        cast.polder(url=theirs.url)
        theirs.lists["locations"] = [{**wire.load("location_zuidplein"), "party_id": "PLD"}]
        Pull.objects.all().delete()
        tasks.pull_all()
        assert Location.objects.count() == 1
        asked = len(theirs.asked)
        tasks.pull_all()
    assert len(theirs.asked) == asked  # an hour is not over


def test_what_waits_to_be_read_is_found_without_a_message(eager: None) -> None:
    with platform("CPO NL*PLD") as theirs:
        cast.polder(url=theirs.url)
        assert set(Pull.objects.values_list("state", "cause")) == {(PullState.WAITING, Cause.REGISTRATION)}
        tasks.pull_due()
    assert set(Pull.objects.values_list("state", flat=True)) == {PullState.FINISHED}
    assert [asked.path for asked in theirs.asked] == [
        f"/sender/{name}" for name in ("tariffs", "locations", "sessions", "cdrs")
    ]


def test_the_journal_is_forgotten_after_its_days_batch_by_batch(
    volta: Connection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.JOURNAL_DAYS = 30
    monkeypatch.setattr(retention, "_BATCH", 2)
    Caller("Volta").get("/receiver/tariffs/NL/VLT/AC22")
    written = Exchange.objects.order_by("id")
    assert len(written) == 4
    old = cast.NOW - timedelta(days=30, seconds=1)
    Exchange.objects.exclude(pk=written[3].pk).update(at=old)
    young = cast.NOW - timedelta(days=30)
    Exchange.objects.filter(pk=written[3].pk).update(at=young)
    monkeypatch.setattr(clock, "now", lambda: cast.NOW)
    tasks.forget_exchanges()
    assert [exchange.at for exchange in Exchange.objects.all()] == [young]
    tasks.forget_exchanges()
    assert Exchange.objects.count() == 1


def test_what_beat_starts_are_tasks_that_exist() -> None:
    named = {str(entry["task"]) for entry in app.conf.beat_schedule.values()}
    app.loader.import_default_modules()
    assert named <= set(app.tasks)


@pytest.fixture
def dead(volta: Connection, theirs: Platform, eager: None) -> Push:
    cast.nomad(url=theirs.url)
    theirs.answering = lambda asked: Said(status=2001, message="no")
    cast.agreement("NL*VLT", "DE*NMD")
    tasks.sweep()
    return Push.objects.order_by("id")[0]


def signed_in(name: str, role: str) -> Client:
    client = Client()
    client.force_login(cast.person(name, role))
    return client


def test_an_operator_retries_a_dead_push_in_the_admin(dead: Push, theirs: Platform) -> None:
    otto = signed_in("Otto", Role.ADMINISTRATOR)
    page = otto.get(f"/admin/roaming/push/{dead.pk}/change/")
    assert page.status_code == 200 and "Retry" in page.content.decode() and "no" in page.content.decode()
    theirs.answering = lambda asked: None
    otto.post(f"/admin/roaming/push/{dead.pk}/change/", {"_move_retry": "1"})
    dead.refresh_from_db()
    assert (dead.state, str(dead.handled_by)) == (PushState.WAITING, "Otto")


def test_chosen_pushes_are_retried_together(dead: Push, theirs: Platform) -> None:
    otto = signed_in("Otto", Role.ADMINISTRATOR)
    otto.post("/admin/roaming/push/", {"action": "retry", "_selected_action": [push.pk for push in Push.objects.all()]})
    assert set(Push.objects.values_list("state", flat=True)) == {PushState.WAITING}


def test_finance_sees_pushes_and_does_not_retry_them(dead: Push) -> None:
    ada = signed_in("Ada", Role.FINANCE)
    page = ada.get(f"/admin/roaming/push/{dead.pk}/change/")
    assert page.status_code == 200 and "_move_retry" not in page.content.decode()
    ada.post(f"/admin/roaming/push/{dead.pk}/change/", {"_move_retry": "1"})
    dead.refresh_from_db()
    assert dead.state == PushState.DEAD


def test_the_journal_is_read_only_for_everybody(dead: Push) -> None:
    otto = signed_in("Otto", Role.ADMINISTRATOR)
    exchange = Exchange.objects.filter(direction="out")[0]
    assert otto.get("/admin/roaming/exchange/").status_code == 200
    page = otto.get(f"/admin/roaming/exchange/{exchange.pk}/change/").content.decode()
    assert "_save" not in page and "_delete" not in page
    assert otto.get("/admin/roaming/exchange/add/").status_code == 403
