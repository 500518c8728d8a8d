"""Issuing: a draft becomes a document that never changes again, with its number, its names and its files."""

import hashlib
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from billing.invoices import files, selectors
from billing.invoices.document import companies_now
from billing.invoices.models import MOVES, Invoice, InvoiceFile, InvoiceKind, InvoiceState, NumberSeries
from partners.partners.models import Partner
from partners.people.models import User
from roaming.invoice_records import services as invoice_records
from roaming.invoice_records.selectors import speak_records
from roaming.kernel import states


class CannotIssue(Exception):
    """The document cannot be issued; the text says why. No number was used."""


@transaction.atomic
def issue(*, invoice: Invoice, by: User | None, at: datetime) -> Invoice:
    """Freeze the draft: number (invoices only), dates in the agreement's zone, names as of now, PDF, CSV and XLSX.

    Numbers of one seller and year have no gaps: the series is locked until everything is committed. Raises CannotIssue.
    """
    draft = _locked(invoice)
    if draft.state != InvoiceState.DRAFT:
        raise CannotIssue(f"{draft} is issued already.")
    issued_date = at.astimezone(ZoneInfo(draft.agreement.time_zone)).date()
    stamps: dict[str, Any] = {
        "issued_at": at,
        "issued_by": by,
        "issued_date": issued_date,
        "companies": companies_now(draft),
    }
    if draft.kind == InvoiceKind.INVOICE:
        stamps["due_date"] = issued_date + timedelta(days=draft.agreement.payment_days)
        stamps |= _number(draft.seller, issued_date.year)
    states.move(draft, to=InvoiceState.ISSUED, moves=MOVES, **stamps)
    _keep_files(draft, at)
    _send_record(draft, at)
    return draft


def _locked(invoice: Invoice) -> Invoice:
    related = ("agreement__cpo", "agreement__emsp", "seller", "buyer", "run")
    return Invoice.objects.select_for_update(of=("self",)).select_related(*related).get(pk=invoice.pk)


def _number(issuer: Partner, year: int) -> dict[str, Any]:
    NumberSeries.objects.bulk_create([NumberSeries(issuer=issuer, year=year)], ignore_conflicts=True)
    series = NumberSeries.objects.select_for_update().get(issuer=issuer, year=year)
    series.last += 1
    series.save(update_fields=["last"])
    return {"number": f"INV-{year}-{series.last:05d}", "sequence": series.last, "sequence_year": year}


def _send_record(invoice: Invoice, at: datetime) -> None:
    """A partner whose OCPI version has invoice reconciliation is told which CDRs a new invoice of ours is about."""
    cpo, emsp = invoice.agreement.cpo, invoice.agreement.emsp
    if invoice.number and speak_records(emsp.connection):
        cdrs = [line.cdr for line in selectors.lines(invoice)]
        invoice_records.issue(party=cpo, counterparty=emsp, invoice_id=invoice.number, cdrs=cdrs, at=at)


def _keep_files(invoice: Invoice, at: datetime) -> None:
    for format, content in files.render_all(invoice).items():
        digest = hashlib.sha256(content).hexdigest()
        InvoiceFile.objects.create(invoice=invoice, format=format, content=content, sha256=digest, created_at=at)
