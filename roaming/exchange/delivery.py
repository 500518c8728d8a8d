"""Sending what waits in the outbox: in order, at least once, one worker per connection at a time.

A platform that is away is left alone as a whole, and nothing overtakes. One that fails at a single object gets the
others meanwhile; the states of one object keep their order, because only the newest one waits.
"""

from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from django.db import IntegrityError, transaction

from partners.connections import selectors as connections
from partners.connections.models import Connection
from roaming.exchange import breaker, outbox
from roaming.exchange.models import MOVES, Push, PushState
from roaming.kernel import locks
from roaming.kernel.http import Unreachable
from roaming.ocpi.client import OcpiClient, Refused
from roaming.ocpi.schema import transforms, wire
from roaming.ocpi.versions import NEWEST_SHAPE

MAX_ATTEMPTS = 12
# A platform that is away says nothing about a push: what waits for it is given up only after this long.
PATIENCE = timedelta(days=3)
_BATCH = 100
_WAITING = (PushState.WAITING, PushState.RETRYING)


class CannotRetry(Exception):
    """The push is not to be sent again; the text says why."""


class _Outcome(Enum):
    DELIVERED = "delivered"
    POSTPONED = "postponed"
    REFUSED = "refused"
    STOPPED = "stopped"


def deliver_due(connection_id: int, at: datetime) -> int:
    """Send what is due on one connection; how many pushes were delivered. 0 at once when another worker is at it."""
    with locks.alone(f"deliver to connection {connection_id}") as mine:
        if not mine:
            return 0
        total, more = 0, True
        while more:
            delivered, more = _deliver_batch(connection_id, at)
            total += delivered
        return total


def _deliver_batch(connection_id: int, at: datetime) -> tuple[int, bool]:
    """How many were delivered, and whether to go on: the connection is read afresh for each batch."""
    connection = connections.registered().filter(breaker.closed(at), pk=connection_id).first()
    if connection is None or not connection.reachable:
        return 0, False
    delivered = 0
    with OcpiClient(connection, at) as ocpi:
        for _ in range(_BATCH):
            push = _next_due(connection, at)
            outcome = _attempt(ocpi, connection, push, at) if push else _Outcome.STOPPED
            if outcome is _Outcome.STOPPED:
                return delivered, False
            delivered += outcome is _Outcome.DELIVERED
    return delivered, True


def _next_due(connection: Connection, at: datetime) -> Push | None:
    """The oldest push that is due. Those that the platform failed at lately come last, so that a pause which they
    caused ends with something else."""
    waiting = Push.objects.filter(connection=connection, state__in=_WAITING, next_attempt_at__lte=at)
    due = waiting.select_related("from_party", "to_party").order_by("id")
    if connection.troubled_pushes:
        return due.exclude(pk__in=connection.troubled_pushes).first() or due.first()
    return due.first()


def _attempt(ocpi: OcpiClient, connection: Connection, push: Push, at: datetime) -> _Outcome:
    url = connection.endpoint(push.module, "RECEIVER")
    if url is None:
        _bury(push, f"{connection.name} has no receiver interface for {push.module} any more.")
        return _Outcome.REFUSED
    try:
        _send(ocpi, connection, push, url)
    except transforms.NotExpressible as error:
        _bury(push, f"OCPI {connection.version} of {connection.name} has no such thing: {error}")
        return _Outcome.REFUSED
    except Unreachable as error:
        return _pause(connection, push, str(error), at)
    except Refused as error:
        if error.away:
            return _pause(connection, push, error.message, at, error.retry_after)
        if error.troubled:
            return _postpone(connection, push, error.message, at)
        if not (push.method == "DELETE" and error.http_status == 404):  # gone already is what we wanted
            breaker.answered(connection)
            _bury(push, error.message)
            return _Outcome.REFUSED
    _move(push, PushState.DELIVERED, delivered_at=at, attempts=push.attempts + 1, last_error="")
    breaker.answered(connection)
    return _Outcome.DELIVERED


def _send(ocpi: OcpiClient, connection: Connection, push: Push, url: str) -> None:
    body, losses = _spoken(push, connection.version)
    ocpi.send(
        push.method,
        f"{url.rstrip('/')}/{push.path}" if push.path else url,
        body,
        to_party=push.to_party,
        from_party=push.from_party,
        correlation_id=push.correlation_id,
        push=push,
        losses=losses,
    )


def _spoken(push: Push, version: str) -> tuple[str | None, list[transforms.Loss]]:
    """The body in the partner's version (None for a push without one), and what that version cannot say."""
    if not push.body or version == NEWEST_SHAPE:
        return push.body or None, []
    value: Any = wire.decode(push.body.encode())
    told, losses = transforms.downgrade(version, push.kind, value)
    return wire.encode_text(told), losses


def _pause(connection: Connection, push: Push, why: str, at: datetime, at_least: timedelta | None = None) -> _Outcome:
    """The platform is away: it is left alone, and this push comes first afterwards."""
    patient = at - push.created_at < PATIENCE
    _try_again(push, why, breaker.failed(connection, at, at_least=at_least), patient=patient)
    return _Outcome.STOPPED


def _postpone(connection: Connection, push: Push, why: str, at: datetime) -> _Outcome:
    """They failed at this push: it waits by itself, and the others go on unless too many fared the same."""
    _try_again(push, why, at + breaker.pause(push.attempts + 1))
    return _Outcome.STOPPED if breaker.troubled(connection, push.pk, at) else _Outcome.POSTPONED


def _try_again(push: Push, why: str, not_before: datetime, *, patient: bool = False) -> None:
    if push.attempts + 1 >= MAX_ATTEMPTS and not patient:
        _bury(push, f"Given up after {push.attempts + 1} attempts: {why}")
    else:
        stamps = {"attempts": push.attempts + 1, "next_attempt_at": not_before, "last_error": why[:500]}
        _move(push, PushState.RETRYING, **stamps)


def _bury(push: Push, why: str) -> None:
    _move(push, PushState.DEAD, attempts=push.attempts + 1, last_error=why[:500])


def _move(push: Push, to: str, **stamps: Any) -> None:
    """The states' compare-and-set, which here compares the correlation id too.

    A row that got a newer state while the old one was on its way stays waiting.
    """
    assert to in MOVES[push.state], f"{push.state} to {to}"
    unchanged = Push.objects.filter(pk=push.pk, state=push.state, correlation_id=push.correlation_id)
    unchanged.update(state=to, **stamps)


def retry(*, push: Push, by: object, at: datetime) -> Push:
    """Send a dead push again, from its first attempt. Raises CannotRetry unless it is dead and the newest state."""
    if push.state != PushState.DEAD:
        raise CannotRetry(f"{push} is {push.get_state_display().lower()}; only dead pushes are retried.")
    newer = Push.objects.filter(connection=push.connection_id, object_key=push.object_key, pk__gt=push.pk)
    if push.object_key and newer.exists():
        raise CannotRetry(f"{push} is out of date: a newer state of the object was sent or waits.")
    try:
        with transaction.atomic():
            _move(push, PushState.WAITING, attempts=0, next_attempt_at=at, last_error=f"Retried by {by}.")
            outbox.hurry(push.connection)
    except IntegrityError:
        raise CannotRetry(f"{push} is out of date: a newer state of the object waits.") from None
    push.refresh_from_db()
    return push
