"""The story of a command, step by step and in the order of time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from roaming.cdrs.models import Cdr
from roaming.commands.catalogue import ACCEPTED
from roaming.commands.models import UNDER_WAY, Command, CommandState
from roaming.exchange.models import Direction, Exchange, Push, PushState
from roaming.kernel import sentences
from roaming.portal import cells, states
from roaming.sessions.models import Session

Note = SafeString | str

_LONG = 600  # seconds; what took longer is told in minutes, hours or days
# A result that nobody was told of, by the state of its command.
_UNTOLD = {
    CommandState.TIMED_OUT: ("Too late, the", "It is kept; the command counts as failed."),
    CommandState.UNANSWERED: ("All the same, the", "It is kept; the asker was told that the CPO could not be asked."),
    CommandState.REFUSED: ("All the same, the", "It is kept; the command was refused before."),
}


@dataclass(frozen=True)
class Step:
    """`tone` is that of its dot; "" for what is still to come. `at` may be unknown then."""

    at: datetime | None
    tone: str
    title: str
    notes: list[Note] = field(default_factory=list)


@dataclass(frozen=True)
class Chain:
    """What is known about a command beside its row: the pushes that tell its asker, the journal's requests (oldest
    first), and the charging that it led to."""

    pushes: Sequence[Push] = ()
    exchanges: Sequence[Exchange] = ()
    session: Session | None = None
    cdrs: Sequence[Cdr] = ()


def steps(command: Command, chain: Chain) -> list[Step]:
    """What happened, and what is awaited."""
    happened = [
        *_asked(command, chain),
        *_passed_on(command, chain),
        *_answered(command),
        *_result(command, chain),
        *(step for push in chain.pushes for step in _told(command, push, chain)),
        *_charging(command, chain),
    ]
    known = [step for step in happened if step.tone]
    ahead = [step for step in happened if not step.tone]
    return sorted(known, key=lambda step: step.at or command.asked_at) + ahead + _awaited(command)


def took(command: Command, moment: datetime | None) -> SafeString:
    """How long after it was asked: `0.42 s`, `31 s`, `3 days`."""
    if moment is None:
        return cells.NOTHING
    return _lasting(moment - command.asked_at)


def _lasting(length: timedelta) -> SafeString:
    seconds = Decimal(length.total_seconds())
    if seconds > _LONG:
        return format_html("{}", sentences.span(length))
    return cells.number(seconds, "s", places=2 if seconds < 10 else 0)


def _after(command: Command, moment: datetime) -> SafeString:
    return format_html("after {}", took(command, moment))


def _asked(command: Command, chain: Chain) -> list[Step]:
    asked = [one for one in _with(chain, Direction.IN, command.asker_id) if _during(one, command.asked_at)]
    by = format_html("by {}", command.asker or command.by)
    return [Step(command.asked_at, "good", "Asked", [by, *map(_request, asked)])]


def _passed_on(command: Command, chain: Chain) -> list[Step]:
    """The question to the CPO's platform; the pushes to it, where it is the asker's too, are something else."""
    until = command.answered_at or command.due_at
    asked = [
        one
        for one in _with(chain, Direction.OUT, command.cpo.connection_id)
        if one.push_id is None and command.asked_at <= one.at <= until
    ]
    return [
        Step(one.at, _tone(one), f"Passed on to {command.cpo.code}", [*_failure(one), _request(one)]) for one in asked
    ]


def _answered(command: Command) -> list[Step]:
    if command.problem:
        told = [f"{command.asker} was told so at once"] if command.asker else []
        return [Step(command.asked_at, "bad", f"No answer of {command.cpo.code}", [*told])]
    if command.answered_at is None:
        return []
    accepted = command.answer == ACCEPTED
    within = format_html("; the result is due within {}", cells.number(command.timeout_seconds, "s"))
    after = format_html("{}{}", _after(command, command.answered_at), within if accepted else "")
    title = f"{command.cpo.code} answered {command.answer}"
    return [Step(command.answered_at, "good" if accepted else "warn", title, [after, *_texts(command.answer_data)])]


def _result(command: Command, chain: Chain) -> list[Step]:
    found = []
    if command.state == CommandState.TIMED_OUT:
        waited = format_html("{}; it counts as failed", _after(command, command.due_at))
        found.append(Step(command.due_at, "bad", "Timed out", [waited]))
    if command.result_at is not None:
        found.append(_result_said(command, command.result_at, chain))
    if command.canceled_at is not None:
        after = _after(command, command.canceled_at)
        found.append(Step(command.canceled_at, "warn", f"{command.cpo.code} took the reservation back", [after]))
    return found


def _result_said(command: Command, at: datetime, chain: Chain) -> Step:
    first, why = _UNTOLD.get(CommandState(command.state), ("The", ""))
    told = [
        one
        for one in _with(chain, Direction.IN, command.cpo.connection_id)
        if _during(one, at) and str(command.key) in one.url
    ]
    tone = "good" if command.result == ACCEPTED and not why else "warn" if why else "bad"
    notes = [_after(command, at), *_texts(command.result_data), *filter(None, [why]), *map(_request, told)]
    return Step(at, tone, f"{first} station said {command.result}", notes)


def _told(command: Command, push: Push, chain: Chain) -> list[Step]:
    """Every attempt to tell the asker, and what has become of it where that is not the last attempt's outcome."""
    attempts = [one for one in chain.exchanges if one.push_id == push.pk]
    found = [_attempt(command, push, one, number) for number, one in enumerate(attempts, start=1)]
    if push.state == PushState.DELIVERED and attempts:
        return found
    link = cells.link(reverse("portal:push", args=[push.pk]), states.word(push.state))
    note = format_html("{}{}", link, f": {push.last_error}" if push.last_error else "")
    match push.state:
        case PushState.DELIVERED:
            return [Step(push.delivered_at, "good", f"Told to {push.connection}", [note])]
        case PushState.DEAD | PushState.LAPSED | PushState.DROPPED:
            given_up = attempts[-1].at if attempts else push.created_at
            return [*found, Step(given_up, states.tone("push", push.state), f"Not told to {push.connection}", [note])]
    return [*found, Step(push.next_attempt_at, "", f"To be told to {push.connection}", [note])]


def _attempt(command: Command, push: Push, exchange: Exchange, number: int) -> Step:
    refused = _failure(exchange)
    title = f"{push.connection} did not take it" if refused else f"Told to {push.connection}"
    which: list[Note] = [f"attempt {number}"] if number > 1 or refused else []
    after = [] if refused else [_after(command, exchange.at)]
    return Step(exchange.at, "warn" if refused else "good", title, [*which, *after, *refused, _request(exchange)])


def _charging(command: Command, chain: Chain) -> list[Step]:
    """The session that it led to and the CDRs of that, when they came here."""
    found = []
    if (session := chain.session) is not None:
        link = cells.link(reverse("portal:session", args=[session.pk]), session.ocpi_id, mono=True)
        found.append(Step(session.created_at, "good", "Session started", [link, _after(command, session.created_at)]))
    for cdr in chain.cdrs:
        link = cells.link(reverse("portal:cdr", args=[cdr.pk]), cdr.ocpi_id, mono=True)
        late = f"{sentences.span(cdr.late_by)} after the charging ended" if cdr.late_by else ""
        title = "Credit CDR came" if cdr.credit else "CDR came"
        found.append(Step(cdr.received_at, "warn" if late else "good", title, [link, *filter(None, [late])]))
    return found


def _awaited(command: Command) -> list[Step]:
    if command.state == CommandState.ACCEPTED:
        return [Step(command.due_at, "", "The station reports, at the latest")]
    return [Step(None, "", f"{command.cpo.code} answers")] if command.state in UNDER_WAY else []


def _with(chain: Chain, direction: str, connection_id: int | None) -> list[Exchange]:
    return [one for one in chain.exchanges if one.direction == direction and one.connection_id == connection_id]


def _during(exchange: Exchange, moment: datetime) -> bool:
    """Whether something happened while a request was answered."""
    return exchange.at <= moment <= exchange.at + timedelta(milliseconds=exchange.duration_ms + 1)


def _tone(exchange: Exchange) -> str:
    return "bad" if _failure(exchange) else "good"


def _failure(exchange: Exchange) -> list[Note]:
    """What went wrong with a request of ours."""
    return [exchange.error] if exchange.error else []


def _request(exchange: Exchange) -> SafeString:
    """How a request went, as the link to it: `HTTP 200, OCPI 1000, 41 ms`."""
    said = [f"{word} {code}" for word, code in (("HTTP", exchange.http_status), ("OCPI", exchange.ocpi_status)) if code]
    text = ", ".join([*(said or ["no answer"]), f"{exchange.duration_ms:,} ms"])
    return cells.link(reverse("portal:exchange", args=[exchange.pk]), text)


def _texts(said: dict[str, Any]) -> list[Note]:
    """What was said beside the word, in all its languages."""
    return [f"“{text['text']}”" for text in said.get("message") or []]
