"""What became of pushes that were sent, written for many at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection as database

from roaming.exchange.models import MOVES, Push, PushState

UNDER_WAY = (PushState.WAITING, PushState.RETRYING)
_LONGEST_SENTENCE = 500
# A row that got a newer state while the old one was on its way has another edition by now and stays as it is, and so
# does one that was withdrawn.
_WRITE = """
UPDATE roaming_push AS push
SET state = new.state, attempts = new.attempts, next_attempt_at = new.next_attempt_at, last_error = new.last_error,
    failure = new.failure, begun_at = new.begun_at, kept_at = new.kept_at, delivered_at = new.delivered_at
FROM unnest(%s::bigint[], %s::uuid[], %s::text[], %s::integer[], %s::timestamptz[], %s::text[], %s::text[],
        %s::timestamptz[], %s::text[], %s::timestamptz[])
    AS new (id, edition, state, attempts, next_attempt_at, last_error, failure, begun_at, kept_at, delivered_at)
WHERE push.id = new.id AND push.edition = new.edition AND push.state IN ('waiting', 'retrying')
"""


@dataclass(frozen=True)
class Outcome:
    """A push after an attempt; what is not said stays as it was."""

    push: Push
    state: PushState
    attempts: int
    next_attempt_at: datetime
    last_error: str = ""
    failure: str = ""
    begun_at: datetime | None = None
    kept_at: str = ""
    delivered_at: datetime | None = None


def write(outcomes: Sequence[Outcome]) -> None:
    """Keep them all, one at least, in one statement."""
    for one in outcomes:
        assert one.state in MOVES[one.push.state], f"{one.push.state} to {one.state}"
    columns = zip(*(_row(one) for one in outcomes), strict=True)
    with database.cursor() as cursor:
        cursor.execute(_WRITE, [list(column) for column in columns])


def begin(pushes: Iterable[Push], at: datetime) -> None:
    """From now on they may have arrived, whatever becomes of this process."""
    ids = [push.pk for push in pushes]
    if ids:
        Push.objects.filter(pk__in=ids, state__in=UNDER_WAY).update(begun_at=at)


def unbegin(pushes: Iterable[Push]) -> None:
    """They were not sent after all."""
    ids = [push.pk for push in pushes]
    if ids:
        Push.objects.filter(pk__in=ids, state__in=UNDER_WAY).update(begun_at=None)


def _row(one: Outcome) -> tuple[object, ...]:
    return (
        one.push.pk,
        one.push.edition,
        str(one.state),
        one.attempts,
        one.next_attempt_at,
        one.last_error.replace("\0", "\N{REPLACEMENT CHARACTER}")[:_LONGEST_SENTENCE],
        one.failure,
        one.begun_at,
        one.kept_at,
        one.delivered_at,
    )
