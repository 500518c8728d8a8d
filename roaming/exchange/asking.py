"""Asking a platform something while somebody waits for the answer: an authorization, a command, a charging profile.

One that hangs must not hold all the threads that answer everybody else: no more than so many of a process wait for it
at once, and the next ones not longer than a moment for their turn.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from threading import BoundedSemaphore
from typing import Any

from partners.connections.models import Connection
from partners.parties.models import Party
from roaming.kernel.http import Unreachable, within
from roaming.ocpi import errors, translation
from roaming.ocpi.client import OcpiClient, Refused
from roaming.ocpi.schema import validation

Json = dict[str, Any]

ASKED_AT_ONCE = 4
_CODES_211 = frozenset({2000, 2001, 2002, 2003, 3000, 3001, 3002, 3003})
TURN_SECONDS = 2.0
_turns: dict[int, BoundedSemaphore] = {}


class NoAnswer(Exception):
    """They could not be asked, or said nothing that makes sense. `code` is what OCPI calls it (40xx), the text why."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class NotOffered(NoAnswer):
    """Their platform is connected and has no such interface: they do not do such things at all."""


@dataclass(frozen=True)
class Asking:
    """One question for `to_party`'s platform, on behalf of `from_party`.

    `role` is their interface; `tail` follows its URL, percent-encoded, with its own slash or question mark. `body` is
    a kind and an object of it in the newest shape; `answer` the kind of what they must answer with, "" when none.
    With `timeout_seconds` the whole answer must be here by then, waiting for a turn included; without, they have as
    long as for all else.
    """

    to_party: Party
    from_party: Party | None
    module: str
    role: str
    method: str
    tail: str = ""
    body: tuple[str, Json] | None = None
    answer: str = ""
    correlation_id: str = ""
    timeout_seconds: float | None = None


def ask(question: Asking, *, at: datetime) -> Any:
    """Their answer's data: of the kind asked for, in the newest shape; as it is when no kind was asked for.

    Raises NoAnswer, client.Refused (they answered no), and NotExpressible (their version has no such thing). Talks to
    them, so it must not be called inside a transaction.
    """
    connection = question.to_party.connection
    if not question.to_party.reachable:
        raise NoAnswer(errors.NOT_CONNECTED, f"The platform of {question.to_party.code} is not connected now.")
    endpoint = connection.endpoint(question.module, question.role)
    if endpoint is None:
        raise NotOffered(errors.NOT_CONNECTED, f"The platform of {question.to_party.code} has no {question.module}.")
    seconds = question.timeout_seconds
    with nullcontext() if seconds is None else within(seconds), _turn(connection, seconds) as ours:
        if not ours:
            raise NoAnswer(errors.TIMEOUT, f"{question.to_party.code} leaves too many others waiting.")
        return _answer(question, connection, endpoint, at)


def refusal(error: NoAnswer | Refused, version: str) -> errors.OcpiError:
    """What the asker, who speaks `version`, is told when its question could not be answered (T106).

    What the final receiver refused passes through with its own code; the hub's own codes do not exist in OCPI 2.1.1.
    """
    if isinstance(error, NoAnswer):
        code, http_status = error.code, 200
    elif error.away or error.status_code == 0:
        code, http_status = errors.HUB_ERROR, 200
    else:
        code, http_status = error.status_code, 404 if error.http_status == 404 else 200
    if version == "2.1.1" and code not in _CODES_211:
        code = errors.CLIENT_ERROR if code < errors.SERVER_ERROR else errors.SERVER_ERROR
    return errors.OcpiError(code, str(error), http_status)


def _answer(question: Asking, connection: Connection, endpoint: str, at: datetime) -> Any:
    body, losses = translation.told(connection.version, *question.body) if question.body else (None, [])
    try:
        answer = OcpiClient(connection, at, timeout_seconds=question.timeout_seconds).send(
            question.method,
            endpoint.rstrip("/") + question.tail,
            body,
            to_party=question.to_party,
            from_party=question.from_party,
            correlation_id=question.correlation_id,
            losses=losses,
        )
        if not question.answer:
            return answer.data
        owner = (question.to_party.country_code, question.to_party.party_id)
        return translation.understood(
            connection.version, question.answer, answer.data, connection=connection, owner=owner
        )
    except Unreachable as error:
        raise NoAnswer(errors.TIMEOUT, f"{question.to_party.code} did not answer: {error}") from error
    except validation.Invalid as error:
        raise NoAnswer(errors.SERVER_ERROR, f"{question.to_party.code} gave an invalid answer: {error}") from error


@contextmanager
def _turn(connection: Connection, seconds: float | None) -> Iterator[bool]:
    turns = _turns.setdefault(connection.pk, BoundedSemaphore(ASKED_AT_ONCE))
    ours = turns.acquire(timeout=min(TURN_SECONDS, seconds or TURN_SECONDS))
    try:
        yield ours
    finally:
        if ours:
            turns.release()
