"""Dead letters: pushes that nobody tries any more. They wait for a person, who sends them again, repairs or drops them.

Nothing else moves or deletes them. Each step is a compare-and-set from the state dead, so that of two people one is
told that the other was faster. What was done, by whom and why is kept by the database (`selectors.handlings`).
"""

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.functions import RandomUUID
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from partners.people.models import User
from roaming.exchange import outbox, repairs
from roaming.exchange import selectors as exchange
from roaming.exchange.models import Push, PushState
from roaming.exchange.repairs import CannotRepair

_BATCH = 1000
_TRIES = 3
_LONGEST_NOTE = 500
_OUT_OF_DATE = "out of date: a newer state of the object was sent or waits"
_TOO_LATE = "of no use any more: it came too late for whoever waited"
_NOT_DEAD = "not dead any more"
_BUSY = "left alone: newer states came in between; try again"


class CannotRetry(Exception):
    """The push is not to be sent again; the text says why."""


class CannotDrop(Exception):
    """The push is not dropped; the text says why."""


class _Overtaken(Exception):
    """While it was sent again a newer state came in between."""


@dataclass(frozen=True)
class Handled:
    """What became of a selection: how many were handled, and how many were not by the reason ("out of date: …")."""

    count: int
    skipped: Mapping[str, int]

    def told(self, done: str) -> str:
        """In sentences; `done` is what was done to them: "sent again"."""
        left = [f"{count} {'is' if count == 1 else 'are'} {why}." for why, count in self.skipped.items()]
        return " ".join([f"{self.count} {'is' if self.count == 1 else 'are'} {done}.", *left])


def retry(*, push: Push, by: User | None, at: datetime) -> Push:
    """Send a dead push again, from its first attempt. Raises CannotRetry unless it is dead and the newest state.

    `by` is None for who works at the command line.
    """
    sent = _send_again([push.pk], by, at)
    push.refresh_from_db()
    if not sent:
        raise CannotRetry(_obstacle(push, at))
    return push


def retry_all(*, pushes: QuerySet[Push], by: User | None, at: datetime) -> Handled:
    """The same for a selection. Those that cannot be sent again are left as they are, and counted by the reason."""
    chosen = list(pushes.order_by("pk").values_list("pk", flat=True))
    skipped: Counter[str] = Counter()
    for batch in _batches(chosen):
        sent = set(_send_again(batch, by, at))
        left = [pk for pk in batch if pk not in sent]
        skipped.update(_why_not(push, at) for push in _told_of(left))
    return Handled(len(chosen) - skipped.total(), dict(skipped))


def repair(*, push: Push, body: str, by: User, note: str, at: datetime) -> Push:
    """Send a dead push again with another body (JSON text, newest shape), which says the same about what was charged.

    `push` is as the person saw it, who gives a `note`. Raises CannotRepair, which names every violation, and changes
    nothing then.
    """
    try:
        note = _note(note)
    except CannotDrop as error:
        raise CannotRepair(str(error)) from None
    text = repairs.checked(push, body)
    if not _send_again([push.pk], by, at, seen=push.edition, body=text, note=note):
        push.refresh_from_db()
        raise CannotRepair(_obstacle(push, at))
    push.refresh_from_db()
    return push


def drop(*, push: Push, by: User, note: str, at: datetime) -> Push:
    """Give a dead push up for good; the row stays, with the note. Raises CannotDrop; changes nothing then."""
    dropped = drop_all(pushes=Push.objects.filter(pk=push.pk), by=by, note=note, at=at)
    push.refresh_from_db()
    if not dropped.count:
        raise CannotDrop(_obstacle(push, at))
    return push


def drop_all(*, pushes: QuerySet[Push], by: User, note: str, at: datetime) -> Handled:
    """The same for a selection; those that are not dead any more are left alone. Raises CannotDrop without a note."""
    note = _note(note)
    chosen, dropped = list(pushes.order_by("pk").values_list("pk", flat=True)), 0
    for batch in _batches(chosen):
        dead = Push.objects.filter(pk__in=batch, state=PushState.DEAD)
        dropped += dead.update(state=PushState.DROPPED, handled_by=by, handled_at=at, note=note)
    left = len(chosen) - dropped
    return Handled(dropped, {_NOT_DEAD: left} if left else {})


def _send_again(
    pks: Sequence[int],
    by: User | None,
    at: datetime,
    *,
    seen: uuid.UUID | None = None,
    body: str | None = None,
    note: str = "",
) -> list[int]:
    """Those that are dead, of use and the newest state of their object wait again; all others stay as they are.

    A newer state that is written down at the same moment either takes such a row, as it takes any that waits, or is
    seen after the update, which is undone then.
    """
    for _ in range(_TRIES):
        try:
            with transaction.atomic():
                return _wait_again(pks, by, at, seen, body, note)
        except (IntegrityError, _Overtaken):
            continue  # the newer state is there now: this one is left out
    return []


def _wait_again(
    pks: Sequence[int], by: User | None, at: datetime, seen: uuid.UUID | None, body: str | None, note: str
) -> list[int]:
    free = Push.objects.filter(_of_use(at), ~exchange.has_newer(), pk__in=pks, state=PushState.DEAD)
    if seen is not None:
        free = free.filter(edition=seen)
    found = list(free.select_for_update(of=("self",)).order_by("pk").values_list("pk", "connection_id"))
    rows = Push.objects.filter(pk__in=[pk for pk, _ in found])
    # Why it was dead stays readable until the next attempt ends. A worker that still holds the row as it was before
    # decides nothing about it: it has another edition.
    rows.update(
        state=PushState.WAITING,
        edition=RandomUUID(),
        attempts=0,
        next_attempt_at=at,
        handled_by=by,
        handled_at=at,
        note=note,
        **({} if body is None else {"body": body}),
    )
    if rows.filter(exchange.has_newer()).exists():
        raise _Overtaken
    outbox.hurry(*{connection_id for _, connection_id in found})
    return [pk for pk, _ in found]


def _batches(pks: Sequence[int]) -> Iterator[Sequence[int]]:
    return (pks[start : start + _BATCH] for start in range(0, len(pks), _BATCH))


def _of_use(at: datetime) -> Q:
    return Q(lapses_at__isnull=True) | Q(lapses_at__gt=at)


def _told_of(pks: Sequence[int]) -> QuerySet[Any]:
    return Push.objects.filter(pk__in=pks).annotate(has_newer=exchange.has_newer()).only("state", "lapses_at")


def _why_not(push: Any, at: datetime) -> str:
    """Why a push, annotated with `has_newer`, is not sent again."""
    if push.state != PushState.DEAD:
        return _NOT_DEAD
    return _OUT_OF_DATE if push.has_newer else _TOO_LATE if _is_late(push, at) else _BUSY


def _is_late(push: Push, at: datetime) -> bool:
    return push.lapses_at is not None and push.lapses_at <= at


def _obstacle(push: Push, at: datetime) -> str:
    """Why nothing can be done about one push now, in a sentence."""
    if push.state != PushState.DEAD:
        return f"{push} is {push.get_state_display().lower()}; only dead pushes are sent again, repaired or dropped."
    if Push.objects.filter(exchange.has_newer(), pk=push.pk).exists():
        return f"{push} is {_OUT_OF_DATE}."
    if _is_late(push, at):
        return f"{push} is {_TOO_LATE}."
    return f"{push} was changed by somebody else meanwhile; look at it again."


def _note(note: str) -> str:
    note = note.strip()
    if not note:
        raise CannotDrop("The note is empty; say why in a sentence.")
    if len(note) > _LONGEST_NOTE:
        raise CannotDrop(f"The note has {len(note)} characters; {_LONGEST_NOTE} are kept.")
    return note
