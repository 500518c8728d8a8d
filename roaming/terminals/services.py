"""The only writers of payment terminals and financial advice confirmations."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from partners import routing
from partners.connections.models import Connection
from partners.parties.models import Party
from partners.routing import Receiver
from roaming.exchange import outbox
from roaming.ocpi import storage
from roaming.ocpi.schema.values import parse_time
from roaming.ocpi.storage import Stored
from roaming.terminals import selectors
from roaming.terminals.models import FinancialAdvice, Terminal

Data = dict[str, Any]

_KINDS = {Terminal: "terminal", FinancialAdvice: "financial_advice_confirmation"}


@transaction.atomic
def put_terminal(*, provider: Party, cpo: Party | None, data: Data, at: datetime) -> Stored[Terminal]:
    """A terminal as its provider tells it, new or changed: there is only POST for both. Who its CPO is stays known when
    nothing says it any more."""
    known = storage.find(Terminal, party=provider, ocpi_id=data["terminal_id"])
    cpo = cpo or (known.cpo if known is not None else None)
    stored = storage.put_object(
        Terminal,
        party=provider,
        ocpi_id=data["terminal_id"],
        data=data,
        columns={**_terminal_columns(data), "cpo": cpo},
        at=at,
    )
    if stored.changed and stored.row.deactivated_at is not None:
        stored.row.deactivated_at = None
        stored.row.save(update_fields=["deactivated_at"])
    return _told(stored, at)


@transaction.atomic
def put_advice(*, provider: Party, cpo: Party | None, data: Data, at: datetime) -> Stored[FinancialAdvice]:
    """What was captured, as the provider tells it: a second try may succeed where the first failed."""
    known = storage.find(FinancialAdvice, party=provider, ocpi_id=data["id"])
    cpo = cpo or (known.cpo if known is not None else None)
    columns = {**_advice_columns(data), "cpo": cpo}
    stored = storage.put_object(FinancialAdvice, party=provider, ocpi_id=data["id"], data=data, columns=columns, at=at)
    return _told(stored, at)


def outdated(*, terminal: Terminal, data: Data) -> str:
    """Why what its CPO says of the terminal is not taken, as a note for it: it is older than what is known (T65). Else
    ""."""
    return storage.too_old(terminal, data)


@transaction.atomic
def assigned(*, terminal: Terminal, data: Data, at: datetime) -> Stored[Terminal]:
    """Its CPO said what the terminal is for, and the provider took it; the CPO knows, so nothing is announced.

    Raises Invalid when the result is no terminal any more.
    """
    row = storage.lock(Terminal, party=terminal.party, ocpi_id=terminal.ocpi_id)
    return storage.patch_object(row, kind="terminal", patch=data, columns=_terminal_columns, at=at)


def deactivated(*, terminal: Terminal, at: datetime) -> None:
    """Its CPO had the provider deactivate it; OCPI has no field that says so."""
    Terminal.objects.filter(pk=terminal.pk).update(deactivated_at=at)


@transaction.atomic(savepoint=False)
def tell_missed(*, connection: Connection, at: datetime) -> None:
    """A door opens for a CPO's platform: it is sent the terminals at its stations and captures, as far as it lacks
    them."""
    if not outbox.takes(connection, "payments"):
        return
    terminals, advices = selectors.missed(Terminal, connection, at), selectors.missed(FinancialAdvice, connection, at)
    rows: list[Terminal | FinancialAdvice] = [*terminals, *advices]
    for row in rows:
        assert row.cpo is not None, "it was found by its CPO"
        _push(row, routing.receivers_here(connection, row.cpo, owner=row.party), at)


def _told(stored: Stored[Any], at: datetime) -> Stored[Any]:
    row = stored.row
    if stored.changed:
        _push(row, routing.receivers_of_terminal(row.party, row.cpo, at=at), at)
    return stored


def _push(row: Terminal | FinancialAdvice, receivers: list[Receiver], at: datetime) -> None:
    tail = selectors.TAILS[type(row)]
    outbox.enqueue(
        receivers=receivers,
        owner=row.party,
        module="payments",
        kind=_KINDS[type(row)],
        method="POST",
        path=tail,
        body=row.body,
        object_key=outbox.object_key(tail, row.party, row.ocpi_id),
        at=at,
    )


def _terminal_columns(data: Data) -> dict[str, Any]:
    return {
        "reference": data.get("reference") or "",
        "customer_reference": data.get("customer_reference") or "",
        "city": data.get("city") or "",
        "location_ids": list(data.get("location_ids") or []),
        "evse_uids": list(data.get("evse_uids") or []),
        "last_updated": parse_time(data["last_updated"]),
    }


def _advice_columns(data: Data) -> dict[str, Any]:
    price = data["total_costs"]
    taxes = sum((Decimal(tax["amount"]) for tax in price.get("taxes") or []), Decimal(0))
    return {
        "authorization_reference": data["authorization_reference"],
        "status": data["capture_status_code"],
        "currency": data["currency"].upper(),
        "total": storage.amount(Decimal(price["before_taxes"]) + taxes),
        "last_updated": parse_time(data["last_updated"]),
    }
