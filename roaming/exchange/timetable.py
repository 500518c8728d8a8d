"""Which lists are read, when, and from when on: full first, then what changed, and now and then in full again (T49).

All of it follows from the readings of the one list, so a list that fails costs the others nothing.
"""

import random
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from partners import routing
from partners.connections.models import Connection
from partners.parties import selectors as parties
from partners.parties.models import PartyRole
from roaming.exchange.models import LIVE_PULLS, Pull, PullState
from roaming.exchange.stores import STORES
from roaming.ocpi import quirks
from roaming.ocpi.listings import LISTINGS

# The lists that are pulled, in the order in which their objects refer to each other.
MODULES = [name for name in LISTINGS if name in STORES]

BEGINNING = datetime.fromisoformat("2010-01-01T00:00:00Z")
# Their clock and ours differ, and an object may be stamped before it is listed.
_OVERLAP = timedelta(hours=1)
# What a hub held for some days comes with its old time; lists that grow for ever are read so much further back, daily.
_LATE = timedelta(days=7)
# A pause that somebody forgot ends after so long: what is not read is missed.
LONGEST_PAUSE = timedelta(days=1)
# A page that could not be had so often in a row is not tried again: the list is read from its start.
_MOST_TRIES = 2


def offered(connection: Connection) -> list[str]:
    """The lists whose sender interface they have, and for which they host a party that owns the objects."""
    roles = {party.role for party in parties.hosted(connection)}
    if routing.is_hub(connection):
        roles.add(PartyRole.HUB)
    return [
        name
        for name in MODULES
        if LISTINGS[name].owner_roles & roles and connection.endpoint(LISTINGS[name].module, "SENDER")
    ]


def newest(connection: Connection, module: str) -> Pull | None:
    """The last reading of a list, over or not; the only one that can go on."""
    return _readings(connection, module).first()


def newest_good(connection: Connection, module: str) -> Pull | None:
    """The last reading that came to its end and left nothing out since the one before."""
    return _readings(connection, module).filter(state=PullState.FINISHED, gapless=True).first()


def is_due(last: Pull | None, at: datetime) -> bool:
    """Whether a list is to be read, or read on, of which `last` is the last reading."""
    if last is None:
        return True
    due_at = due_after(last)
    return due_at is not None and due_at <= at


def due_after(last: Pull) -> datetime | None:
    """When a list is to be read, or read on, after that reading; None while a worker is at it or is to take it."""
    if last.state in (PullState.WAITING, PullState.RUNNING):
        return None
    if last.state == PullState.PAUSED:
        return last.state_at + LONGEST_PAUSE
    if last.then_full:
        return last.state_at
    since = last.state_at if last.state == PullState.FAILED else last.created_at
    return since + _spread(last, timedelta(minutes=settings.PULL_MINUTES))


def goes_on(last: Pull) -> bool:
    """Whether a reading that rests goes on at its cursor; otherwise the list is read anew."""
    return last.live or (last.state == PullState.FAILED and last.begun and last.tries < _MOST_TRIES)


def changed_since(connection: Connection, module: str) -> datetime:
    """From when on changes may have been missed."""
    good = newest_good(connection, module)
    if good is None or good.started_at is None:
        return BEGINNING
    skew = timedelta(seconds=abs(quirks.seconds(connection, "clock_skew_seconds")))
    return good.started_at - _OVERLAP - skew


def is_full_due(connection: Connection, module: str, at: datetime) -> bool:
    """Whether it is time for the whole list. One that failed or was stopped on
    the way does not keep changes from being read."""
    over = _readings(connection, module).filter(full=True, started_at__isnull=False).exclude(state__in=LIVE_PULLS)
    full = over.first()
    if full is None or full.started_at is None or changed_since(connection, module) == BEGINNING:
        return True
    return full.started_at + _spread(full, timedelta(hours=settings.FULL_PULL_HOURS)) <= at


def begins(connection: Connection, module: str, since: datetime | None, full: bool, at: datetime) -> datetime | None:
    """From when on a reading asks for changes; None: for all there is."""
    if full and LISTINGS[module].whole:
        return None
    since = since or changed_since(connection, module)
    return min(since, at - _LATE) if full else since


def _readings(connection: Connection, module: str) -> QuerySet[Pull]:
    return Pull.objects.filter(connection=connection, module=module).order_by("-id")


def _spread(last: Pull, usual: timedelta) -> timedelta:
    """Give or take a fifth, so that not everybody is read at once; always the same after the same reading."""
    return usual * random.Random(last.pk).uniform(0.8, 1.2)
