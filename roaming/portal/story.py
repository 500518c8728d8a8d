"""The story of a command, step by step and in the order of time."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from roaming.commands.catalogue import ACCEPTED
from roaming.commands.models import UNDER_WAY, Command, CommandState
from roaming.exchange.models import Push, PushState
from roaming.portal import cells, states

_TOLD = {
    PushState.DELIVERED: "Told to {}",
    PushState.LAPSED: "Not told to {}",
    PushState.DEAD: "{} did not take it",
}


@dataclass(frozen=True)
class Step:
    """`tone` is that of its dot; "" for what is still to come. `at` may be unknown then."""

    at: datetime | None
    tone: str
    title: str
    notes: list[SafeString | str] = field(default_factory=list)


def steps(command: Command, pushes: list[Push]) -> list[Step]:
    """What happened, and what is awaited; `pushes` are those that tell the asker."""
    happened = [*_asked(command), *_answered(command), *_result(command), *(_told(push) for push in pushes)]
    return sorted(happened, key=lambda step: step.at or command.asked_at) + _awaited(command)


def took(command: Command, moment: datetime | None) -> SafeString:
    """How long after it was asked: `0.42 s`, `31 s`."""
    if moment is None:
        return cells.NOTHING
    seconds = Decimal((moment - command.asked_at).total_seconds())
    return cells.number(seconds, "s", places=2 if seconds < 10 else 0)


def _asked(command: Command) -> list[Step]:
    return [Step(command.asked_at, "good", "Asked", [f"by {command.asker or command.by}"])]


def _answered(command: Command) -> list[Step]:
    if command.answered_at is None:
        return []
    accepted = command.answer == ACCEPTED
    within = format_html("; the result is due within {}", cells.number(command.timeout_seconds, "s"))
    after = format_html("after {}{}", took(command, command.answered_at), within if accepted else "")
    title = f"{command.cpo.code} answered {command.answer}"
    return [Step(command.answered_at, "good" if accepted else "warn", title, [after, *_texts(command.answer_data)])]


def _result(command: Command) -> list[Step]:
    found = []
    if command.state == CommandState.TIMED_OUT:
        found.append(Step(command.due_at, "bad", "Timed out", ["It counts as failed."]))
    if command.result_at is not None:
        title = f"{'Too late, the' if command.late else 'The'} station said {command.result}"
        after = format_html("after {}", took(command, command.result_at))
        tone = "good" if command.result == ACCEPTED else "bad"
        found.append(Step(command.result_at, tone, title, [after, *_texts(command.result_data)]))
    if command.canceled_at is not None:
        found.append(Step(command.canceled_at, "warn", f"{command.cpo.code} took the reservation back"))
    return found


def _told(push: Push) -> Step:
    title = _TOLD.get(PushState(push.state), "To be told to {}").format(push.connection)
    state = cells.link(reverse("portal:push", args=[push.pk]), states.word(push.state))
    note = format_html("{}{}", state, f": {push.last_error}" if push.last_error else "")
    return Step(push.delivered_at or push.created_at, states.tone("push", push.state), title, [note])


def _awaited(command: Command) -> list[Step]:
    if command.state == CommandState.ACCEPTED:
        return [Step(command.due_at, "", "The station reports, at the latest")]
    return [Step(None, "", f"{command.cpo.code} answers")] if command.state in UNDER_WAY else []


def _texts(said: dict[str, Any]) -> list[str]:
    """What was said beside the word, in all its languages."""
    return [f"“{text['text']}”" for text in said.get("message") or []]
