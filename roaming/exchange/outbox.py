"""Write it down before you send it: changes for partners are rows of the transaction that makes them."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from celery import current_app
from django.db import connection as database
from django.db import transaction
from django.db.models import CharField, Value
from django.db.models.functions import Concat

from partners.connections.models import Connection
from partners.parties.models import Party
from partners.routing import Receiver
from roaming.exchange.models import Push, PushState
from roaming.kernel import correlation
from roaming.ocpi.schema import wire

_COLUMNS = (
    "connection_id, module, kind, method, path, url, object_key, body, from_party_id, to_party_id, correlation_id, "
    "edition, state, attempts, next_attempt_at, last_error, lapses_at, created_at"
)
# Django cannot name a partial unique index in ON CONFLICT, hence SQL.
_UPSERT = """
INSERT INTO roaming_push ({columns}) VALUES {rows}
ON CONFLICT (connection_id, object_key) WHERE state IN ('waiting', 'retrying') AND object_key <> ''
DO UPDATE SET kind = EXCLUDED.kind, method = EXCLUDED.method, path = EXCLUDED.path, url = EXCLUDED.url,
    body = EXCLUDED.body, lapses_at = EXCLUDED.lapses_at,
    from_party_id = EXCLUDED.from_party_id, to_party_id = EXCLUDED.to_party_id,
    correlation_id = EXCLUDED.correlation_id, edition = EXCLUDED.edition, state = 'waiting', attempts = 0,
    next_attempt_at = EXCLUDED.next_attempt_at, last_error = ''
"""
_ROW = "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'waiting', 0, %s, '', %s, %s)"
_BATCH = 500


@dataclass(frozen=True)
class Change:
    """One new state of one object, in the newest OCPI shape.

    `path` follows the partner's endpoint URL (see `object_path`; "" for a POST). `key` names the object (see
    `object_key`): a newer state replaces one still waiting. An empty key is never replaced. A CDR never changes; its
    key only tells whether it was sent. `url` is the whole address where the partner gave one, as for results.
    From `lapses_at` on nobody needs it. `correlation_id` is that of the chain it belongs to; empty: of the request
    being answered (T12).
    """

    module: str
    kind: str
    method: str
    path: str
    body: str
    key: str
    url: str = ""
    lapses_at: datetime | None = None
    correlation_id: str = ""


def object_path(owner: Party, *ids: str) -> str:
    """The tail of a receiver URL: `NL/VLT/LOC1[/evse_uid[/connector_id]]`, percent-encoded (T70, T75)."""
    return "/".join(quote(part, safe="") for part in (owner.country_code, owner.party_id, *ids))


def object_key(module: str, owner: Party, *ids: str) -> str:
    """One name for one object in any letter case: "locations NL*VLT LOC1"."""
    return " ".join([module, owner.code, *(part.upper() for part in ids)])


def key_column(module: str) -> Concat:
    """`object_key` of the rows of a model of OCPI objects, for queries (not for tokens, whose type is part of it)."""
    owner = ["party__country_code", Value("*"), "party__party_id"]
    return Concat(Value(f"{module} "), *owner, Value(" "), "ocpi_id_upper", output_field=CharField())


def enqueue(
    *,
    receivers: Iterable[Receiver],
    owner: Party,
    module: str,
    kind: str,
    method: str,
    path: str,
    body: str | dict[str, Any],
    object_key: str,
    at: datetime,
) -> None:
    """Have one change delivered to every receiver. Call it inside the transaction that makes the change.

    `body` is "" for a DELETE. A receiver without an interface for `module` pulls instead and gets no row.
    """
    text = body if isinstance(body, str) else wire.encode_text(body)
    change = Change(module, kind, method, path, text, object_key)
    for receiver in _one_per_connection(receivers, object_key):
        enqueue_many(receiver=receiver, owner=owner, changes=[change], at=at)


def enqueue_to(
    *,
    url: str,
    receiver: Receiver,
    sender: Party,
    module: str,
    kind: str,
    body: str | dict[str, Any],
    at: datetime,
    key: str = "",
    lapses_at: datetime | None = None,
    correlation_id: str = "",
) -> None:
    """Have a result, `body` (newest shape), POSTed to an address that the receiver gave, such as a response_url.

    `key`, if any, is this result's alone: it finds the push again. From `lapses_at` on the result is worth nothing and
    given up.
    """
    text = body if isinstance(body, str) else wire.encode_text(body)
    result = Change(module, kind, "POST", "", text, key, url, lapses_at, correlation_id)
    enqueue_many(receiver=receiver, owner=sender, changes=[result], at=at)


def enqueue_many(*, receiver: Receiver, owner: Party, changes: Sequence[Change], at: datetime) -> None:
    """Have many changes of different objects of one owner delivered to one receiver, in this order."""
    assert database.in_atomic_block, "the change and its pushes belong into one transaction"
    taken = [change for change in changes if change.url or receiver.connection.endpoint(change.module, "RECEIVER")]
    for start in range(0, len(taken), _BATCH):
        batch = taken[start : start + _BATCH]
        values = [value for change in batch for value in _values(change, receiver, owner, at)]
        with database.cursor() as cursor:
            cursor.execute(_UPSERT.format(columns=_COLUMNS, rows=", ".join([_ROW] * len(batch))), values)
    if taken:
        hurry(receiver.connection)


def withdraw(*, connection: Connection, key: str, why: str) -> int:
    """What waits for the platform of the object of that key does not concern it after all; how many were given up."""
    waiting = Push.objects.filter(
        connection=connection, object_key=key, state__in=[PushState.WAITING, PushState.RETRYING]
    )
    return waiting.update(state=PushState.LAPSED, last_error=why[:500])


def hurry(connection: Connection) -> None:
    """Ask for delivery right after the commit. Only a hint: the sweep finds the rows when the broker is away."""
    connection_id = connection.pk
    transaction.on_commit(lambda: _nudge(connection_id), robust=True)


def _nudge(connection_id: int) -> None:
    current_app.send_task("roaming.exchange.deliver", [connection_id], retry=False)


def _one_per_connection(receivers: Iterable[Receiver], key: str) -> list[Receiver]:
    """A platform that hosts two counterparties gets an object once."""
    if not key:
        return list(receivers)
    return list({receiver.connection.pk: receiver for receiver in reversed(list(receivers))}.values())


def _values(change: Change, receiver: Receiver, owner: Party, at: datetime) -> list[Any]:
    return [
        receiver.connection.pk,
        change.module,
        change.kind,
        change.method,
        change.path,
        change.url,
        change.key,
        change.body,
        owner.pk,
        receiver.party.pk,
        change.correlation_id or correlation.current(),
        uuid.uuid4(),
        at,
        change.lapses_at,
        at,
    ]
