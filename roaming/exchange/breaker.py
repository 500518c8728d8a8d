"""After failures in a row a partner is left alone for a while: one that is down costs nothing but its own queue."""

import random
from datetime import datetime, timedelta

from django.db.models import Q

from partners.connections.models import MOVES, Connection, ConnectionState
from roaming.kernel import states

_FIRST_PAUSE_SECONDS = 5
_LONGEST_PAUSE_SECONDS = 3600
_OFFLINE_AFTER = 3


def closed(at: datetime) -> Q:
    """Filter for connections that may be called at `at`."""
    return Q(paused_until__isnull=True) | Q(paused_until__lte=at)


def failed(connection: Connection, at: datetime) -> datetime:
    """Count a failure and pause: 5 s, doubled each time in a row, an hour at most, give or take a fifth. Until when."""
    connection.failures += 1
    seconds = min(_FIRST_PAUSE_SECONDS * 2 ** min(connection.failures - 1, 20), _LONGEST_PAUSE_SECONDS)
    connection.paused_until = at + timedelta(seconds=seconds * random.uniform(0.8, 1.2))
    connection.save(update_fields=["failures", "paused_until"])
    if connection.failures >= _OFFLINE_AFTER and connection.state == ConnectionState.REGISTERED:
        _move(connection, ConnectionState.OFFLINE)
    return connection.paused_until


def answered(connection: Connection) -> None:
    """It talks to us: forget its failures."""
    if connection.failures or connection.paused_until:
        connection.failures, connection.paused_until = 0, None
        connection.save(update_fields=["failures", "paused_until"])
    if connection.state == ConnectionState.OFFLINE:
        _move(connection, ConnectionState.REGISTERED)


def _move(connection: Connection, to: str) -> None:
    try:
        states.move(connection, to=to, moves=MOVES)
    except states.CannotMove:
        connection.refresh_from_db()  # suspended or unregistered meanwhile, which is stronger than our guess
