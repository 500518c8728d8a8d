"""Write it down before you send it: changes for partners are rows of the transaction that makes them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from celery import current_app
from django.db import connection as database
from django.db import transaction
from django.db.models import CharField, Value
from django.db.models.functions import Concat, Upper

from partners.connections.models import Connection
from partners.parties.models import Party
from partners.routing import Receiver
from roaming.exchange.models import Push, PushState
from roaming.kernel import correlation
from roaming.ocpi.schema import wire

# Every change to every receiver in one statement, however many there are of both; each body travels once.
# Django cannot name a partial unique index in ON CONFLICT, hence SQL. A CDR never changes: one that waits stays so.
_UPSERT = """
INSERT INTO roaming_push (
    connection_id, to_party_id, module, kind, method, path, url, object_key, merges, follows, body, from_party_id,
    correlation_id, edition, state, attempts, next_attempt_at, last_error, failure, kept_at, note, lapses_at,
    created_at)
SELECT receiver.connection, receiver.party, change.module, change.kind, change.method, change.path, change.url,
    change.key, change.merges, change.follows, change.body, %(owner)s, change.correlation, gen_random_uuid(), 'waiting',
    0, %(at)s, '', '', '', '', change.lapses, %(at)s
FROM unnest(%(modules)s::text[], %(kinds)s::text[], %(methods)s::text[], %(paths)s::text[], %(urls)s::text[],
        %(keys)s::text[], %(merges)s::boolean[], %(follows)s::text[], %(bodies)s::text[], %(correlations)s::text[],
        %(lapses)s::timestamptz[]) WITH ORDINALITY
    AS change (module, kind, method, path, url, key, merges, follows, body, correlation, lapses, place),
    unnest(%(connections)s::bigint[], %(parties)s::bigint[]) AS receiver (connection, party)
ORDER BY change.place
ON CONFLICT (connection_id, object_key) WHERE state IN ('waiting', 'retrying') AND merges AND object_key <> ''
DO UPDATE SET kind = EXCLUDED.kind, method = EXCLUDED.method, path = EXCLUDED.path, url = EXCLUDED.url,
    follows = EXCLUDED.follows, body = EXCLUDED.body, lapses_at = EXCLUDED.lapses_at,
    from_party_id = EXCLUDED.from_party_id, to_party_id = EXCLUDED.to_party_id,
    correlation_id = EXCLUDED.correlation_id, edition = EXCLUDED.edition, state = 'waiting', attempts = 0,
    next_attempt_at = least(roaming_push.next_attempt_at, EXCLUDED.next_attempt_at), last_error = '', failure = '',
    handled_by_id = NULL, handled_at = NULL, note = ''
WHERE roaming_push.kind <> 'cdr'
"""
_BATCH = 500
# A hint that waited so long says nothing that the sweep has not found meanwhile.
HINT_SECONDS = 10


@dataclass(frozen=True)
class Change:
    """One new state of one object, in the newest OCPI shape.

    `path` follows the partner's endpoint URL (see `object_path`; "" for a POST). `key` names the object (see
    `object_key`): a newer state replaces one still waiting. An empty key is never replaced. A CDR never changes; its
    key only tells whether it was sent. `url` is the whole address where the partner gave one, as for results.
    From `lapses_at` on nobody needs it. `correlation_id` is that of the chain it belongs to; empty: of the request
    being answered (T12). Where states of the object do not `merge`, all are sent, one after the other. It is sent after
    what waits under the key `follows`.
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
    merges: bool = True
    follows: str = ""


def object_path(owner: Party, *ids: str) -> str:
    """The tail of a receiver URL: `NL/VLT/LOC1[/evse_uid[/connector_id]]`, percent-encoded (T70, T75)."""
    return "/".join(quote(part, safe="") for part in (owner.country_code, owner.party_id, *ids))


def object_key(module: str, owner: Party, *ids: str) -> str:
    """One name for one object in any letter case: "locations NL*VLT LOC1"."""
    return " ".join([module, owner.code, *(part.upper() for part in ids)])


def part_key(owner: Party, *ids: str) -> str:
    """One name for one part of a location: "evses NL/VLT/LOC1/1"."""
    return f"evses {object_path(owner, *ids)}".upper()


def key_column(module: str) -> Concat:
    """`object_key` of the rows of a model of OCPI objects, for queries."""
    owner = ["party__country_code", Value("*"), "party__party_id"]
    type_ = [Value(" "), Upper("type")] if module == "tokens" else []
    return Concat(Value(f"{module} "), *owner, Value(" "), "ocpi_id_upper", *type_, output_field=CharField())


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
    merges: bool = True,
    follows: str = "",
) -> None:
    """Have one change delivered to every receiver. Call it inside the transaction that makes the change.

    `body` is "" for a DELETE. A receiver without an interface for `module` pulls instead and gets no row.
    """
    text = body if isinstance(body, str) else wire.encode_text(body)
    change = Change(module, kind, method, path, text, object_key, merges=merges, follows=follows)
    enqueue_many(receivers=receivers, owner=owner, changes=[change], at=at)


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
    enqueue_many(receivers=[receiver], owner=sender, changes=[result], at=at)


def enqueue_many(*, receivers: Iterable[Receiver], owner: Party, changes: Sequence[Change], at: datetime) -> None:
    """Have changes of different objects of one owner, all of one module, delivered to every receiver, in this order."""
    assert database.in_atomic_block, "the change and its pushes belong into one transaction"
    taken = _takers(receivers, changes[0]) if changes else []
    for start in range(0, len(changes) if taken else 0, _BATCH):
        batch = changes[start : start + _BATCH]
        _supersede(batch, taken)
        _insert(batch, taken, owner, at)
    hurry(*(receiver.connection.pk for receiver in taken))


def _supersede(changes: Sequence[Change], receivers: Sequence[Receiver]) -> None:
    """A whole location holds what waits of its parts."""
    wholes = [change.key for change in changes if change.kind == "location"]
    if wholes:
        parts = Push.objects.filter(connection__in=[one.connection.pk for one in receivers], follows__in=wholes)
        waiting = parts.filter(state__in=[PushState.WAITING, PushState.RETRYING], kind="evse")
        waiting.update(state=PushState.LAPSED, last_error="The whole location is sent instead.")


def _insert(changes: Sequence[Change], receivers: Sequence[Receiver], owner: Party, at: datetime) -> None:
    chain = correlation.current()
    values: dict[str, Any] = {
        "modules": [change.module for change in changes],
        "kinds": [change.kind for change in changes],
        "methods": [change.method for change in changes],
        "paths": [change.path for change in changes],
        "urls": [change.url for change in changes],
        "keys": [change.key for change in changes],
        "merges": [change.merges for change in changes],
        "follows": [change.follows for change in changes],
        "bodies": [change.body for change in changes],
        "correlations": [change.correlation_id or chain for change in changes],
        "lapses": [change.lapses_at for change in changes],
        "connections": [receiver.connection.pk for receiver in receivers],
        "parties": [receiver.party.pk for receiver in receivers],
    }
    with database.cursor() as cursor:
        cursor.execute(_UPSERT, {**values, "owner": owner.pk, "at": at})


def withdraw(*, connection: Connection, key: str, why: str) -> int:
    """What waits for the platform of the object of that key does not concern it after all; how many were given up."""
    waiting = Push.objects.filter(
        connection=connection, object_key=key, state__in=[PushState.WAITING, PushState.RETRYING]
    )
    return waiting.update(state=PushState.LAPSED, last_error=why[:500])


def hurry(*connection_ids: int) -> None:
    """Ask for delivery right after the commit. Only a hint: the sweep finds the rows when the broker is away."""
    if connection_ids:
        transaction.on_commit(lambda: _nudge(list(connection_ids)), robust=True)


def _nudge(connection_ids: list[int]) -> None:
    current_app.send_task("roaming.exchange.hurry", [connection_ids], retry=False, expires=HINT_SECONDS)


def takes(connection: Connection, module: str) -> bool:
    """Whether anything of `module` is ever pushed to the platform: one without an interface for it pulls instead."""
    return connection.endpoint(module, "RECEIVER") is not None


def anybody_takes(module: str) -> bool:
    """Whether there is a platform to which something of `module` is ever pushed."""
    return Connection.objects.filter(endpoints__contains=[{"identifier": module, "role": "RECEIVER"}]).exists()


def _takers(receivers: Iterable[Receiver], change: Change) -> list[Receiver]:
    """Those that have an interface for it, or gave an address. A platform that hosts two counterparties gets an object
    once."""
    taken = [one for one in receivers if change.url or takes(one.connection, change.module)]
    return list({one.connection.pk: one for one in reversed(taken)}.values()) if change.key else taken
