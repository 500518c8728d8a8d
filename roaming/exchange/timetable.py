"""Which lists are read, when, and from when on: full first, then what changed, and now and then in full again (T49).

All of it follows from the readings of the one list, so a list that fails costs the others nothing.
"""

import random
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cached_property

from django.conf import settings
from django.db.models import QuerySet

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
    if connection.hub_party_id:
        roles.add(PartyRole.HUB)  # also one that its credentials name and do not list
    return [
        name
        for name in MODULES
        if LISTINGS[name].owner_roles & roles and connection.endpoint(LISTINGS[name].module, "SENDER")
    ]


class Readings:
    """The last readings of lists of one platform and what follows from them: looked up once for all of these
    `modules`. Whoever goes by them to write holds the locks of those lists before."""

    def __init__(self, connection: Connection, modules: Collection[str]) -> None:
        self._connection = connection
        self._all = Pull.objects.filter(connection=connection, module__in=modules)
        self._newest = self._last_of_each(self._all)

    def newest(self, module: str) -> Pull | None:
        """The last reading of a list, over or not; the only one that can go on."""
        return self._newest.get(module)

    def newest_good(self, module: str) -> Pull | None:
        """The last reading that came to its end and left nothing out since the one before."""
        return self._good.get(module)

    def changed_since(self, module: str) -> datetime:
        """From when on changes may have been missed."""
        good = self.newest_good(module)
        if good is None or good.started_at is None:
            return BEGINNING
        skew = timedelta(seconds=abs(quirks.seconds(self._connection, "clock_skew_seconds")))
        return good.started_at - _OVERLAP - skew

    def is_full_due(self, module: str, at: datetime) -> bool:
        """Whether it is time for the whole list. One that failed or was stopped on the way does not keep changes from
        being read."""
        full = self._full.get(module)
        if full is None or full.started_at is None or self.changed_since(module) == BEGINNING:
            return True
        return full.started_at + _spread(full, timedelta(hours=settings.FULL_PULL_HOURS)) <= at

    def begins(self, module: str, since: datetime | None, full: bool, at: datetime) -> datetime | None:
        """From when on a reading asks for changes; None: for all there is."""
        if full and LISTINGS[module].whole:
            return None
        since = since or self.changed_since(module)
        return min(since, at - _LATE) if full else since

    @cached_property
    def _good(self) -> dict[str, Pull]:
        return self._last_of_each(self._all.filter(state=PullState.FINISHED, gapless=True)) if self._newest else {}

    @cached_property
    def _full(self) -> dict[str, Pull]:
        over = self._all.filter(full=True, started_at__isnull=False).exclude(state__in=LIVE_PULLS)
        return self._last_of_each(over) if self._newest else {}

    def _last_of_each(self, rows: QuerySet[Pull]) -> dict[str, Pull]:
        found = {row.module: row for row in rows.order_by("module", "-id").distinct("module")}
        for row in found.values():
            row.connection = self._connection
        return found


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


def _spread(last: Pull, usual: timedelta) -> timedelta:
    """Give or take a fifth, so that not everybody is read at once; always the same after the same reading."""
    return usual * random.Random(last.pk).uniform(0.8, 1.2)
