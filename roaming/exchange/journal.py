"""The traffic journal: one row per request and answer, without secrets, whatever became of the transaction."""

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import DatabaseError, InterfaceError, transaction

from partners.connections.models import Connection
from roaming.exchange.models import Exchange, Push, PushState
from roaming.ocpi.schema import wire
from roaming.ocpi.schema.losses import Loss

logger = logging.getLogger(__name__)
BODY_LIMIT_BYTES = 100_000
_FORGET_BATCH = 5000
_SHORTEST_SECRET, _MARGIN = 8, 200
_INDEX = re.compile(r"\[\d+\]")


@dataclass(frozen=True)
class Note:
    """What is known before the answer."""

    connection: Connection | None
    direction: str
    method: str
    url: str
    request_id: str
    correlation_id: str
    request_body: str
    at: datetime
    push: Push | None = None
    # The bodies are, or may be, credentials: their tokens are not kept.
    secret: bool = False
    # What is not kept wherever it stands: the tokens of this request, for some platforms repeat them.
    hidden: Sequence[str] = ()
    # What the partner's version could not say of the objects that we sent or answered.
    losses: Sequence[Loss] = ()


@dataclass(frozen=True)
class Outcome:
    """What came of it; without a status nothing came back, and `error` says why."""

    seconds: float
    http_status: int | None = None
    ocpi_status: int | None = None
    response_body: str = ""
    error: str = ""


def write(note: Note, outcome: Outcome) -> Exchange | None:
    """Keep one exchange. A journal that cannot be written is logged and never breaks the traffic it describes."""
    return next(iter(write_all([(note, outcome)])), None)


def write_all(exchanges: Sequence[tuple[Note, Outcome]]) -> list[Exchange]:
    """The same for many at once."""
    try:
        with transaction.atomic():
            return Exchange.objects.bulk_create([_row(note, outcome) for note, outcome in exchanges])
    except (DatabaseError, InterfaceError):
        urls = ", ".join(f"{note.method} {without(note.url, note.hidden)}" for note, _ in exchanges)
        logger.exception("The exchanges %s could not be journalled", urls)
        return []


def _row(note: Note, outcome: Outcome) -> Exchange:
    return Exchange(
        connection=note.connection,
        push=note.push,
        direction=note.direction,
        method=note.method[:7],
        url=_kept(without(note.url, note.hidden), 1000),
        http_status=outcome.http_status,
        ocpi_status=outcome.ocpi_status,
        error=_kept(without(outcome.error, note.hidden), 500),
        request_id=_kept(without(note.request_id, note.hidden), 100),
        correlation_id=_kept(without(note.correlation_id, note.hidden), 100),
        request_body=_body(note.request_body, note),
        response_body=_body(outcome.response_body, note),
        losses=summed(note.losses),
        duration_ms=round(outcome.seconds * 1000),
        at=note.at,
    )


def forget(*, before: datetime) -> int:
    """Delete exchanges older than that, in batches that keep nobody waiting; how many. Those of a dead push stay: a
    person is still to see what was said."""
    total = 0
    while True:
        old = Exchange.objects.filter(at__lt=before).exclude(push__state=PushState.DEAD)
        oldest = old.order_by().values_list("pk", flat=True)[:_FORGET_BATCH]
        count, _ = Exchange.objects.filter(pk__in=list(oldest)).delete()
        total += count
        if count < _FORGET_BATCH:
            return total


def summed(losses: Iterable[Loss]) -> list[dict[str, Any]]:
    """One {"field", "why"} for all losses alike at different places of lists, with the first place; `times` if many."""
    alike: dict[tuple[str, str], dict[str, Any]] = {}
    for field, why in losses:
        known = alike.setdefault((_INDEX.sub("[]", field), why), {"field": field, "why": why, "times": 0})
        known["times"] += 1
    return [loss if loss["times"] > 1 else {"field": loss["field"], "why": loss["why"]} for loss in alike.values()]


def without(text: str, hidden: Iterable[str]) -> str:
    """A text with each of `hidden` blotted out, but for what is too short to be a secret."""
    for secret in hidden:
        if len(secret) >= _SHORTEST_SECRET and secret in text:
            text = text.replace(secret, "***")
    return text


def _body(text: str, note: Note) -> str:
    """Looked through a little beyond its end, so that no half of a secret is left there."""
    text = masked(text) if note.secret else text[: BODY_LIMIT_BYTES + _MARGIN]
    return _kept(without(text, note.hidden), BODY_LIMIT_BYTES)


def _kept(text: str, limit: int) -> str:
    """PostgreSQL's text takes neither NUL nor lone surrogates."""
    return text[:limit].replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()


def masked(text: str) -> str:
    """A credentials body or answer without its token; one that is no JSON is not kept at all."""
    if not text:
        return text
    try:
        value = wire.decode(text.encode(errors="replace"))
    except wire.NotJson:
        return "(not kept: it may contain a token)"
    found = list(_tokens(value))
    return without(wire.encode_text(_blotted(value)), found)


def tokens_in(text: str) -> list[str]:
    """The tokens that a body names as such."""
    try:
        return list(_tokens(wire.decode(text.encode(errors="replace"))))
    except wire.NotJson:
        return []


def _tokens(value: Any, named: bool = False) -> Iterator[str]:
    """Every text under a `token` of any letter case, at any depth."""
    if isinstance(value, str) and named:
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _tokens(item, name.lower() == "token")
    elif isinstance(value, list):
        for item in value:
            yield from _tokens(item, named)


def _blotted(value: Any, named: bool = False) -> Any:
    """The same with every such text blotted out, however short."""
    if isinstance(value, dict):
        return {name: _blotted(item, name.lower() == "token") for name, item in value.items()}
    if isinstance(value, list):
        return [_blotted(item, named) for item in value]
    return "***" if isinstance(value, str) and named else value
