"""The life of a conformance run: asked for, walked by one worker, ended."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from celery import current_app
from django.db import IntegrityError, transaction

from partners.connections.models import Connection
from partners.people.models import User
from roaming.conformance.limits import Limits
from roaming.conformance.models import MOVES, CheckResult, ConformanceRun, RunState
from roaming.conformance.probe import Probe
from roaming.conformance.sheet import Sheet, quirks_of
from roaming.conformance.walk import Walk
from roaming.exchange import breaker
from roaming.kernel import states
from roaming.ocpi import quirks

# A worker that says nothing for so long beyond the time of the run has died.
_GRACE = timedelta(minutes=5)


class CannotCheck(Exception):
    """Nothing was asked; the text says why."""


def plan(
    *,
    connection: Connection,
    modules: Sequence[str] = (),
    limits: Limits | None = None,
    by: User | None,
    at: datetime,
    insists: bool = False,
) -> ConformanceRun:
    """A run that waits for a worker (see `hurry`). Raises CannotCheck: not registered, left alone, or one is on.

    Who `insists` has a partner tried that is left alone after failures: a person who knows that it was mended.
    """
    if not connection.reachable:
        raise CannotCheck(f"{connection.name} is not registered; there is nothing to ask it with.")
    if not connection.versions_url:
        raise CannotCheck(f"{connection.name} has no versions URL; there is nowhere to begin.")
    if not insists and connection.paused_until is not None and connection.paused_until > at:
        until = f"{connection.paused_until:%H:%M:%S}"
        raise CannotCheck(f"{connection.name} failed lately and is left alone until {until} UTC.")
    end_lost(at=at)
    try:
        with transaction.atomic():
            return ConformanceRun.objects.create(
                connection=connection,
                version=connection.version,
                versions_url=connection.versions_url,
                modules=list(modules),
                limits=asdict(limits or Limits.usual()),
                requested_by=by,
                created_at=at,
            )
    except IntegrityError as error:
        raise CannotCheck(f"{connection.name} is being checked already.") from error


def hurry(run: ConformanceRun) -> None:
    """Have a worker take it right after the commit. Only a hint: the sweep finds it when the broker is away."""
    run_id = run.pk
    transaction.on_commit(
        lambda: current_app.send_task("roaming.conformance.check", [run_id], retry=False), robust=True
    )


def execute(*, run: ConformanceRun, at: datetime, tell: Callable[[str], None] = lambda text: None) -> ConformanceRun:
    """Walk through the partner's platform and keep every result; learn its quirks. Talks to the partner for a while.

    Raises CannotMove when another worker took the run.
    """
    states.move(run, to=RunState.RUNNING, moves=MOVES, started_at=at)
    probe = Probe(run.connection, Limits(**run.limits), at)
    try:
        _walk(run, probe, tell)
    except Exception:
        _end(run, probe, "The run broke by a fault of ours; its operators find it in the log.")
        raise
    return run


def end_lost(*, at: datetime) -> int:
    """End runs whose worker died; how many."""
    lost = [
        run
        for run in ConformanceRun.objects.filter(state=RunState.RUNNING, started_at__isnull=False)
        if run.started_at and run.started_at + timedelta(seconds=run.limits["seconds"]) + _GRACE < at
    ]
    for run in lost:
        states.move(run, to=RunState.STOPPED, moves=MOVES, reason="The worker died.", progress="", finished_at=at)
    return len(lost)


def waiting() -> Sequence[ConformanceRun]:
    """Runs that no worker took yet."""
    return list(ConformanceRun.objects.filter(state=RunState.WAITING).order_by("id"))


def _walk(run: ConformanceRun, probe: Probe, tell: Callable[[str], None]) -> None:
    def told(text: str) -> None:
        ConformanceRun.objects.filter(pk=run.pk).update(progress=text[:200], calls=probe.calls)
        tell(text)

    walk = Walk(run.connection, probe, Limits(**run.limits), run.modules, told)
    sheets: list[Sheet] = []
    for sheet in walk.sheets():
        sheets.append(sheet)
        CheckResult.objects.bulk_create(sheet.results(run))
    run.learnt = dict(quirks_of(sheets))
    quirks.learn(connection=run.connection, seen=run.learnt)
    if not walk.reason:
        breaker.answered(run.connection)
    _end(run, probe, walk.reason)


def _end(run: ConformanceRun, probe: Probe, reason: str) -> None:
    states.move(
        run,
        to=RunState.STOPPED if reason else RunState.FINISHED,
        moves=MOVES,
        reason=reason[:500],
        progress="",
        learnt=run.learnt,
        calls=probe.calls,
        finished_at=probe.now,
    )
