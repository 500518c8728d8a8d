"""The only writers of invoice records. A list is taken as it is and compared; neither side is ever corrected."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, Q

from partners import routing
from partners.connections.models import Connection
from partners.parties import selectors as parties
from partners.parties.models import Party, PartyRole
from partners.routing import Receiver
from roaming.cdrs.models import Cdr
from roaming.exchange import outbox
from roaming.exchange import selectors as exchange
from roaming.exchange.models import PushState
from roaming.invoice_records import checks, selectors
from roaming.invoice_records.models import InvoiceRecord, ListedCdr
from roaming.kernel import events
from roaming.ocpi import order, storage
from roaming.ocpi.schema.values import format_time, parse_time
from roaming.ocpi.storage import Objection, Stored, Unknown

Data = dict[str, Any]

MODULE = "invoicereconciliation"
_KIND = "invoice_reconciliation_record"
_BATCH = 2000
_HERE_ALREADY = "This record is here already; nothing was changed."


class ContentDiffers(Exception):
    """A record with this id is stored already and says something else. The text names it and what differs."""


def subscribe() -> None:
    """Hear of CDRs that arrive."""
    events.subscribe("cdr.received", cdr_received)


@transaction.atomic
def receive(
    *, owners: Sequence[Party], data: Data, addressed: tuple[str, str] | None = None, at: datetime
) -> Stored[InvoiceRecord]:
    """Take in a record posted as new. The same content again is the same record; other content raises ContentDiffers.

    `owners` are the parties that its code can mean (see selectors.issuers), `addressed` whom the request was sent to
    (country code, party id), if it says so.
    """
    owner = _owner(owners, data)
    return _write(owner, data, addressed, _posted_again, at)


@transaction.atomic
def replace(
    *, party: Party, data: Data, addressed: tuple[str, str] | None = None, at: datetime
) -> Stored[InvoiceRecord]:
    """Correct a record that is here by what it should say (I3). Raises Unknown, also for a deleted one."""
    _present(party, data["id"])
    return _write(party, data, addressed, storage.too_old, at)


@transaction.atomic
def keep(*, owners: Sequence[Party], data: Data, at: datetime) -> Stored[InvoiceRecord]:
    """A record as its owner lists it: new, changed, or as it was."""
    return _write(_owner(owners, data), data, None, storage.too_old, at)


@transaction.atomic
def delete(*, party: Party, record_id: str, at: datetime) -> InvoiceRecord:
    """The record was an error (I3); what it said stays for people to see. Raises Unknown, also the second time."""
    row = _present(party, record_id)
    row.deleted_at = row.changed_at = at
    row.save(update_fields=["deleted_at", "changed_at"])
    _withdraw(row, row.counterparty, at)
    return row


@transaction.atomic
def issue(*, party: Party, counterparty: Party, invoice_id: str, cdrs: Collection[Cdr], at: datetime) -> InvoiceRecord:
    """Make and send a record of ours: the invoice `invoice_id` of `party` is about `cdrs`, in this order. Its id is the
    invoice's (36 characters at most). A back-end of ours that has sent the record itself is left its word."""
    if (known := selectors.present(party, invoice_id)) is not None:
        return known
    data = {
        "country_code": party.country_code,
        "party_id": party.party_id,
        "id": invoice_id,
        "invoice_id": invoice_id,
        "cdrs": [cdr.ocpi_id for cdr in cdrs],
        "last_updated": format_time(at),
    }
    stored = _store(party, data, counterparty, cdrs, _posted_again, at)
    return stored.row


@transaction.atomic(savepoint=False)
def tell_missed(*, connection: Connection, at: datetime) -> None:
    """A door opens for a platform: it is sent the records that it does not have, or has as they were."""
    if not outbox.takes(connection, MODULE):
        return
    visible = InvoiceRecord.objects.filter(routing.records_visible_to(connection, at=at))
    rows = visible.annotate(push_key=outbox.key_column(MODULE)).select_related("party", "counterparty")
    told = exchange.pushes_of_row(connection).exclude(state=PushState.DEAD)
    for record in rows.filter(Q(~Exists(told), deleted_at=None) | exchange.knows_older(connection)).order_by("id"):
        assert record.counterparty is not None, "somebody is joined to it"
        for receiver in routing.receivers_here(connection, record.counterparty, owner=record.party):
            _tell(record, receiver, at)


def cdr_received(*, cdr: Cdr) -> None:
    """Records that listed this CDR before it was here find it now. One that knew nobody to bill may know now."""
    for entry in selectors.waiting_for(cdr).select_for_update(of=("self",)):
        entry.cdr = cdr
        entry.save(update_fields=["cdr"])
        record = entry.record
        if record.counterparty is None:
            record.counterparty = selectors.other_side(record.party, cdr)
            record.save(update_fields=["counterparty"])
            _announce(record, cdr.received_at)
        checks.look_at_arrival(record, cdr, cdr.received_at)


def _present(party: Party, record_id: str) -> InvoiceRecord:
    row = storage.lock(InvoiceRecord, party=party, ocpi_id=record_id)
    if row.deleted_at is not None:
        raise Unknown(f"{party.code} has deleted its invoice record “{record_id}”.")
    return row


def _posted_again(row: InvoiceRecord, data: Data) -> str:
    if row.deleted_at is not None:
        return ""
    if order.same_content(data, row.data):
        return _HERE_ALREADY
    fields = ", ".join(order.differing(row.data, data))
    raise ContentDiffers(
        f"Invoice record “{row.ocpi_id}” of {row.party.code} is stored already with other content; "
        f"different: {fields}. Correct a record with PUT."
    )


def _owner(owners: Sequence[Party], data: Data) -> Party:
    """Who bills, where a code is a CPO and an eMSP: whoever has the record already, else whoever can bill more of the
    CDRs, else the CPO."""
    if len(owners) == 1:
        return owners[0]
    known = selectors.issuer_of(owners, data["id"])
    return known or max(owners, key=lambda owner: len(selectors.cdrs_named(owner, data["cdrs"])))


def _write(
    owner: Party, data: Data, addressed: tuple[str, str] | None, objection: Objection[InvoiceRecord], at: datetime
) -> Stored[InvoiceRecord]:
    cdrs = selectors.cdrs_named(owner, data["cdrs"])
    known = storage.find(InvoiceRecord, party=owner, ocpi_id=data["id"])
    kept = known.counterparty if known is not None else None
    counterparty = selectors.most_billed(owner, cdrs) or _named(owner, addressed) or kept
    stored = _store(owner, data, counterparty, cdrs, objection, at)
    if stored.changed and kept not in (None, counterparty):
        _withdraw(stored.row, kept, at)
    return stored


def _named(owner: Party, addressed: tuple[str, str] | None) -> Party | None:
    opposite = PartyRole.EMSP if owner.role == PartyRole.CPO else PartyRole.CPO
    return parties.find(*addressed, opposite) if addressed else None


def _store(
    owner: Party,
    data: Data,
    counterparty: Party | None,
    cdrs: Collection[Cdr],
    objection: Objection[InvoiceRecord],
    at: datetime,
) -> Stored[InvoiceRecord]:
    """Keep the record and its list, tell the counterparty, and look for what does not fit."""
    columns = {
        "counterparty": counterparty,
        "invoice_id": data["invoice_id"],
        "deleted_at": None,
        "last_updated": parse_time(data["last_updated"]),
    }
    stored = storage.put_object(
        InvoiceRecord, party=owner, ocpi_id=data["id"], data=data, columns=columns, at=at, objection=objection
    )
    if stored.changed:
        _list(stored.row, data["cdrs"], cdrs)
        _announce(stored.row, at)
        checks.look(stored.row, data["cdrs"], at)
        events.publish("invoice_record.changed", record=stored.row, at=at)
    return stored


def _list(record: InvoiceRecord, ids: Iterable[str], cdrs: Iterable[Cdr]) -> None:
    """The list anew, each CDR once; of two that have the same id, the one of the counterparty is meant."""
    ListedCdr.objects.filter(record=record).delete()
    meant: dict[str, Cdr] = {}
    for cdr in cdrs:
        if cdr.ocpi_id.upper() not in meant or selectors.other_side(record.party, cdr) == record.counterparty:
            meant[cdr.ocpi_id.upper()] = cdr
    once = {cdr_id.upper(): cdr_id for cdr_id in ids}
    rows = (
        ListedCdr(record=record, position=position, ocpi_id=cdr_id, cdr=meant.get(upper))
        for position, (upper, cdr_id) in enumerate(once.items(), start=1)
    )
    ListedCdr.objects.bulk_create(rows, batch_size=_BATCH)


def _announce(record: InvoiceRecord, at: datetime) -> None:
    for receiver in routing.receivers_of_record(record.party, record.counterparty):
        _tell(record, receiver, at)


def _tell(record: InvoiceRecord, receiver: Receiver, at: datetime) -> None:
    """The record as it is now: PUT to those who have it, POSTed to those to whom it is new (T70)."""
    if record.deleted_at is not None:
        _push(record, receiver, "DELETE", at)
    else:
        known = exchange.knows(receiver.connection, selectors.push_key(record))
        _push(record, receiver, "PUT" if known else "POST", at)


def _withdraw(record: InvoiceRecord, counterparty: Party | None, at: datetime) -> None:
    for receiver in routing.receivers_of_record(record.party, counterparty):
        _push(record, receiver, "DELETE", at)


def _push(record: InvoiceRecord, receiver: Receiver, method: str, at: datetime) -> None:
    outbox.enqueue(
        receivers=[receiver],
        owner=record.party,
        module=MODULE,
        kind=_KIND,
        method=method,
        path="" if method == "POST" else outbox.object_path(record.party, record.ocpi_id),
        body="" if method == "DELETE" else record.body,
        object_key=selectors.push_key(record),
        merges=False,
        at=at,
    )
