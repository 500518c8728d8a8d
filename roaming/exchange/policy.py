"""How long and how often each kind of thing is tried, and how long to wait between two tries."""

import random
from dataclasses import dataclass
from datetime import timedelta

_FIRST_SECONDS = 2.0
_LONGEST_SECONDS = 3600.0


@dataclass(frozen=True)
class Policy:
    """`attempts` counts failures of a push by itself; a platform that is away counts for nothing but `patience`, from
    when the push was made until it is given up."""

    attempts: int
    patience: timedelta


_STATE = Policy(attempts=20, patience=timedelta(days=3))
# Money: a partner that is away for a week gets its CDRs all the same.
_MONEY = Policy(attempts=60, patience=timedelta(days=14))
# Somebody waits for it; from its own end on it lapses anyway.
_ANSWER = Policy(attempts=20, patience=timedelta(hours=1))

_POLICIES = {
    "cdrs": _MONEY,
    "invoicereconciliation": _MONEY,
    "payments": _MONEY,
    "commands": _ANSWER,
    "chargingprofiles": _ANSWER,
}


def of(module: str) -> Policy:
    return _POLICIES.get(module, _STATE)


def backoff(failures: int) -> timedelta:
    """How long to wait after so many in a row: anything up to 2 s, doubled each time, an hour at most (full jitter, so
    that what failed together does not come back together)."""
    longest = min(_FIRST_SECONDS * 2 ** min(failures - 1, 20), _LONGEST_SECONDS)
    return timedelta(seconds=random.uniform(0, longest))
