"""The life of a reading of a list: asked for, paused, let go on, stopped. What is read, and how, is in `pull`."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from celery import current_app
from django.db import transaction
from django.db.models import Exists, OuterRef

from partners.connections.models import Connection
from partners.parties.models import PartyRole
from partners.people.models import User
from roaming.exchange import timetable
from roaming.exchange.models import LIVE_PULLS, PULL_MOVES, Cause, Met, Pull, PullState
from roaming.exchange.timetable import Readings
from roaming.kernel import locks, states
from roaming.ocpi.listings import LISTINGS


class CannotPull(Exception):
    """Nothing is asked; the text says why."""


class UnderWay(CannotPull):
    """`pull` reads that list already, and not in the way that is wished."""

    def __init__(self, pull: Pull) -> None:
        super().__init__(
            f"{pull} is in the middle ({pull.get_state_display().lower()}); let it go on to its end, or stop it first."
        )
        self.pull = pull


@dataclass(frozen=True)
class _Wish:
    """What somebody wants to have read of a list, and from when on a worker may take it."""

    since: datetime | None
    full: bool
    cause: str
    by: User | None
    at: datetime
    due_at: datetime


@transaction.atomic
def ask(
    *,
    connection: Connection,
    module: str,
    since: datetime | None = None,
    full: bool = False,
    cause: str,
    by: User | None = None,
    at: datetime,
    due_at: datetime | None = None,
) -> Pull:
    """A reading of the list that waits for a worker (see `hurry`): the one that waits, rests or failed on the way, or
    a new one. Without `since` and `full` the timetable says what is read.

    Raises CannotPull: not registered, no such list there; and UnderWay where a reading with other bounds has begun.
    """
    readings = _held(connection, [module])
    pull = _next(readings, connection, module, _Wish(since, full, cause, by, at, due_at or at))
    if pull._state.adding:
        pull.save()
    return pull


def ask_due(*, connection: Connection, at: datetime) -> list[Pull]:
    """Readings of all lists whose time has come."""
    modules = timetable.offered(connection)
    readings = Readings(connection, modules)
    found = {module: readings.newest(module) for module in modules}
    due = [module for module, last in found.items() if timetable.is_due(last, at)]
    again = {module for module, last in found.items() if last is not None and last.then_full and not last.live}
    return [ask(connection=connection, module=one, full=one in again, cause=Cause.SCHEDULE, at=at) for one in due]


@transaction.atomic(savepoint=False)
def ask_all(
    *,
    connection: Connection,
    roles: Collection[str] = PartyRole.values,
    since: datetime | None = None,
    full: bool = False,
    cause: str,
    by: User | None = None,
    at: datetime,
    due_at: datetime | None = None,
) -> None:
    """Readings of all lists they offer, or of those whose objects parties of such `roles` own.

    Where a list is in the middle of a reading with other bounds it is read in full right after that. What a person
    paused stays so, unless a person asks.
    """
    offered = timetable.offered(connection) if connection.reachable else []
    modules = [module for module in offered if LISTINGS[module].owner_roles.intersection(roles)]
    readings = _held(connection, modules)
    asked = []
    for module in modules:
        begins = since and min(since, readings.changed_since(module))
        try:
            _refuse_paused(readings.newest(module), by)
            asked.append(_next(readings, connection, module, _Wish(begins, full, cause, by, at, due_at or at)))
        except UnderWay as error:
            Pull.objects.filter(pk=error.pull.pk).update(then_full=full)
    Pull.objects.bulk_create(pull for pull in asked if pull._state.adding)
    if offered:
        hurry(connection, seconds=(due_at - at).total_seconds() if due_at else 0)


def pause(*, pull: Pull, by: User, at: datetime) -> None:
    """It rests from its next page on, until somebody lets it go on; a day at most. Raises CannotMove."""
    states.move(pull, to=PullState.PAUSED, moves=PULL_MOVES, state_at=at, reason=f"Paused by {by}.")


def go_on(*, pull: Pull, at: datetime) -> None:
    """A paused or failed reading goes on at its cursor, one that waits does so no longer. Raises CannotPull."""
    last = Readings(pull.connection, [pull.module]).newest(pull.module)
    if last is None or last.pk != pull.pk or not (last.live or last.state == PullState.FAILED):
        raise CannotPull(f"{pull} is over; start a new one.")
    if last.url != _url(pull.connection, pull.module):
        raise CannotPull(f"{pull} cannot go on: they have the list elsewhere now; start a new one.")
    _taken_up(last, at, at)
    hurry(last.connection)


@transaction.atomic
def stop(*, pull: Pull, by: User, at: datetime) -> None:
    """It ends at its next page; the next reading begins at the start. Raises CannotMove."""
    states.move(pull, to=PullState.STOPPED, moves=PULL_MOVES, state_at=at, reason=f"Stopped by {by}.")
    forget_marks(pull)


def hurry(connection: Connection, *, seconds: float = 0) -> None:
    """Have a worker take it right after the commit. Only a hint: the sweep finds it when the broker is away."""
    connection_id = connection.pk
    transaction.on_commit(
        lambda: current_app.send_task(
            "roaming.exchange.pull_connection", [connection_id], countdown=seconds, retry=False
        ),
        robust=True,
    )


def forget(*, before: datetime) -> None:
    """Delete readings that were over before that, but for the last good ones, which say from when on to read."""
    later = Pull.objects.filter(
        connection=OuterRef("connection"),
        module=OuterRef("module"),
        full=OuterRef("full"),
        gapless=True,
        state=PullState.FINISHED,
        pk__gt=OuterRef("pk"),
    )
    over = Pull.objects.exclude(state__in=LIVE_PULLS).filter(state_at__lt=before)
    over.filter(Exists(later)).delete()


def forget_marks(pull: Pull) -> None:
    """What it met is of no more use."""
    Met.objects.filter(pull=pull).delete()


def _held(connection: Connection, modules: Collection[str]) -> Readings:
    """The last readings of these lists, which nobody else changes until the transaction ends."""
    locks.hold(*(f"readings of {module} of connection {connection.pk}" for module in modules))
    return Readings(connection, modules)


def _next(readings: Readings, connection: Connection, module: str, wish: _Wish) -> Pull:
    """What `ask` says; a new one is not stored yet."""
    url, last = _url(connection, module), readings.newest(module)
    if last is not None and last.live and last.url != url:
        states.move(
            last, to=PullState.STOPPED, moves=PULL_MOVES, state_at=wish.at, reason="They have it elsewhere now."
        )
    elif last is not None and not (wish.since or wish.full) and timetable.goes_on(last) and last.url == url:
        return _taken_up(last, wish.due_at, wish.at)
    elif last is not None and last.live:
        if last.begun:
            raise UnderWay(last)
        return _widened(readings, last, wish)
    if last is not None:
        forget_marks(last)
    return _new(readings, connection, module, url, wish)


def _new(readings: Readings, connection: Connection, module: str, url: str, wish: _Wish) -> Pull:
    full = wish.full or (wish.since is None and readings.is_full_due(module, wish.at))
    since = readings.begins(module, wish.since, full, wish.at)
    return Pull(
        connection=connection,
        module=module,
        url=url,
        full=full,
        since=since,
        gapless=_is_gapless(readings, module, since),
        cause=wish.cause,
        requested_by=wish.by,
        due_at=wish.due_at,
        created_at=wish.at,
        state_at=wish.at,
    )


def _url(connection: Connection, module: str) -> str:
    """Where they have a list now. Raises CannotPull."""
    if not connection.reachable:
        raise CannotPull(f"{connection.name} is not registered; there is nothing to ask it with.")
    listing = LISTINGS[module]
    endpoint = connection.endpoint(listing.module, "SENDER")
    if endpoint is None:
        raise CannotPull(f"{connection.name} has no sender interface for {listing.module}.")
    return listing.url(endpoint)


def _refuse_paused(last: Pull | None, by: User | None) -> None:
    if by is None and last is not None and last.state == PullState.PAUSED:
        raise UnderWay(last)


def _is_gapless(readings: Readings, module: str, begins: datetime | None) -> bool:
    return begins is None or begins <= readings.changed_since(module)


def _taken_up(pull: Pull, due_at: datetime, at: datetime) -> Pull:
    """It waits for a worker again, unless one is at it."""
    if pull.state == PullState.WAITING:
        if due_at < pull.due_at:
            pull.due_at = due_at
            pull.save(update_fields=["due_at"])
    elif pull.state != PullState.RUNNING:
        states.move(pull, to=PullState.WAITING, moves=PULL_MOVES, state_at=at, due_at=due_at, reason="")
    return pull


def _widened(readings: Readings, pull: Pull, wish: _Wish) -> Pull:
    """One that has not begun takes on what is wished besides."""
    begins = readings.begins(pull.module, wish.since, wish.full, wish.at)
    pull.full = pull.full or wish.full
    pull.since = None if pull.since is None or begins is None else min(pull.since, begins)
    pull.gapless = pull.gapless or _is_gapless(readings, pull.module, begins)
    if pull.state == PullState.WAITING:
        pull.due_at = min(pull.due_at, wish.due_at)
    pull.save(update_fields=["full", "since", "gapless", "due_at"])
    return _taken_up(pull, wish.due_at, wish.at)
