"""Writing down each try to register, rotate or leave while it happens, so that people see how far it came."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import monotonic
from uuid import uuid4

from partners.connections.models import Connection
from partners.people.models import User
from roaming.findings import services as findings
from roaming.findings.models import Severity
from roaming.kernel.http import Unreachable
from roaming.ocpi.client import Refused
from roaming.ocpi.errors import OcpiError
from roaming.ocpi.schema.validation import Invalid
from roaming.registration.models import Attempt, Method, Outcome

# What a partner gives as an id, as far as we can send it on.
_SENDABLE = re.compile(r"[!-~]{1,100}")
# Longer than all calls of one attempt can take.
_LONGEST = timedelta(hours=1)
_BROKEN_OFF = "This platform stopped in between; what came of it is not known."
# What ends a try as failed with a sentence of its own; anything else is a fault of ours.
SAID = (OcpiError, Unreachable, Refused, Invalid)


class Diary:
    """What is told about one attempt on the way; `end` is the sentence it is remembered by when it succeeds."""

    def __init__(self, attempt: Attempt) -> None:
        self.attempt = attempt
        self.end = ""

    @property
    def correlation_id(self) -> str:
        return self.attempt.correlation_id

    def tell(self, title: str, answer: str) -> None:
        self.attempt.steps = [*self.attempt.steps, {"title": title, "answer": answer}]
        self.attempt.save(update_fields=["steps"])


@contextmanager
def attempted(
    connection: Connection,
    method: Method,
    *,
    ours: bool,
    at: datetime,
    version: str = "",
    by: User | None = None,
    correlation_id: str = "",
    said: tuple[type[Exception], ...] = SAID,
) -> Iterator[Diary]:
    """Write an attempt down, and how it ended; whatever is raised inside goes on to the caller.

    `said` are the refusals whose text is told to people. Use it outside of transactions that may be rolled back.
    """
    attempt = Attempt.objects.create(
        connection=connection,
        method=method,
        ours=ours,
        by=by,
        correlation_id=correlation_id if _SENDABLE.fullmatch(correlation_id) else str(uuid4()),
        version=version,
        started_at=at,
    )
    diary, started = Diary(attempt), monotonic()
    try:
        yield diary
    except Exception as error:
        answer = str(error) if isinstance(error, said) else "This platform failed; its log says why."
        _end(attempt, Outcome.FAILED, answer, started)
        raise
    _end(attempt, Outcome.DONE, diary.end, started)


def _end(attempt: Attempt, outcome: Outcome, answer: str, started: float) -> None:
    attempt.outcome, attempt.answer = outcome, answer
    attempt.ended_at = attempt.started_at + timedelta(seconds=monotonic() - started)
    attempt.save(update_fields=["outcome", "answer", "ended_at", "version"])


def end_broken_off(at: datetime) -> int:
    """Attempts under way long after their start died with our process: they have failed, and people are told of those
    with which we may have changed something at theirs. How many they were."""
    late = Attempt.objects.filter(outcome=Outcome.UNDER_WAY, started_at__lt=at - _LONGEST)
    return sum(_break_off(attempt, at) for attempt in late.select_related("connection"))


def _break_off(attempt: Attempt, at: datetime) -> bool:
    same = Attempt.objects.filter(pk=attempt.pk, outcome=Outcome.UNDER_WAY)
    ended = bool(same.update(outcome=Outcome.FAILED, answer=_BROKEN_OFF, ended_at=at))
    if ended and attempt.ours and attempt.method != Method.GET:
        _tell_people(attempt, at)
    return ended


def _tell_people(attempt: Attempt, at: datetime) -> None:
    findings.record(
        code="exchange_broken_off",
        severity=Severity.ERROR,
        title="An exchange of credentials that did not end",
        sentence=f"“{attempt}” began on {attempt.started_at:%d %b %H:%M} UTC and did not end, for this platform "
        "stopped in between. Whether they changed what they hold is not known: make a test call. If it fails, they "
        "have to PUT their credentials, or you agree on a new registration token.",
        connection=attempt.connection,
        subject="credentials",
        at=at,
    )
