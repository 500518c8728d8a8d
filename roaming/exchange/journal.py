"""The traffic journal: one row per request and answer, without secrets, whatever became of the transaction.

It costs the request that it is about one statement, which does not wait for the disk: what a crash of the database
takes with it are the rows of its last second, and nothing but rows of the journal.
"""

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import DatabaseError, InterfaceError, transaction
from django.db import connection as database

from partners.connections.models import Connection
from roaming.exchange import targets
from roaming.exchange.models import Direction, Exchange, Push, Replay
from roaming.exchange.persons import Masks
from roaming.ocpi.schema import wire
from roaming.ocpi.schema.losses import Loss

logger = logging.getLogger(__name__)
BODY_LIMIT_BYTES = 100_000
_SHORTEST_SECRET, _MARGIN = 8, 200
_INDEX = re.compile(r"\[\d+\]")
_FIELDS = [field for field in Exchange._meta.concrete_fields if not field.primary_key]
_INSERT = f"INSERT INTO {Exchange._meta.db_table} ({', '.join(str(field.column) for field in _FIELDS)}) VALUES "
_ROW = f"({', '.join(['%s'] * len(_FIELDS))})"
# What is said because of a push that a person had sent again belongs to the exchange that the person looked at.
_REPLAYED = f"(SELECT MAX(exchange_id) FROM {Replay._meta.db_table} WHERE push_id = %s)"
_ROW_OF_A_PUSH = f"({', '.join(_REPLAYED if field.name == 'replay_of' else '%s' for field in _FIELDS)})"
# Said after the row is written and before its statement commits, so it holds for that one commit.
_NO_WAITING = ", set_config('synchronous_commit', 'off', true)"


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
    # The request as it must be known to be replayed; kept encrypted.
    original: str = ""
    replay_of: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of it; without a status nothing came back. `error` says why it came to nothing, if it did."""

    seconds: float
    http_status: int | None = None
    ocpi_status: int | None = None
    response_body: str = ""
    error: str = ""


def write(note: Note, outcome: Outcome) -> Exchange | None:
    """Keep one exchange. A journal that cannot be written is logged and never breaks the traffic it describes."""
    return next(iter(write_all([(note, outcome)])), None)


def write_all(exchanges: Iterable[tuple[Note, Outcome]]) -> list[Exchange]:
    """The same for many at once, in this order, by one statement; none of them where that fails.

    Outside a transaction it is one round trip and does not wait for the disk; within one it waits with the others, for
    the caller's commit shall be as safe as it would be without us.
    """
    rows = [_row(note, outcome) for note, outcome in exchanges]
    if not rows:
        return []
    try:
        with transaction.atomic() if database.in_atomic_block else nullcontext():
            _insert(rows)
    except (DatabaseError, InterfaceError):
        what = ", ".join(f"{row.method} {row.url}" for row in rows)
        logger.exception("The exchanges %s could not be journalled", what)
        return []
    return rows


def _insert(rows: list[Exchange]) -> None:
    """Django would open a transaction for many rows, and waits for the disk with every one."""
    places = ", ".join(_ROW_OF_A_PUSH if row.push_id else _ROW for row in rows)
    values = [value for row in rows for value in _values(row)]
    returning = " RETURNING id, replay_of_id" + ("" if database.in_atomic_block else _NO_WAITING)
    with database.cursor() as cursor:
        cursor.execute(_INSERT + places + returning, values)
        for row, (number, replay_of, *_) in zip(rows, cursor.fetchall(), strict=True):
            row.pk, row.replay_of_id, row._state.adding = number, replay_of, False


def _values(row: Exchange) -> Iterator[Any]:
    for field in _FIELDS:
        source = "push_id" if row.push_id and field.name == "replay_of" else field.attname
        yield field.get_db_prep_save(getattr(row, source), database)


def _row(note: Note, outcome: Outcome) -> Exchange:
    masks, target = Masks(), _target(note)
    request = _body(note.request_body, note, masks, target.module)
    response = _body(outcome.response_body, note, masks, target.module)
    url = without(note.url, note.hidden)
    shown = masks.url(url, target)
    named = _object(note, target)
    return Exchange(
        connection=note.connection,
        push=note.push,
        direction=note.direction,
        method=note.method[:7],
        url=_kept(shown, 1000),
        module=target.module,
        role=target.role,
        version=target.version,
        object_id=_kept(without(masks.of(named) if target.module == targets.TOKENS else named, note.hidden), 200),
        http_status=outcome.http_status,
        ocpi_status=outcome.ocpi_status,
        error=_kept(masks.sentence(without(outcome.error, note.hidden)), 500),
        request_id=_kept(without(note.request_id, note.hidden), 100),
        correlation_id=_kept(without(note.correlation_id, note.hidden), 100),
        request_body=_kept(masks.sentence(request), BODY_LIMIT_BYTES),
        response_body=_kept(masks.sentence(response), BODY_LIMIT_BYTES),
        original=note.original or (url if shown != url and _asks(note) else ""),
        marks=masks.marks,
        losses=summed(note.losses),
        duration_ms=round(outcome.seconds * 1000),
        at=note.at,
        replay_of_id=note.replay_of,
    )


def _target(note: Note) -> targets.Target:
    if note.direction == Direction.IN:
        return targets.of_ours(note.url)
    return targets.of_theirs(note.url, note.connection, note.push.module if note.push else "")


def _object(note: Note, target: targets.Target) -> str:
    """What the address names, or else the id of what is POSTed to it."""
    if target.object_id or note.method != "POST" or target.module in ("", *targets.REGISTRATION):
        return target.object_id
    return targets.id_in(note.request_body)


def _asks(note: Note) -> bool:
    return note.direction == Direction.OUT and note.method == "GET"


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


def _body(text: str, note: Note, masks: Masks, module: str) -> str:
    """Looked through a little beyond its end, so that no half of a secret is left there."""
    if not text:
        return text
    text = masked(text) if note.secret else text[: BODY_LIMIT_BYTES + _MARGIN]
    return masks.body(without(text, note.hidden), module)


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
