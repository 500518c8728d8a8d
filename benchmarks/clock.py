"""Timing: the best of several rounds, because everything else is noise of the machine."""

from collections.abc import Callable
from time import perf_counter

ROUNDS = 50
ROUND_SECONDS = 0.015


def seconds(work: Callable[[], object]) -> float:
    """Seconds that one call of `work` takes, at best."""
    work()
    began = perf_counter()
    work()
    times = max(1, int(ROUND_SECONDS / max(perf_counter() - began, 1e-7)))
    return min(_round(work, times) for _ in range(ROUNDS))


def _round(work: Callable[[], object], times: int) -> float:
    began = perf_counter()
    for _ in range(times):
        work()
    return (perf_counter() - began) / times
