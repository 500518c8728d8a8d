"""The life of a conformance run: polite, bounded, one at a time, without secrets, told by the command."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from partners.connections.models import Connection, ConnectionState
from roaming.conformance import selectors, services, tasks, wording
from roaming.conformance.limits import Limits
from roaming.conformance.models import MOVES, ConformanceRun, Outcome, RunState
from roaming.exchange import breaker
from roaming.exchange.models import Exchange
from roaming.kernel import clock, states
from tests import cast
from tests.roaming.bends import TARIFFS, at, checked, header, result_of
from tests.roaming.conforming import TOKEN, Told, conforming, registered
from tests.roaming.platform import Asked

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("status", [429, 503])
def test_a_platform_that_wants_to_be_left_alone_is(status: int) -> None:
    def busy(asked: Asked, told: Told) -> None:
        if asked.path == TARIFFS:
            told.http, told.headers["Retry-After"] = status, "90"

    with conforming() as theirs:
        connection = registered(theirs)
        theirs.bend = busy
        run = checked(connection)
        assert theirs.asked[-1].path == TARIFFS and len(theirs.asked) == run.calls == 5
        assert run.state == RunState.STOPPED and f"HTTP {status}" in run.reason
        skipped = result_of(run, "cdrs", "schema")
        assert (skipped.outcome, skipped.sentence) == (Outcome.SKIPPED, run.reason)
        connection.refresh_from_db()
        assert connection.paused_until is not None and connection.paused_until > clock.now() + timedelta(seconds=60)
        with pytest.raises(services.CannotCheck, match="left alone until"):
            checked(connection)
        assert ConformanceRun.objects.count() == 1


def test_a_person_has_a_partner_tried_that_is_left_alone_and_its_answers_end_that() -> None:
    with conforming() as theirs:
        connection = left_alone(registered(theirs))
        with pytest.raises(CommandError, match="left alone until"):
            call_command("check_partner", "Polder Laden", module=["tariffs"], scheduled=True)
        assert theirs.asked == [] and not ConformanceRun.objects.exists()
        call_command("check_partner", "Polder Laden", module=["tariffs"], json=True, stdout=StringIO())
    connection.refresh_from_db()
    assert (connection.failures, connection.paused_until, connection.state) == (0, None, ConnectionState.REGISTERED)


def test_a_partner_that_is_left_alone_and_still_away_is_asked_once() -> None:
    with conforming() as theirs:
        connection = left_alone(registered(theirs))
        until = connection.paused_until
        theirs.down()
        with pytest.raises(CommandError, match="They do not answer"):
            call_command("check_partner", "Polder Laden", stdout=StringIO(), stderr=StringIO())
    run = ConformanceRun.objects.get()
    connection.refresh_from_db()
    assert (run.calls, run.state, connection.failures) == (1, RunState.STOPPED, 3)
    assert connection.state == ConnectionState.OFFLINE and connection.paused_until == until


def left_alone(connection: Connection) -> Connection:
    """After three failures, each when the pause of the one before was over."""
    for minutes in (20, 10, 0):
        breaker.failed(connection, clock.now() - timedelta(minutes=minutes), at_least=timedelta(minutes=5))
    return connection


@pytest.mark.parametrize(("limits", "most"), [({"calls": 7}, 7), ({"seconds": 0}, 1)])
def test_a_run_ends_at_its_limits(limits: dict[str, int], most: int) -> None:
    with conforming() as theirs:
        run = services.plan(connection=registered(theirs), limits=Limits.usual().but(**limits), by=None, at=clock.now())
        services.execute(run=run, at=clock.now())
        assert len(theirs.asked) <= most
    assert run.state == RunState.STOPPED and "The run may" in run.reason


def test_only_so_many_pages_and_objects_of_a_long_list_are_read() -> None:
    with conforming() as theirs:
        broken = {**theirs.lists["tariffs"][0], "currency": "euro"}
        theirs.lists["tariffs"] = [
            {**broken, "id": f"T{number}", "last_updated": f"2026-10-01T10:{number // 60:02}:{number % 60:02}Z"}
            for number in range(500)
        ]
        limits = Limits.usual().but(pages=2, objects=60)
        run = services.plan(connection=registered(theirs), modules=["tariffs"], limits=limits, by=None, at=clock.now())
        services.execute(run=run, at=clock.now())
        pages = [asked for asked in theirs.asked if asked.query.get("limit") == "50" and "date_from" not in asked.query]
    assert [page.query.get("offset") for page in pages] == [None, "50", "100", "1500"]
    assert result_of(run, "tariffs", "schema").sentence.startswith("Not valid: 60 of 60 objects. T0: ")


def test_one_call_is_made_with_a_wrong_token_and_no_token_is_kept() -> None:
    """C12: neither in results nor in the journal."""
    with conforming() as theirs:
        run = checked(registered(theirs))
        wrong = [asked for asked in theirs.asked if "wrong-" in asked.token]
    assert len(wrong) == 1
    kept = "".join(f"{row.response_body}{row.request_body}" for row in Exchange.objects.all())
    kept += wording.as_text(run) + json.dumps(wording.as_json(run))
    assert TOKEN not in kept and wrong[0].token not in kept


def test_a_second_run_is_not_begun_beside_one_and_a_dead_one_is_ended() -> None:
    with conforming() as theirs:
        connection = registered(theirs)
        first = services.plan(connection=connection, by=None, at=clock.now())
        with pytest.raises(services.CannotCheck, match="already"):
            services.plan(connection=connection, by=None, at=clock.now())
        states.move(first, to=RunState.RUNNING, moves=MOVES, started_at=clock.now() - timedelta(hours=1))
        assert services.plan(connection=connection, by=None, at=clock.now()).state == RunState.WAITING
    first.refresh_from_db()
    assert (first.state, first.reason) == (RunState.STOPPED, "The worker died.")


def test_the_sweep_finds_a_run_whose_hint_was_lost() -> None:
    with conforming() as theirs:
        run = services.plan(connection=registered(theirs), modules=["tariffs"], by=None, at=clock.now())
        for waiting in services.waiting():
            tasks.check(waiting.pk)
            tasks.check(waiting.pk)  # again: another worker had the same thought
        run.refresh_from_db()
    assert run.state == RunState.FINISHED and run.results.count() > 60


def test_the_next_run_is_compared_with_the_one_before() -> None:
    with conforming() as theirs:
        connection = registered(theirs)
        theirs.bend = at(TARIFFS, header("X-Limit", None))
        checked(connection, "tariffs")
        theirs.bend = at(TARIFFS, header("X-Total-Count", None))
        run = checked(connection, "tariffs")
    news = {row.result.code: row.news for row in selectors.rows(run) if row.news}
    assert news == {"total_count": "new", "x_limit": "fixed"}


def test_a_connection_that_is_not_registered_is_not_asked() -> None:
    hubert = cast.connection("Hubert", "CPO NL*HUB", registered=False)
    with pytest.raises(services.CannotCheck, match="not registered"):
        checked(hubert)
    assert not ConformanceRun.objects.exists()


def test_the_command_tells_everything_and_fails_when_a_check_does() -> None:
    with conforming() as theirs:
        connection = registered(theirs)
        out = StringIO()
        call_command("check_partner", str(connection.pk), module=["tariffs"], json=True, stdout=out)
        told = json.loads(out.getvalue())
        assert told["counts"]["failed"] == 0 and told["connection"] == "Polder Laden"
        assert {one["requirement"] for one in told["results"]} >= {"T4", "T42", "V1", "C4"}
        theirs.bend = at(TARIFFS, header("X-Limit", None))
        out, err = StringIO(), StringIO()
        with pytest.raises(CommandError, match="1 failed"):
            call_command("check_partner", "polder laden", module=["tariffs"], stdout=out, stderr=err)
        assert "X-Limit is absent." in out.getvalue() and "Looking at tariffs …" in err.getvalue()
    for nobody in ("Nobody", "0", "9" * 30, "٧"):
        with pytest.raises(CommandError, match=f"There is no connection “{nobody}”; make it with add_connection"):
            call_command("check_partner", nobody)
    with pytest.raises(CommandError, match="1 or more"):
        call_command("check_partner", "Polder Laden", calls=0)
