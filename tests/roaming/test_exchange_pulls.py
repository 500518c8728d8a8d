"""Readings of lists over several turns and workers: paused, stopped, killed, waiting, and still each page once."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from partners.agreements import services as agreements
from partners.connections import services as connections
from partners.connections.models import Connection
from partners.people.models import User
from roaming.exchange import pull as pulling
from roaming.exchange import pulls, timetable
from roaming.exchange.crawl import Crawl, Page
from roaming.exchange.models import Cause, Met, Pull, PullState
from roaming.findings.models import Finding
from roaming.kernel import locks
from roaming.tariffs import services as tariffs
from roaming.tariffs.models import Tariff
from tests import cast
from tests.roaming.platform import Asked, Platform, Said, platform
from tests.roaming.test_exchange_pull import AT, DAY, tariff

HOUR = timedelta(hours=1)

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """What a SIGKILL leaves behind: nothing after it is done, and what was not committed is gone."""


@pytest.fixture
def theirs() -> Iterator[Platform]:
    with platform("CPO NL*PLD") as running_platform:
        yield running_platform


@pytest.fixture
def polder(theirs: Platform) -> Connection:
    """Its lists were never asked for."""
    cast.volta()
    connection = cast.polder(url=theirs.url)
    Pull.objects.all().delete()
    return connection


@pytest.fixture
def otto(db: None) -> User:
    return cast.person("Otto")


def asked_for(polder: Connection, module: str = "tariffs", at: Any = AT, **wish: Any) -> Pull:
    return pulls.ask(connection=polder, module=module, cause=Cause.SCHEDULE, at=at, **wish)


def fresh(pull: Pull) -> Pull:
    return Pull.objects.get(pk=pull.pk)


def offsets(theirs: Platform) -> list[str]:
    return [asked.query.get("offset", "0") for asked in theirs.asked]


def kill_at(monkeypatch: pytest.MonkeyPatch, tariff_id: str) -> None:
    put = tariffs.put

    def put_or_die(**of: Any) -> Any:
        if of["tariff_id"] == tariff_id:
            raise Killed
        return put(**of)

    monkeypatch.setattr(tariffs, "put", put_or_die)


def after_page(monkeypatch: pytest.MonkeyPatch, number: int, act: Callable[[], object]) -> None:
    """Somebody does something while that page is under way."""
    read, count = Crawl.read, iter(range(1, 100))

    def read_and_act(self: Crawl) -> Page:
        page = read(self)
        if next(count) == number:
            act()
        return page

    monkeypatch.setattr(Crawl, "read", read_and_act)


def failing(theirs: Platform, offset: str, **said: Any) -> None:
    theirs.answering = lambda asked: Said(**said) if asked.query.get("offset", "0") == offset else None


def test_a_reading_whose_worker_is_killed_goes_on_at_its_page_and_finds_what_is_gone(
    polder: Connection, theirs: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T48, T49."""
    theirs.lists["tariffs"] = [tariff(number) for number in range(8)]
    pulling.pull(connection=polder, modules=["tariffs"], at=AT)
    theirs.lists["tariffs"] = [tariff(number) for number in (0, 2, 3, 4, 5, 6, 8)]  # T1 and T7 are gone, T8 is new
    theirs.asked.clear()
    reading = asked_for(polder, at=AT + DAY)
    with monkeypatch.context() as patched, pytest.raises(Killed):
        kill_at(patched, "T5")
        pulling.take_turn(polder.pk, AT + DAY)
    half = fresh(reading)
    assert (half.state, half.pages, half.offset, half.known) == (PullState.RUNNING, 2, 4, 4)
    assert not locks.is_held(pulling.lock_name(polder.pk))
    assert pulling.take_turn(polder.pk, AT + DAY + HOUR) is False
    whole = fresh(reading)
    assert offsets(theirs) == ["0", "2", "4", "4", "6"]
    assert (whole.state, whole.started_at, whole.pages) == (PullState.FINISHED, AT + DAY, 4)
    assert (whole.new, whole.known, whole.gone, whole.listed) == (1, 6, 2, 7)
    assert set(Tariff.objects.exclude(deleted_at=None).values_list("ocpi_id", flat=True)) == {"T1", "T7"}
    assert "2 of the tariffs of NL*PLD that we hold: T1, T7." in Finding.objects.get().sentence
    assert not Met.objects.exists()


def test_what_was_counted_before_the_kill_is_not_counted_again(
    polder: Connection, theirs: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs.page_size = 6
    theirs.lists["tariffs"] = [tariff(number) for number in range(5)]
    theirs.lists["tariffs"].insert(1, tariff(9, currency="euro"))
    reading = asked_for(polder)
    with monkeypatch.context() as patched, pytest.raises(Killed):
        kill_at(patched, "T3")
        pulling.take_turn(polder.pk, AT)
    assert (fresh(reading).taken, fresh(reading).new, fresh(reading).pages) == (4, 3, 0)
    pulling.take_turn(polder.pk, AT)
    done = fresh(reading)
    assert (done.new, done.known, done.broken, done.state) == (5, 0, 1, PullState.FINISHED)


def test_killed_between_the_last_page_and_the_comparison_it_only_compares(
    polder: Connection, theirs: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs.lists["tariffs"] = [tariff(1), tariff(2)]
    pulling.pull(connection=polder, modules=["tariffs"], at=AT)
    theirs.lists["tariffs"] = [tariff(1)]
    reading = asked_for(polder, at=AT + DAY)
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(tariffs, "delete", lambda **of: (_ for _ in ()).throw(Killed))
        pulling.take_turn(polder.pk, AT + DAY)
    theirs.asked.clear()
    pulling.take_turn(polder.pk, AT + DAY)
    assert (fresh(reading).state, fresh(reading).gone, theirs.asked) == (PullState.FINISHED, 1, [])


def test_a_paused_reading_rests_from_its_next_page_until_it_is_let_go_on(
    polder: Connection, theirs: Platform, otto: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs.lists["tariffs"] = [tariff(number) for number in range(5)]
    reading = asked_for(polder)
    with monkeypatch.context() as patched:
        after_page(patched, 2, lambda: pulls.pause(pull=fresh(reading), by=otto, at=AT))
        pulling.take_turn(polder.pk, AT)
    resting = fresh(reading)
    assert (resting.state, resting.reason, resting.new) == (PullState.PAUSED, "Paused by Otto.", 4)
    pulling.take_turn(polder.pk, AT + HOUR)
    pulls.ask_due(connection=polder, at=AT + HOUR)
    assert (fresh(reading).state, offsets(theirs)) == (PullState.PAUSED, ["0", "2"])
    pulls.go_on(pull=resting, at=AT + HOUR)
    while pulling.take_turn(polder.pk, AT + HOUR):
        pass
    done = fresh(reading)
    assert (done.state, done.reason, done.new, done.known) == (PullState.FINISHED, "", 5, 0)
    assert [asked.path for asked in theirs.asked].count("/sender/tariffs") == 3


def test_a_pause_that_was_forgotten_ends_after_a_day(polder: Connection, otto: User) -> None:
    reading = asked_for(polder)
    pulls.pause(pull=reading, by=otto, at=AT)
    assert reading.pk not in [row.pk for row in pulls.ask_due(connection=polder, at=AT + timedelta(hours=23))]
    assert reading.pk in [row.pk for row in pulls.ask_due(connection=polder, at=AT + timedelta(hours=24))]


def test_a_stopped_reading_is_over_and_the_next_begins_at_the_start(
    polder: Connection, theirs: Platform, otto: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs.lists["tariffs"] = [tariff(number) for number in range(5)]
    reading = asked_for(polder)
    with monkeypatch.context() as patched:
        after_page(patched, 1, lambda: pulls.stop(pull=fresh(reading), by=otto, at=AT))
        pulling.take_turn(polder.pk, AT)
    assert (fresh(reading).state, len(theirs.asked)) == (PullState.STOPPED, 1)
    with pytest.raises(pulls.CannotPull, match="is over; start a new one"):
        pulls.go_on(pull=reading, at=AT)
    assert pulling.pull(connection=polder, modules=["tariffs"], at=AT) == {"tariffs": pulling.Counts(new=3, known=2)}
    assert not Met.objects.exists()


def test_a_connection_that_is_suspended_is_asked_for_no_further_page(
    polder: Connection, theirs: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs.lists["tariffs"] = [tariff(number) for number in range(5)]
    reading = asked_for(polder)
    with monkeypatch.context() as patched:
        after_page(patched, 1, lambda: connections.suspend(connection=Connection.objects.get(pk=polder.pk)))
        pulling.take_turn(polder.pk, AT)
    assert (fresh(reading).state, fresh(reading).new, len(theirs.asked)) == (PullState.RUNNING, 2, 1)
    assert pulling.take_turn(polder.pk, AT) is False and len(theirs.asked) == 1
    assert pulling.Counts.of(fresh(reading)).error.endswith("from Polder Laden is not at its end (running).")


def test_long_lists_take_turns_so_that_none_waits_for_the_other(
    polder: Connection, theirs: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling, "TURN_SECONDS", 0)
    theirs.lists["tariffs"] = [tariff(number) for number in range(6)]
    for module in ("cdrs", "tariffs"):
        asked_for(polder, module)
    turns = 1
    while pulling.take_turn(polder.pk, AT):
        turns += 1
    assert [asked.path.rpartition("/")[2] for asked in theirs.asked] == ["tariffs", "cdrs", "tariffs", "tariffs"]
    assert turns == 5 and set(Pull.objects.values_list("state", flat=True)) == {PullState.FINISHED}


def test_a_list_that_runs_in_a_circle_is_noticed_over_turns(
    polder: Connection, theirs: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling, "TURN_SECONDS", 0)

    def circle(asked: Asked) -> Said:
        following = int(asked.query.get("offset", 0)) % 3 + 1
        return Said([tariff(following)], headers={"Link": f"<?offset={following}>; rel=next"})

    theirs.answering = circle
    reading = asked_for(polder)
    while pulling.take_turn(polder.pk, AT):
        assert len(theirs.asked) < 12
    assert fresh(reading).state == PullState.FAILED and "never ends" in fresh(reading).reason


def test_totals_that_change_while_it_is_read_are_kept(polder: Connection, theirs: Platform) -> None:
    """T48."""
    theirs.lists["tariffs"] = [tariff(number) for number in range(4)]

    def growing(asked: Asked) -> None:
        if asked.query.get("offset") == "2":
            theirs.lists["tariffs"].append(tariff(9))

    theirs.answering = growing
    reading = asked_for(polder)
    pulling.take_turn(polder.pk, AT)
    done = fresh(reading)
    assert (done.first_total, done.total, done.total_changes, done.new) == (4, 5, 1, 5)


@pytest.mark.parametrize("page_size", [1, 2])
def test_a_list_without_any_paging_header_is_read_by_offset(
    page_size: int, polder: Connection, theirs: Platform
) -> None:
    polder.quirks = {"no_link_header": True}
    polder.save()
    theirs.page_size = page_size
    theirs.lists["tariffs"] = [tariff(number) for number in range(3)]

    def bare(asked: Asked) -> Said:
        said = theirs._usual(asked)
        said.headers = {}
        return said

    theirs.answering = bare
    reading = asked_for(polder)
    pulling.take_turn(polder.pk, AT)
    assert (fresh(reading).state, fresh(reading).new, fresh(reading).total) == (PullState.FINISHED, 3, None)
    assert fresh(reading).seconds_left is None


def test_a_partner_that_wants_to_be_left_alone_is_and_the_reading_goes_on_at_its_page(
    polder: Connection, theirs: Platform
) -> None:
    theirs.lists["tariffs"] = [tariff(number) for number in range(6)]
    failing(theirs, "4", http=503, raw=b"", headers={"Retry-After": "120"})
    reading = asked_for(polder)
    asked_for(polder, "cdrs")
    assert pulling.take_turn(polder.pk, AT) is False
    waiting = fresh(reading)
    assert (waiting.state, waiting.new, waiting.tries) == (PullState.WAITING, 4, 1) and "HTTP 503" in waiting.reason
    assert waiting.due_at - AT >= timedelta(seconds=120)
    theirs.answering = lambda asked: None
    assert pulling.take_turn(polder.pk, AT + timedelta(seconds=100)) is False
    assert offsets(theirs) == ["0", "2", "4"]
    pulling.take_turn(polder.pk, AT + HOUR)
    assert offsets(theirs) == ["0", "2", "4", "0", "4"]  # the CDRs came between: they had not begun
    assert (fresh(reading).state, fresh(reading).new, fresh(reading).tries) == (PullState.FINISHED, 6, 0)


def test_a_page_that_is_never_answered_keeps_only_its_own_list_waiting(
    polder: Connection, theirs: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling, "_MOST_TRIES", 1)
    theirs.answering = lambda asked: Said(hangs_up=True) if asked.path == "/sender/tariffs" else None
    tried, other = asked_for(polder), asked_for(polder, "cdrs")
    pulling.take_turn(polder.pk, AT)
    assert (fresh(tried).state, fresh(other).state) == (PullState.WAITING, PullState.FINISHED)
    polder.refresh_from_db()
    assert polder.paused_until is None
    pulling.take_turn(polder.pk, AT + HOUR)
    assert fresh(tried).state == PullState.FAILED


def test_a_failed_reading_is_tried_at_its_page_once_more_and_then_read_anew(
    polder: Connection, theirs: Platform
) -> None:
    theirs.lists["tariffs"] = [tariff(number) for number in range(3)]
    failing(theirs, "2", http=500)
    reading = asked_for(polder)
    pulling.take_turn(polder.pk, AT)
    assert fresh(reading).state == PullState.FAILED
    later = AT
    for expected in (["0", "2"], ["0", "2", "2"], ["0", "2", "2", "0", "2"]):
        assert [asked.query.get("offset", "0") for asked in theirs.asked if "tariffs" in asked.path] == expected
        later += 1.3 * HOUR
        pulls.ask_due(connection=polder, at=later)
        while pulling.take_turn(polder.pk, later):
            pass
    assert Pull.objects.filter(module="tariffs").count() == 2


def test_a_list_that_moved_is_read_from_its_start_at_the_new_address(polder: Connection, theirs: Platform) -> None:
    """T101: our token goes nowhere they do not have now."""
    theirs.lists["tariffs"] = [tariff(number) for number in range(3)]
    failing(theirs, "2", http=500)
    reading = asked_for(polder)
    pulling.take_turn(polder.pk, AT)
    polder.endpoints = cast.endpoints(f"{theirs.url}/new")
    polder.save()
    with pytest.raises(pulls.CannotPull, match="elsewhere now"):
        pulls.go_on(pull=reading, at=AT)
    again = asked_for(polder)
    assert again.pk != reading.pk and again.url == f"{theirs.url}/new/sender/tariffs"
    polder.endpoints = cast.endpoints(theirs.url)
    polder.save()
    assert asked_for(polder).pk != again.pk and fresh(again).state == PullState.STOPPED


def test_a_fault_of_ours_is_logged_and_the_page_waits_instead_of_being_asked_for_all_the_time(
    polder: Connection, theirs: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs.lists["tariffs"] = [tariff(1)]
    reading = asked_for(polder)
    with monkeypatch.context() as patched, pytest.raises(RuntimeError):
        patched.setattr(tariffs, "put", lambda **of: (_ for _ in ()).throw(RuntimeError("no such luck")))
        pulling.take_turn(polder.pk, AT)
    assert (fresh(reading).state, fresh(reading).tries) == (PullState.WAITING, 1)
    assert fresh(reading).due_at > AT and "fault of ours" in fresh(reading).reason
    pulling.take_turn(polder.pk, AT + HOUR)
    assert fresh(reading).state == PullState.FINISHED


class TestTheTimetable:
    def test_each_list_is_read_by_its_own_hours(self, polder: Connection, theirs: Platform) -> None:
        pulling.pull(connection=polder, modules=["tariffs"], at=AT)
        later = AT + 0.7 * HOUR
        assert {row.module for row in pulls.ask_due(connection=polder, at=later)} == {"locations", "sessions", "cdrs"}
        while pulling.take_turn(polder.pk, later):
            pass
        due = pulls.ask_due(connection=polder, at=AT + 1.3 * HOUR)
        assert [(row.module, row.since) for row in due] == [("tariffs", AT - HOUR)]

    def test_what_a_person_left_out_is_read_the_next_time(self, polder: Connection, theirs: Platform) -> None:
        pulling.pull(connection=polder, modules=["tariffs"], at=AT)
        pulling.pull(connection=polder, modules=["tariffs"], since=AT + 4 * HOUR, at=AT + 5 * HOUR)
        pulling.pull(connection=polder, modules=["tariffs"], at=AT + 6 * HOUR)
        assert theirs.asked[-1].query["date_from"] == "2026-11-20T08:42:00Z"

    def test_a_whole_list_that_fails_on_the_way_does_not_keep_changes_from_being_read(
        self, polder: Connection, theirs: Platform
    ) -> None:
        pulling.pull(connection=polder, modules=["tariffs"], at=AT)
        theirs.answering = lambda asked: None if "date_from" in asked.query else Said(http=500)
        assert pulling.pull(connection=polder, modules=["tariffs"], at=AT + DAY)["tariffs"].error
        counts = pulling.pull(connection=polder, modules=["tariffs"], at=AT + DAY + HOUR)
        assert counts == {"tariffs": pulling.Counts()}

    def test_old_readings_are_forgotten_but_for_the_last_good_ones(self, polder: Connection, theirs: Platform) -> None:
        for hours in (0, 30, 31, 32):
            pulling.pull(connection=polder, modules=["tariffs"], at=AT + hours * HOUR)
        theirs.answering = lambda asked: Said(http=500)
        pulling.pull(connection=polder, modules=["tariffs"], at=AT + 33 * HOUR)
        pulls.forget(before=AT + 90 * DAY)
        kept = [(row.full, row.state) for row in Pull.objects.order_by("id")]
        assert kept == [(True, "finished"), (False, "finished"), (False, "failed")]
        assert timetable.Readings(polder, ["tariffs"]).changed_since("tariffs") == AT + 31 * HOUR


class TestDoorsThatOpen:
    def test_an_agreement_has_the_lists_of_both_sides_read_in_full(self, polder: Connection, theirs: Platform) -> None:
        pulling.pull(connection=polder, at=AT)
        theirs.asked.clear()
        draft = cast.agreement("NL*PLD", "NL*VGO", active=False)
        agreements.activate(agreement=draft, at=AT)
        found = {row.module: row for row in Pull.objects.filter(connection=polder, cause=Cause.AGREEMENT)}
        assert set(found) == {"tariffs", "locations", "sessions", "cdrs"}
        assert {row.state for row in found.values()} == {PullState.WAITING}
        assert (found["tariffs"].since, found["cdrs"].since) == (None, found["sessions"].since)
        assert found["cdrs"].since and f"{found['cdrs'].since:%Y-%m-%d %H:%M}" == "2025-12-31 23:00"

    def test_a_list_in_the_middle_of_its_reading_is_read_once_more_after_it(
        self, polder: Connection, theirs: Platform
    ) -> None:
        pulling.pull(connection=polder, at=AT)
        theirs.lists["tariffs"] = [tariff(number) for number in range(3)]
        failing(theirs, "2", http=503, raw=b"")
        reading = asked_for(polder, at=AT + HOUR)
        pulling.take_turn(polder.pk, AT + HOUR)
        cast.agreement("NL*PLD", "NL*VGO")
        assert (fresh(reading).state, fresh(reading).full, fresh(reading).then_full) == ("waiting", False, True)
        theirs.answering = lambda asked: None
        while pulling.take_turn(polder.pk, AT + 3 * HOUR):
            pass
        due = pulls.ask_due(connection=polder, at=AT + 4 * HOUR)
        assert [row.full for row in due if row.module == "tariffs"] == [True]

    def test_what_a_person_paused_stays_so(self, polder: Connection, otto: User) -> None:
        reading = asked_for(polder)
        pulls.pause(pull=reading, by=otto, at=AT)
        connections.suspend(connection=polder)
        connections.resume(connection=polder, at=AT)
        cast.agreement("NL*PLD", "NL*VGO")
        assert (fresh(reading).state, fresh(reading).then_full) == (PullState.PAUSED, True)


class TestTheCommand:
    def test_it_goes_on_with_what_waits_and_leaves_its_rows(self, polder: Connection, theirs: Platform) -> None:
        theirs.lists["tariffs"] = [tariff(number) for number in range(3)]
        failing(theirs, "2", http=503, raw=b"")
        with pytest.raises(CommandError, match="HTTP 503"):
            call_command("pull", "Polder Laden", module=["tariffs"], stdout=StringIO())
        theirs.answering = lambda asked: None
        out = StringIO()
        call_command("pull", "Polder Laden", module=["tariffs"], json=True, stdout=out)
        assert json.loads(out.getvalue())["Polder Laden"]["tariffs"]["new"] == 3
        reading = Pull.objects.get(module="tariffs")
        assert (reading.state, reading.cause, reading.pages) == (PullState.FINISHED, Cause.COMMAND, 2)
        assert offsets(theirs) == ["0", "2", "2"]

    def test_other_bounds_than_those_of_a_reading_that_has_begun_are_refused(
        self, polder: Connection, theirs: Platform
    ) -> None:
        theirs.lists["tariffs"] = [tariff(number) for number in range(3)]
        failing(theirs, "2", http=503, raw=b"")
        with pytest.raises(CommandError):
            call_command("pull", "Polder Laden", module=["tariffs"], stdout=StringIO())
        with pytest.raises(CommandError, match=r"in the middle \(waiting\); let it go on to its end, or stop it"):
            call_command("pull", "Polder Laden", "--full", "--module=tariffs", stdout=StringIO())
        assert Pull.objects.count() == 1

    def test_a_list_that_they_do_not_offer_is_named(self, polder: Connection) -> None:
        with pytest.raises(CommandError, match="has no sender interface for bookings"):
            call_command("pull", "Polder Laden", "--module=bookings", stdout=StringIO())
