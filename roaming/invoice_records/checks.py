"""What does not fit about an invoice record: told to people, never corrected (I4, I5)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from partners.parties.models import Party
from roaming.cdrs.models import Cdr, CdrState
from roaming.findings import services as findings
from roaming.findings.models import Severity
from roaming.invoice_records import selectors
from roaming.invoice_records.models import InvoiceRecord, ListedCdr

_NAMED = 20
_CONTESTED = (CdrState.HELD, CdrState.REJECTED)


def look(record: InvoiceRecord, ids: Sequence[str], at: datetime) -> None:
    """Look at a record that is new or changed; `ids` are the CDRs as it lists them."""
    listed = ListedCdr.objects.filter(record=record, cdr__isnull=False).select_related("cdr__party", "cdr__emsp")
    cdrs = [entry.cdr for entry in listed.defer("cdr__raw", "cdr__body") if entry.cdr is not None]
    if record.counterparty is None:
        _tell(record, "record_bills_nobody", "Nobody knows whom an invoice record bills", _NOBODY, at)
    _missing(record, at)
    _listed_twice(record, ids, at)
    _look_at_cdrs(record, cdrs, at)


def look_at_arrival(record: InvoiceRecord, cdr: Cdr, at: datetime) -> None:
    """Look at a CDR that was listed before it came. Its state is not known yet."""
    _look_at_cdrs(record, [cdr], at)


def _look_at_cdrs(record: InvoiceRecord, cdrs: Sequence[Cdr], at: datetime) -> None:
    _of_others(record, cdrs, at)
    _in_several_currencies(record, at)
    _on_two_records(record, cdrs, at)
    _contested(record, cdrs, at)


_NOBODY = "None of its CDRs is here and the request was addressed to nobody, so it is shown to no partner."


def _missing(record: InvoiceRecord, at: datetime) -> None:
    missing = selectors.missing(record)
    if missing:
        what = f"{len(missing)} of the {record.listed.count()} CDRs it lists are not here: {_some(missing)}."
        _tell(record, "record_cdrs_missing", "An invoice record lists CDRs we do not have", what, at)


def _listed_twice(record: InvoiceRecord, ids: Sequence[str], at: datetime) -> None:
    times = Counter(cdr_id.upper() for cdr_id in ids)
    twice = [cdr_id for cdr_id, count in times.items() if count > 1]
    if twice:
        what = f"It lists more than once: {_some(twice)}. Each counts once."
        _tell(record, "record_lists_twice", "An invoice record lists a CDR twice", what, at)


def _of_others(record: InvoiceRecord, cdrs: Iterable[Cdr], at: datetime) -> None:
    others = [
        cdr for cdr in cdrs if record.counterparty and selectors.other_side(record.party, cdr) != record.counterparty
    ]
    if others:
        named = _some([f"{cdr.ocpi_id} ({_code(selectors.other_side(record.party, cdr), cdr)})" for cdr in others])
        what = f"It bills {record.counterparty} for CDRs that concern others: {named}."
        _tell(record, "record_cdr_of_another_pair", "An invoice record mixes partners", what, at, at_risk=others)


def _code(party: Party | None, cdr: Cdr) -> str:
    return party.code if party is not None else cdr.emsp_code


def _in_several_currencies(record: InvoiceRecord, at: datetime) -> None:
    sums = selectors.sums(record)
    if len(sums) > 1:
        totals = ", ".join(f"{row['total'].normalize():f} {row['currency']} ({row['count']})" for row in sums)
        what = f"Its CDRs are in several currencies: {totals}; an invoice has one."
        _tell(record, "record_mixes_currencies", "An invoice record mixes currencies", what, at)


def _on_two_records(record: InvoiceRecord, cdrs: Iterable[Cdr], at: datetime) -> None:
    live = ListedCdr.objects.filter(cdr__in=list(cdrs), record__deleted_at=None).exclude(record=record)
    others: dict[InvoiceRecord, list[Cdr]] = {}
    for entry in live.select_related("record__party", "cdr").defer("record__body", "cdr__raw", "cdr__body"):
        if entry.cdr is not None:
            others.setdefault(entry.record, []).append(entry.cdr)
    for other, both in others.items():
        ids = _some([cdr.ocpi_id for cdr in both])
        what = (
            f"Record “{other.ocpi_id}” of {other.party.code} (invoice {other.invoice_id}) lists the same CDRs: {ids}."
        )
        _tell(record, "record_cdr_billed_twice", "A CDR is on two invoice records", what, at, at_risk=both)


def _contested(record: InvoiceRecord, cdrs: Iterable[Cdr], at: datetime) -> None:
    contested = [cdr for cdr in cdrs if cdr.state in _CONTESTED]
    if contested:
        named = _some([f"{cdr.ocpi_id} ({cdr.get_state_display().lower()})" for cdr in contested])
        what = f"It bills CDRs that were not accepted here: {named}."
        _tell(record, "record_cdr_not_accepted", "An invoice record bills held CDRs", what, at, at_risk=contested)


def _some(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _NAMED} more" if len(texts) > _NAMED else ""
    return ", ".join(texts[:_NAMED]) + more


def _tell(
    record: InvoiceRecord, code: str, title: str, what: str, at: datetime, *, at_risk: Iterable[Cdr] = ()
) -> None:
    """One finding for the same words; money at risk where it is in one currency."""
    worth = selectors.worth(at_risk)
    money: tuple[Decimal | None, str] = (None, "")
    if len(worth) == 1:
        ((currency, amount),) = worth.items()
        money = (amount, currency)
    findings.record_once(
        code=code,
        severity=Severity.NOTE,
        title=title,
        sentence=f"Invoice record “{record.ocpi_id}” of {record.party.code}, invoice {record.invoice_id}: {what}",
        connection=record.party.connection,
        subject=subject(record),
        money_at_risk=money[0],
        currency=money[1],
        at=at,
    )


def subject(record: InvoiceRecord) -> str:
    """How findings name a record."""
    return f"invoicereconciliation {record.party.code} {record.ocpi_id}"
