"""How the exchange with each connection stands: what waits, what was taken and refused lately, whether it is called."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, TruncHour

from partners.connections.models import Connection
from roaming.exchange.models import FAILED_TO_DELIVER, Exchange, Pull, PullState, Push, PushState

QUEUED = (PushState.WAITING, PushState.RETRYING)
LATELY = timedelta(hours=1)
_HOURS = 24


class Breaker(StrEnum):
    """Whether a connection is called."""

    CLOSED = "closed"
    OPEN = "open"
    PROBING = "probing"


@dataclass(frozen=True)
class Hour:
    """How many pushes a connection took in one hour from `starts_at` on, and how many it failed at at least once."""

    starts_at: datetime
    delivered: int
    failed: int


def standing(connections: QuerySet[Connection], at: datetime) -> QuerySet[Connection]:
    """The connections, each with `waiting` and `oldest_at` (since when the oldest push waits), `dead`, `delivered` and
    `failed` (pushes within the last hour), `delivered_at` (the last one) and `pulled_at` (when a list of it was read to
    its end last). One query; each figure from an index."""
    queue = Push.objects.filter(connection=OuterRef("pk"), state__in=QUEUED)
    dead = Push.objects.filter(connection=OuterRef("pk"), state=PushState.DEAD)
    taken = Push.objects.filter(connection=OuterRef("pk"), delivered_at__isnull=False)
    missed = Exchange.objects.filter(FAILED_TO_DELIVER, connection=OuterRef("pk"), at__gt=at - LATELY)
    read = Pull.objects.filter(connection=OuterRef("pk"), state=PullState.FINISHED)
    return connections.annotate(
        waiting=_count(queue),
        oldest_at=Subquery(queue.order_by("pk").values("created_at")[:1]),
        dead=_count(dead),
        delivered=_count(taken.filter(delivered_at__gt=at - LATELY)),
        delivered_at=Subquery(taken.order_by("-delivered_at").values("delivered_at")[:1]),
        failed=_count(missed, "push"),
        pulled_at=Subquery(read.order_by("-id").values("state_at")[:1]),
    )


def last_pulls(connection: Connection) -> QuerySet[Pull]:
    """Of each list the last reading that came to its end. One query."""
    read = Pull.objects.filter(connection=connection, state=PullState.FINISHED)
    return read.order_by("module", "-id").distinct("module")


def _count(rows: QuerySet[Any], of: str = "pk") -> Coalesce:
    """How many different ones below a query of connections."""
    counted = rows.order_by().values("connection").annotate(count=Count(of, distinct=of != "pk")).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def hours(connection: Connection, at: datetime) -> list[Hour]:
    """The last 24 hours, by the clock in UTC, oldest first; the present one last. Two queries."""
    present = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    starts = [present - timedelta(hours=ago) for ago in reversed(range(_HOURS))]
    taken = Push.objects.filter(connection=connection, delivered_at__gte=starts[0])
    missed = Exchange.objects.filter(FAILED_TO_DELIVER, connection=connection, at__gte=starts[0])
    delivered, failed = _hourly(taken, "delivered_at", "pk"), _hourly(missed, "at", "push")
    return [Hour(start, delivered[start], failed[start]) for start in starts]


def _hourly(rows: QuerySet[Any], field: str, of: str) -> dict[datetime, int]:
    by_hour = rows.order_by().values_list(TruncHour(field, tzinfo=UTC))
    return defaultdict(int, by_hour.annotate(count=Count(of, distinct=of != "pk")))


def failed_lately(pushes: QuerySet[Push], at: datetime) -> QuerySet[Push]:
    """Those that the count `failed` counts."""
    missed = Exchange.objects.filter(FAILED_TO_DELIVER, at__gt=at - LATELY)
    return pushes.filter(pk__in=missed.order_by().values("push"))


def breaker_of(connection: Connection, at: datetime) -> Breaker:
    """Open: nothing is sent before `paused_until`. Probing: that moment came, and the next push tells whether the
    platform is back."""
    if connection.paused_until is None:
        return Breaker.CLOSED
    return Breaker.OPEN if connection.paused_until > at else Breaker.PROBING
