"""The three steps of a connection, as the strip on its page tells them: what is done, what waits, what is not well."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.html import format_html

from partners.connections.models import Connection, ConnectionState, TokenKind
from partners.parties.models import Party
from partners.people.models import User
from roaming.exchange.models import Direction
from roaming.portal import cells
from roaming.portal.handshakes import Told
from roaming.registration import selectors
from roaming.registration.models import Attempt, Method, Outcome

_ALARMS = ("unsettled_tokens", "token_refused")


@dataclass(frozen=True)
class Step:
    """`state` is one of the states of a "step"; `note` says the same in words."""

    anchor: str
    title: str
    state: str
    note: str

    @property
    def begun(self) -> bool:
        return self.state != "waiting"

    @property
    def alarming(self) -> bool:
        """Whether it belongs beside the state of the connection, which alone says that all is well."""
        return self.state in _ALARMS


def of(
    connection: Connection, parties: Sequence[Party], told: Sequence[Told], looked: Attempt | None, at: datetime
) -> list[Step]:
    """`told` are the last attempts, newest first, `looked` is the test call that counts."""
    hosted = f"{len(parties)} part{'y' if len(parties) == 1 else 'ies'}" if parties else ""
    return [
        Step("create", "1 Create", "done", hosted or "parties come with its credentials"),
        Step("exchange", "2 Exchange", *_exchanged(connection, told, at)),
        Step("verify", "3 Verify", *_verified(connection, told, looked)),
    ]


def ahead() -> list[Step]:
    """The steps of a connection that is planned just now."""
    return [
        Step("create", "1 Create", "under_way", "who is behind it"),
        Step("exchange", "2 Exchange", "waiting", "after that, credentials"),
        Step("verify", "3 Verify", "waiting", "after the exchange"),
    ]


def test_call(user: User, connection: Connection) -> Attempt | None:
    """The last look at their platform that says something about the tokens of today: one before them, or before a try
    to change them, does not."""
    attempts = selectors.attempts_for(user, connection)
    # One that failed before it told anything never came to the exchange itself, so it changed nothing.
    changed = attempts.exclude(method=Method.GET).exclude(outcome=Outcome.FAILED, steps=[]).first()
    looks = attempts.filter(method=Method.GET)
    if connection.registered_at:
        looks = looks.filter(started_at__gte=connection.registered_at)
    return (looks.filter(pk__gt=changed.pk) if changed else looks).first()


def refused(told: Sequence[Told]) -> bool:
    """Whether they answered 401 the last time that we called them in an attempt."""
    ours = (one for attempt in told for one in reversed(attempt.calls) if one.exchange.direction == Direction.OUT)
    last = next(ours, None)
    return last is not None and last.exchange.http_status == 401


def _exchanged(connection: Connection, told: Sequence[Told], at: datetime) -> tuple[str, str]:
    tried = next((one.attempt for one in told if one.attempt.method != Method.GET), None)
    if tried is not None and tried.outcome == Outcome.UNDER_WAY:
        return "under_way", "under way, or it died in between"
    if connection.state == ConnectionState.PLANNED:
        return "waiting", _not_registered(tried)
    if _unsettled(connection, at):
        return "unsettled_tokens", "it is not known whether they took the new token"
    return "done", f"registered in OCPI {connection.version}"


def _not_registered(tried: Attempt | None) -> str:
    if tried is None:
        return "not tried yet"
    if tried.outcome == Outcome.FAILED:
        return "the last try failed"
    if tried.method == Method.DELETE:
        return format_html("left on {}", cells.when(tried.ended_at or tried.started_at))
    return "ended by a new one-time token"


def _unsettled(connection: Connection, at: datetime) -> bool:
    """Whether a further token was offered to a registered platform, and nobody knows what became of it."""
    until = connection.token_offered_until
    return connection.token_in_kind == TokenKind.CREDENTIALS and until is not None and until > at


def _verified(connection: Connection, told: Sequence[Told], looked: Attempt | None) -> tuple[str, str]:
    if connection.state == ConnectionState.PLANNED:
        return "waiting", "after the exchange"
    if refused(told):
        return "token_refused", "they refuse the token that we have"
    if looked is None:
        return "waiting", "no test call since the exchange"
    return looked.outcome, f"test call {looked.get_outcome_display().lower()}"
