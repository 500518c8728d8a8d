"""After failures a platform is left alone for a while: one that is down costs nothing but its own queue.

Closed: it is called. Open: nothing is sent before `paused_until`. After that one push is sent to see whether it is
back; if it answers the breaker closes and the queue drains, else it opens for longer.
"""

from datetime import datetime, timedelta

from django.db.models import Q

from partners.connections.models import MOVES, Connection, ConnectionState
from roaming.exchange import policy
from roaming.kernel import states

_OFFLINE_AFTER = 3
_BROKEN_AFTER = 5
_COLUMNS = ("failures", "paused_until", "troubled_pushes")


def closed(at: datetime) -> Q:
    """Filter for connections that may be called at `at`."""
    return Q(paused_until__isnull=True) | Q(paused_until__lte=at)


def is_open(connection: Connection, at: datetime) -> bool:
    return connection.paused_until is not None and connection.paused_until > at


def probing(connection: Connection) -> bool:
    """Whether it failed as a whole and has not answered since: one call is enough to see whether it is back."""
    return connection.failures > 0


def failed(connection: Connection, at: datetime, *, at_least: timedelta | None = None) -> None:
    """The platform is away: count it and pause, not shorter than it asked for (`at_least`). What was under way when the
    breaker opened fails too and tells nothing new."""
    known, pause = is_open(connection, at), at_least or timedelta()
    if not known:
        connection.failures += 1
        pause = max(policy.backoff(connection.failures), pause)
    until = at + pause
    connection.paused_until = max(until, connection.paused_until or until)
    connection.save(update_fields=_COLUMNS)
    if connection.failures >= _OFFLINE_AFTER and connection.state == ConnectionState.REGISTERED:
        _move(connection, ConnectionState.OFFLINE)


def troubled(connection: Connection, push_id: int, at: datetime) -> bool:
    """It failed at one push, maybe by a fault of its own. Whether that makes five different ones in a row: then it is
    broken as a whole, and paused."""
    if push_id not in connection.troubled_pushes:
        connection.troubled_pushes = [*connection.troubled_pushes, push_id][-_BROKEN_AFTER:]
        connection.save(update_fields=_COLUMNS)
    broken = len(connection.troubled_pushes) == _BROKEN_AFTER
    if broken:
        failed(connection, at)
    return broken


def answered(connection: Connection) -> None:
    """It talks to us: forget its failures."""
    if connection.failures or connection.paused_until or connection.troubled_pushes:
        connection.failures, connection.paused_until, connection.troubled_pushes = 0, None, []
        connection.save(update_fields=_COLUMNS)
    if connection.state == ConnectionState.OFFLINE:
        _move(connection, ConnectionState.REGISTERED)


def _move(connection: Connection, to: str) -> None:
    try:
        states.move(connection, to=to, moves=MOVES)
    except states.CannotMove:
        connection.refresh_from_db()  # suspended or unregistered meanwhile, which is stronger than our guess
