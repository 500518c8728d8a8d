"""Sending what waits in the outbox: in order, at least once, one worker per connection at a time.

Whom a push concerns is asked again when it is sent: an agreement may have ended since it was written.
A platform that is away is left alone as a whole, and nothing overtakes. One that fails at a single object gets the
others meanwhile; the states of one object keep their order, because only the newest one waits.
"""

from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from urllib.parse import quote

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Concat, Left

from partners.connections import selectors as connections
from partners.connections.models import Connection
from roaming.exchange import breaker, outbox
from roaming.exchange import selectors as exchange
from roaming.exchange.addressees import Addressees, NobodyToTell
from roaming.exchange.models import MOVES, Push, PushState
from roaming.kernel import locks
from roaming.kernel.http import Unreachable
from roaming.locations import parts
from roaming.ocpi import modules, translation
from roaming.ocpi.client import OcpiClient, Refused
from roaming.ocpi.schema import transforms, wire
from roaming.ocpi.versions import NEWEST_SHAPE

MAX_ATTEMPTS = 12
# A platform that is away says nothing about a push: what waits for it is given up only after this long.
PATIENCE = timedelta(days=3)
_BATCH = 100
_WAITING = (PushState.WAITING, PushState.RETRYING)
_TOO_LATE = Value("It came too late to be of use. ")


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
    delivered, addressees = 0, Addressees(connection, at)
    with OcpiClient(connection, at) as ocpi:
        for _ in range(_BATCH):
            push = _next_due(connection, at)
            outcome = _attempt(ocpi, connection, addressees, push, at) if push else _Outcome.STOPPED
            if outcome is _Outcome.STOPPED:
                return delivered, False
            delivered += outcome is _Outcome.DELIVERED
    return delivered, True


def _next_due(connection: Connection, at: datetime) -> Push | None:
    """The push to be sent now: one that lapses soon, for somebody waits for it, else the oldest that is due. Those that
    the platform failed at lately come last, so that a pause which they caused ends with something else. Those for a
    party that its hub says is away stay where they are (H1)."""
    worth_it = Q(lapses_at__isnull=True) | Q(lapses_at__gt=at)
    waiting = Push.objects.filter(worth_it, connection=connection, state__in=_WAITING, next_attempt_at__lte=at)
    due = waiting.filter(exchange.for_somebody_there()).select_related("from_party", "to_party").order_by("id")
    if connection.troubled_pushes:
        return _first(due.exclude(pk__in=connection.troubled_pushes)) or due.first()
    return _first(due)


def _first(due: QuerySet[Push]) -> Push | None:
    """The one that lapses first, else the oldest; one query, in which each comes from an index of its own."""
    lapsing = due.filter(lapses_at__isnull=False).order_by("lapses_at", "id")
    found = list(lapsing[:1].union(due[:1], all=True))
    return next((push for push in found if push.lapses_at), next(iter(found), None))


def lapse(at: datetime) -> int:
    """Give up what nobody needs any more, such as the result of a command long after its timeout; how many."""
    lapsed = Push.objects.filter(state__in=_WAITING, lapses_at__lte=at)
    return lapsed.update(state=PushState.LAPSED, last_error=Left(Concat(_TOO_LATE, "last_error"), 500))


def _attempt(ocpi: OcpiClient, connection: Connection, addressees: Addressees, push: Push, at: datetime) -> _Outcome:
    try:
        push.to_party = addressees.of(push)
    except NobodyToTell as error:
        _move(push, PushState.LAPSED, last_error=str(error)[:500])
        return _Outcome.REFUSED
    url = push.url or connection.endpoint(push.module, "RECEIVER")
    if not url:
        _bury(push, f"{connection.name} has no receiver interface for {push.module} any more.")
        return _Outcome.REFUSED
    try:
        _send(ocpi, connection, push, url)
    except transforms.NotExpressible as error:
        _bury(push, f"OCPI {connection.version} of {connection.name} has no such thing: {error}")
        return _Outcome.REFUSED
    except Unreachable as error:
        return _away(connection, push, str(error), at)
    except Refused as error:
        if not _all_the_same(push, error):
            return _refused(connection, push, error, at)
    _move(push, PushState.DELIVERED, delivered_at=at, attempts=push.attempts + 1, last_error="")
    breaker.answered(connection)
    return _Outcome.DELIVERED


def _all_the_same(push: Push, error: Refused) -> bool:
    """What was to be deleted is gone already; a result was taken without an envelope, and is told once only (M2)."""
    if push.method == "DELETE":
        return error.http_status == 404
    return bool(push.url) and error.status_code == 0 and 200 <= error.http_status < 300


def _refused(connection: Connection, push: Push, error: Refused, at: datetime) -> _Outcome:
    if error.away:
        return _away(connection, push, error.message, at, error.retry_after)
    if error.troubled:
        return _postpone(connection, push, error.message, at)
    breaker.answered(connection)
    _bury(push, error.message)
    return _Outcome.REFUSED


def _away(connection: Connection, push: Push, why: str, at: datetime, at_least: timedelta | None = None) -> _Outcome:
    """The platform is away, or at least what should be at an address that it gave for this push alone."""
    if push.url:
        return _postpone(connection, push, why, at, at_least)
    return _pause(connection, push, why, at, at_least)


def _send(ocpi: OcpiClient, connection: Connection, push: Push, url: str) -> None:
    body, losses = _spoken(push, connection.version)
    routed = modules.named(push.module).routed
    ocpi.send(
        push.method,
        f"{url.rstrip('/')}/{push.path}{_query(push, body, connection.version)}" if push.path and not push.url else url,
        body,
        to_party=push.to_party if routed else None,
        from_party=push.from_party if routed else None,
        correlation_id=push.correlation_id,
        push=push,
        losses=losses,
    )


def _spoken(push: Push, version: str) -> tuple[str | None, list[transforms.Loss]]:
    """The body in the partner's version (None for a push without one), and what that version cannot say."""
    if not push.body or version == NEWEST_SHAPE:
        return push.body or None, []
    value: Any = wire.decode(push.body.encode())
    try:
        told, losses = translation.told(version, push.kind, value)
    except transforms.NotExpressible:
        public = _last_public(push)
        if public is None:
            raise
        told, losses = translation.told(version, push.kind, parts.withdrawn(public, value["last_updated"]))
    return wire.encode_text(told), losses


def _last_public(push: Push) -> dict[str, Any] | None:
    """The location that the platform still shows to everybody, as it was told last; None when there is no such thing.
    OCPI 2.1.1 has no words for one that became private (L5), but for EVSEs that are gone (L1)."""
    told = Push.objects.filter(connection=push.connection_id, object_key=push.object_key, state=PushState.DELIVERED)
    newest = told.order_by("-id").first() if push.kind == "location" else None
    value: Any = wire.decode(newest.body.encode()) if newest else {}
    return value if value.get("publish") else None


def _query(push: Push, body: str | None, version: str) -> str:
    """The type of a token belongs to its address as their version calls it; in OCPI 2.1.1 there is none (K1)."""
    if push.kind != "token" or body is None or version == "2.1.1":
        return ""
    token = wire.decode(body.encode())
    assert isinstance(token, dict)
    return f"?type={quote(str(token['type']), safe='')}"


def _pause(connection: Connection, push: Push, why: str, at: datetime, at_least: timedelta | None = None) -> _Outcome:
    """The platform is away: it is left alone, and this push comes first afterwards."""
    patient = at - push.created_at < PATIENCE
    _try_again(push, why, breaker.failed(connection, at, at_least=at_least), patient=patient)
    return _Outcome.STOPPED


def _postpone(
    connection: Connection, push: Push, why: str, at: datetime, at_least: timedelta | None = None
) -> _Outcome:
    """They failed at this push: it waits by itself, and the others go on unless too many fared the same."""
    _try_again(push, why, at + max(breaker.pause(push.attempts + 1), at_least or timedelta()))
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
    """The states' compare-and-set, which here compares the edition too.

    A row that got a newer state while the old one was on its way stays waiting.
    """
    assert to in MOVES[push.state], f"{push.state} to {to}"
    unchanged = Push.objects.filter(pk=push.pk, state=push.state, edition=push.edition)
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
