"""Waiting until the portal has done what it has to do, as long as it gets on with it."""

import time
from collections.abc import Callable

from roaming.cdrs.models import Cdr, CdrState
from roaming.exchange.models import Push, PushState

STANDSTILL_SECONDS = 60.0
WAITING = (PushState.WAITING, PushState.RETRYING)


class StandsStill(Exception):
    """Something is left to do and nothing moves; the text says what."""


def _nothing() -> None:
    """What to do while waiting: nothing."""


def quiet(idle: Callable[[], None] = _nothing) -> None:
    """Wait until every CDR is judged and every push has been delivered or given up. Raises StandsStill."""
    until(left_to_do, idle)


def left_to_do() -> int:
    """How many CDRs wait to be judged and pushes to be delivered. CDRs are counted first: one that is accepted between
    the two counts has its push by then, and in the other order would be in neither."""
    to_judge = Cdr.objects.filter(state=CdrState.RECEIVED).count()
    return to_judge + Push.objects.filter(state__in=WAITING).count()


def until(left: Callable[[], int], idle: Callable[[], None] = _nothing) -> None:
    """Wait until nothing is left, as long as it becomes less; `idle` is called now and then while it does not.

    Raises StandsStill.
    """
    fewest, since = left(), time.monotonic()
    while fewest:
        time.sleep(0.05)
        now = left()
        if now < fewest:
            fewest, since = now, time.monotonic()
        elif time.monotonic() > since + STANDSTILL_SECONDS:
            raise StandsStill(f"{now} CDRs, pushes or cards still wait to be dealt with, and nothing moves any more.")
        elif time.monotonic() > since + 0.5:
            idle()
