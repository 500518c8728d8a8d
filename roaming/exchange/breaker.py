"""After failures in a row a partner is left alone for a while: one that is down costs nothing but its own queue."""

import random
from datetime import datetime, timedelta

from django.db.models import Q

from partners.connections.models import MOVES, Connection, ConnectionState
from roaming.kernel import states

_FIRST_PAUSE_SECONDS = 5
_LONGEST_PAUSE_SECONDS = 3600
_OFFLINE_AFTER = 3
_BROKEN_AFTER = 5


def closed(at: datetime) -> Q:
    """Filter for connections that may be called at `at`."""
    return Q(paused_until__isnull=True) | Q(paused_until__lte=at)


def pause(failures: int) -> timedelta:
    """How long to wait after so many in a row: 5 s, doubled each time, an hour at most, give or take a fifth."""
    seconds = min(_FIRST_PAUSE_SECONDS * 2 ** min(failures - 1, 20), _LONGEST_PAUSE_SECONDS)
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))


def failed(connection: Connection, at: datetime, *, at_least: timedelta | None = None) -> datetime:
    """The platform is away: count it and pause, not shorter than it asked for (`at_least`). Until when."""
    connection.failures += 1
    connection.paused_until = at + max(pause(connection.failures), at_least or timedelta())
    connection.save(update_fields=["failures", "paused_until"])
    if connection.failures >= _OFFLINE_AFTER and connection.state == ConnectionState.REGISTERED:
        _move(connection, ConnectionState.OFFLINE)
    return connection.paused_until


def troubled(connection: Connection, push_id: int, at: datetime) -> bool:
    """It failed at one push by a fault of its own. Whether that makes five different ones in a row: then it is broken
    as a whole, and paused."""
    if push_id not in connection.troubled_pushes:
        connection.troubled_pushes = [*connection.troubled_pushes, push_id][-_BROKEN_AFTER:]
        connection.save(update_fields=["troubled_pushes"])
    broken = len(connection.troubled_pushes) == _BROKEN_AFTER
    if broken:
        failed(connection, at)
    return broken


def answered(connection: Connection) -> None:
    """It talks to us: forget its failures."""
    if connection.failures or connection.paused_until or connection.troubled_pushes:
        connection.failures, connection.paused_until, connection.troubled_pushes = 0, None, []
        connection.save(update_fields=["failures", "paused_until", "troubled_pushes"])
    if connection.state == ConnectionState.OFFLINE:
        _move(connection, ConnectionState.REGISTERED)


def _move(connection: Connection, to: str) -> None:
    try:
        states.move(connection, to=to, moves=MOVES)
    except states.CannotMove:
        connection.refresh_from_db()  # suspended or unregistered meanwhile, which is stronger than our guess
