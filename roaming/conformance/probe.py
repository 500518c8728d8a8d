"""The only way a conformance run talks to a partner: GET, at addresses that are theirs, so often and no more."""

from copy import copy
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from partners.connections.models import Connection
from partners.parties.models import Party
from roaming.conformance.limits import Limits
from roaming.conformance.seen import Seen
from roaming.exchange import breaker
from roaming.exchange.crawl import origin, with_query
from roaming.kernel.http import Unreachable
from roaming.ocpi.client import Heard, OcpiClient, Refused, wants_plain

_LEAVE_US_ALONE = frozenset({429, 503})
# After two requests in a row without an answer the list is left, after so many the platform.
_LEFT_AFTER, _AWAY_AFTER = 2, 6


class Stopped(Exception):
    """The run ends here; the text says why."""


class Elsewhere(Exception):
    """The address is not the partner's, so nothing was sent there."""


class Silent(Exception):
    """Requests in a row were not answered, the last of them that of `seen`. `away`: so many that nobody seems there."""

    def __init__(self, seen: Seen, *, away: bool) -> None:
        super().__init__(f"{seen.url} gives no answer: {seen}.")
        self.seen = seen
        self.away = away


class Probe:
    """Asks `connection` without regard to its quirks, so that one that is gone is found; `adopt` those that are met.

    `get` raises Elsewhere, Silent, and Stopped when the limits are reached or the partner wants to be left alone.
    """

    def __init__(self, connection: Connection, limits: Limits, at: datetime) -> None:
        self._real = connection
        self._connection = copy(connection)
        self._connection.quirks = {}
        self._limits = limits
        self._at = at
        self._started = monotonic()
        self._client = OcpiClient(self._connection, at)
        self._silent = 0
        # A platform that failed lately is not kept waiting for: it is asked once whether it is back.
        paused = connection.paused_until is not None and connection.paused_until > at
        self._patience = 1 if paused else _AWAY_AFTER
        self._theirs = {origin(url) for url in (connection.versions_url, *(e["url"] for e in connection.endpoints))}
        self._theirs.discard(None)
        self.calls = 0
        self.skews: list[float] = []

    @property
    def now(self) -> datetime:
        return self._at + timedelta(seconds=monotonic() - self._started)

    def adopt(self, **quirks: bool) -> None:
        """From here on talk as these quirks want it."""
        self._connection.quirks = {**self._connection.quirks, **quirks}
        self._client.plain = wants_plain(self._connection, self._connection.version)

    def is_theirs(self, url: str) -> bool:
        """Whether it is where the registration found them. What they list only now may be anybody's."""
        return origin(url) in self._theirs

    def get(
        self,
        url: str,
        params: dict[str, Any] | None = None,
        *,
        to_party: Party | None = None,
        from_party: Party | None = None,
        token: str = "",
    ) -> Seen:
        """One request. `token` instead of theirs; the journal then keeps no token that the answer contains."""
        url = with_query(url, {name: str(value) for name, value in (params or {}).items()})
        if not self.is_theirs(url):
            raise Elsewhere(f"{url} is at none of the partner's addresses; nothing was sent there.")
        self._spend()
        client = OcpiClient(self._connection, self._at, token=token) if token else self._client
        asked_at = self.now
        wait = None
        try:
            client.get(url, to_party=to_party, from_party=from_party)
        except Unreachable:
            pass  # which is heard
        except Refused as error:
            wait = error.retry_after
        assert client.heard is not None, "the client notes every request"
        seen = _seen(url, client.heard, asked_at, secret=bool(token))
        self._heed(seen, wait)
        return self._kept(seen)

    def _spend(self) -> None:
        if self.calls >= self._limits.calls:
            raise Stopped(f"The run may make {self._limits.calls} requests, and made them.")
        if monotonic() - self._started > self._limits.seconds:
            raise Stopped(f"The run may take {self._limits.seconds} seconds, and took them.")
        self.calls += 1

    def _heed(self, seen: Seen, wait: timedelta | None) -> None:
        """Go away when they ask for it, or when nobody is there."""
        if seen.http in _LEAVE_US_ALONE:
            breaker.failed(self._real, self.now, at_least=wait)
            raise Stopped(f"They asked to be left alone: {seen.url} was answered HTTP {seen.http}.")
        if seen.http:
            self._silent, self._patience = 0, _AWAY_AFTER
            return
        self._silent += 1
        away = self._silent >= self._patience
        if away:
            breaker.failed(self._real, self.now)
        if away or self._silent % _LEFT_AFTER == 0:
            raise Silent(seen, away=away)

    def _kept(self, seen: Seen) -> Seen:
        if seen.theirs is not None:
            self.skews.append((seen.theirs - seen.at).total_seconds())
        return seen


def _seen(url: str, heard: Heard, asked_at: datetime, *, secret: bool) -> Seen:
    reply = heard.reply
    return Seen(
        url=url,
        sent=heard.sent,
        http=reply.status if reply else 0,
        headers=reply.headers if reply else {},
        body=reply.body if reply else b"",
        error=heard.error,
        at=asked_at + timedelta(seconds=heard.seconds / 2),
        exchange=heard.exchange,
        secret=secret,
    )
