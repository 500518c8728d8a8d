"""Writing down each try to register, rotate or leave while it happens, so that people see how far it came."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import monotonic
from uuid import uuid4

from partners.connections.models import Connection
from partners.people.models import User
from roaming.kernel.http import Unreachable
from roaming.ocpi.client import Refused
from roaming.ocpi.errors import OcpiError
from roaming.ocpi.schema.validation import Invalid
from roaming.registration.models import Attempt, Method, Outcome

# What a partner gives as an id, as far as we can send it on.
_SENDABLE = re.compile(r"[!-~]{1,100}")
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
