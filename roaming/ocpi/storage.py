"""The one write path of the objects that partners own: one row per identity, newest state kept, changes announced."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.db import IntegrityError, transaction

from partners.parties.models import Party
from partners.routing import Receiver
from roaming.exchange import outbox
from roaming.ocpi import order
from roaming.ocpi.models import OcpiObject
from roaming.ocpi.schema import transforms, validation, wire
from roaming.ocpi.schema.values import parse_time
from roaming.ocpi.versions import NEWEST_SHAPE

M = TypeVar("M", bound=OcpiObject)
Data = dict[str, Any]
Columns = Mapping[str, Any]

_STEP = Decimal("0.00000001")
_AT_ONCE = 1000


class Unknown(Exception):
    """No such object is stored; the text names it."""


@dataclass(frozen=True)
class Stored(Generic[M]):
    """The row after the write; `changed` says whether partners have anything new to learn.

    `note` is for the sender: why nothing, or not everything, was stored. `before` is what the write replaced.
    """

    row: M
    created: bool
    changed: bool
    note: str = ""
    before: Data | None = None


# Why an object or a PATCH of it does not change a locked row, as a note for its sender; "" when it may.
Objection = Callable[[M, Data], str]


def find(model: type[M], *, party: Party, ocpi_id: str, **identity: Any) -> M | None:
    """The object of `party` with that id in any letter case, or None."""
    return _row(model, party, ocpi_id, identity, lock=False)


def lock(model: type[M], *, party: Party, ocpi_id: str, **identity: Any) -> M:
    """The same row, locked until the transaction ends. Raises Unknown."""
    row = _row(model, party, ocpi_id, identity, lock=True)
    if row is None:
        raise Unknown(f"{party.code} has no {model._meta.verbose_name} “{ocpi_id}” here.")
    return row


def too_old(row: OcpiObject, data: Data) -> str:
    """An older state is answered, not stored (T65)."""
    return order.older_note(row.data) if parse_time(data["last_updated"]) < row.last_updated else ""


def put_object(
    model: type[M],
    *,
    party: Party,
    ocpi_id: str,
    data: Data,
    columns: Columns,
    at: datetime,
    objection: Objection[M] = too_old,
    **identity: Any,
) -> Stored[M]:
    """Create the object or replace it as a whole (T60). Two first PUTs at once end in one row. Wants a transaction.

    `data` is in the newest shape, `columns` what the model keeps beside it (`last_updated` among them), `identity`
    further fields of the key.
    """
    row, created = held_or_new(model, party=party, ocpi_id=ocpi_id, data=data, columns=columns, at=at, **identity)
    if created:
        return Stored(row, created=True, changed=True)
    if note := objection(row, data):
        return Stored(row, created=False, changed=False, note=note)
    return written(row, before=row.data, data=data, columns=columns, at=at, ocpi_id=ocpi_id)


@dataclass(frozen=True)
class Item:
    """One object of many that are put: `columns` and `identity` as for `put_object`."""

    ocpi_id: str
    data: Data
    columns: Columns
    identity: Mapping[str, Any] = field(default_factory=dict)

    def key(self) -> tuple[Any, ...]:
        return self.ocpi_id.upper(), *self.identity.values()


def put_objects(
    model: type[M], *, party: Party, items: Sequence[Item], at: datetime, objection: Objection[M] = too_old
) -> list[Stored[M]]:
    """Put many objects of one party, no two of one identity, as `put_object` puts one; new ones in few statements.
    Wants a transaction."""
    known = _held(model, party, items)
    fresh = _inserted(model, party, [item for item in items if item.key() not in known], at)
    changes = [_change(known[item.key()], item, objection, at) for item in items if item.key() in known]
    _update(model, [change for change in changes if change.names], at)
    stored = {change.key: change.stored for change in changes}
    stored |= {key: Stored(row, created=True, changed=True) for key, row in fresh.items()}
    for item in items:
        if item.key() not in stored:  # somebody was faster
            what = {"data": item.data, "columns": item.columns, "objection": objection, **item.identity}
            stored[item.key()] = put_object(model, party=party, ocpi_id=item.ocpi_id, at=at, **what)
    return [stored[item.key()] for item in items]


@dataclass(frozen=True)
class _Change(Generic[M]):
    """What an item made of the locked row of its object: `names` are the fields to save, none for nothing; `same_age`
    says that other content came with the age that was there."""

    key: tuple[Any, ...]
    stored: Stored[M]
    names: list[str]
    same_age: bool


def _change(row: M, item: Item, objection: Objection[M], at: datetime) -> _Change[M]:
    before, age = row.data, row.last_updated
    if note := objection(row, item.data):
        return _Change(item.key(), Stored(row, created=False, changed=False, note=note), [], False)
    names, news = _taken(row, before=before, data=item.data, columns=item.columns, at=at, ocpi_id=item.ocpi_id)
    stored = Stored(row, created=False, changed=news, before=before)
    return _Change(item.key(), stored, names, news and row.last_updated == age)


def _update(model: type[M], changes: Sequence[_Change[M]], at: datetime) -> None:
    rows = [change.stored.row for change in changes]
    names = sorted({name for change in changes for name in change.names})
    if rows:
        # Faster than an UPDATE of many rows as Django writes it; none is inserted, for all are there and locked.
        model._default_manager.bulk_create(
            rows, batch_size=_AT_ONCE, update_conflicts=True, unique_fields=["pk"], update_fields=names
        )
    for change in changes:
        row = change.stored.row
        if change.same_age and change.stored.before is not None:
            order.note_same_age(row, stored=change.stored.before, sent=row.data, at=at)
        order.note_ahead(row, at)


def _held(model: type[M], party: Party, items: Sequence[Item]) -> dict[tuple[Any, ...], M]:
    """The rows that hold them, locked."""
    found = {}
    for start in range(0, len(items), _AT_ONCE):
        some = items[start : start + _AT_ONCE]
        ids = [item.ocpi_id.upper() for item in some]
        rows = model._default_manager.filter(party=party, ocpi_id_upper__in=ids).select_for_update().order_by("id")
        for row in rows:
            row.party = party
            found[(row.ocpi_id_upper, *(getattr(row, name) for name in some[0].identity))] = row
    return found


def _inserted(model: type[M], party: Party, items: Sequence[Item], at: datetime) -> dict[tuple[Any, ...], M]:
    """New rows; none at all when somebody was faster with one of them."""
    rows = [
        model(
            party=party,
            ocpi_id=item.ocpi_id,
            body=wire.encode_text(item.data),
            created_at=at,
            changed_at=at,
            **item.identity,
            **item.columns,
        )
        for item in items
    ]
    try:
        with transaction.atomic():
            made = model._default_manager.bulk_create(rows, batch_size=_AT_ONCE)
    except IntegrityError:
        return {}
    for row in made:
        order.note_ahead(row, at)
    return {item.key(): row for item, row in zip(items, made, strict=True)}


def held_or_new(
    model: type[M], *, party: Party, ocpi_id: str, data: Data, columns: Columns, at: datetime, **identity: Any
) -> tuple[M, bool]:
    """The row that holds the object, locked, and False; or a new one that holds `data`, and True."""
    row = _row(model, party, ocpi_id, identity, lock=True)
    if row is not None:
        return row, False
    return insert(model, party=party, ocpi_id=ocpi_id, data=data, columns=columns, at=at, **identity)


def patch_object(
    row: M,
    *,
    kind: str,
    patch: Data,
    columns: Callable[[Data], Columns],
    at: datetime,
    objection: Objection[M] = too_old,
) -> Stored[M]:
    """Change the named fields of a locked row (T61, T64). Raises validation.Invalid when the result is no such object
    any more (T63)."""
    stored = row.data
    patch = order.dated(patch, stored, at)
    if note := objection(row, patch):
        return Stored(row, created=False, changed=False, note=note)
    merged = transforms.merge_patch(kind, stored, patch)
    validation.validate(NEWEST_SHAPE, kind, merged)
    return written(row, before=stored, data=merged, columns=columns(merged), at=at)


def written(row: M, *, before: Data, data: Data, columns: Columns, at: datetime, ocpi_id: str = "") -> Stored[M]:
    """Write `data` into a locked row that held `before`. Other content of the same age is a finding."""
    age = row.last_updated
    changed = replace(row, before=before, data=data, columns=columns, at=at, ocpi_id=ocpi_id)
    if changed and columns["last_updated"] == age:
        order.note_same_age(row, stored=before, sent=data, at=at)
    return Stored(row, created=False, changed=changed, before=before)


def insert(
    model: type[M], *, party: Party, ocpi_id: str, data: Data, columns: Columns, at: datetime, **identity: Any
) -> tuple[M, bool]:
    """A new row and True; or, when somebody was faster, theirs (locked) and False."""
    body = wire.encode_text(data)
    row = model(party=party, ocpi_id=ocpi_id, body=body, created_at=at, changed_at=at, **identity, **columns)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return lock(model, party=party, ocpi_id=ocpi_id, **identity), False
    order.note_ahead(row, at)
    return row, True


def replace(row: OcpiObject, *, before: Data, data: Data, columns: Columns, at: datetime, ocpi_id: str = "") -> bool:
    """Write `data` into a locked row that held `before`; False when partners learn nothing by it: it says the same
    already, or the same at a later time, which is kept."""
    names, news = _taken(row, before=before, data=data, columns=columns, at=at, ocpi_id=ocpi_id)
    if names:
        row.save(update_fields=names)
        order.note_ahead(row, at)
    return news


def _taken(
    row: OcpiObject, *, before: Data, data: Data, columns: Columns, at: datetime, ocpi_id: str
) -> tuple[list[str], bool]:
    """Set what differs, unsaved: the names of the fields to save, and whether partners learn anything by it."""
    differs = [name for name, value in columns.items() if getattr(row, name) != value]
    if not differs and wire.canonical(data) == wire.canonical(before):
        return [], False
    news = differs not in ([], ["last_updated"]) or not order.same_content(data, before)
    changes = {**columns, "ocpi_id": ocpi_id or row.ocpi_id, "body": wire.encode_text(data)}
    if news:
        changes["changed_at"] = at
    for name, value in changes.items():
        setattr(row, name, value)
    return list(changes), news


def announce(
    row: OcpiObject,
    *,
    receivers: Iterable[Receiver],
    module: str,
    kind: str,
    at: datetime,
    method: str = "PUT",
    type: str = "",
) -> None:
    """Put the row's present state, or its deletion, into the outbox of every receiver, in this transaction.

    `type` completes the identity of a token (K1); the address gets it on delivery.
    """
    outbox.enqueue(
        receivers=receivers,
        owner=row.party,
        module=module,
        kind=kind,
        method=method,
        path=outbox.object_path(row.party, row.ocpi_id),
        body="" if method == "DELETE" else row.body,
        object_key=outbox.object_key(module, row.party, row.ocpi_id, *([type] if type else [])),
        at=at,
    )


def announce_many(
    rows: Iterable[M],
    *,
    owner: Party,
    receivers: Iterable[Receiver],
    module: str,
    kind: str,
    at: datetime,
    type_of: Callable[[M], str] = lambda row: "",
) -> None:
    """The same for the present states of many rows of one owner, in few statements; `type_of` says what completes the
    identity of each."""
    changes = [
        outbox.Change(
            module=module,
            kind=kind,
            method="PUT",
            path=outbox.object_path(owner, row.ocpi_id),
            body=row.body,
            key=outbox.object_key(module, owner, row.ocpi_id, *([type_] if (type_ := type_of(row)) else [])),
        )
        for row in rows
    ]
    outbox.enqueue_many(receivers=receivers, owner=owner, changes=changes, at=at)


def amount(value: Decimal | int) -> Decimal:
    """A number as the numeric(24, 8) columns hold it; the validated object itself keeps every digit."""
    return Decimal(value).quantize(_STEP)


def _row(model: type[M], party: Party, ocpi_id: str, identity: Mapping[str, Any], *, lock: bool) -> M | None:
    rows = model._default_manager.filter(party=party, ocpi_id_upper=ocpi_id.upper(), **identity)
    row = (rows.select_for_update() if lock else rows).first()
    if row is not None:
        row.party = party
    return row
