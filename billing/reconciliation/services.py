"""Comparing what a partner says its invoice is about with the statement we made of what we expect."""

from datetime import datetime

from billing.invoices.models import InvoiceKind
from billing.reconciliation import selectors
from billing.reconciliation.selectors import Compared
from roaming.findings import services as findings
from roaming.findings.models import Severity
from roaming.invoice_records.checks import subject
from roaming.invoice_records.models import InvoiceRecord
from roaming.kernel.money import round_money


def record_changed(*, record: InvoiceRecord, at: datetime) -> None:
    """Tell where a record and a statement of ours disagree (I5). Neither is changed."""
    for found in selectors.compared(record):
        if found.invoice.kind == InvoiceKind.EXPECTED and not found.complete:
            _tell(record, found, at)


def _tell(record: InvoiceRecord, found: Compared, at: datetime) -> None:
    statement = found.invoice
    findings.record_once(
        code="record_differs_from_statement",
        severity=Severity.NOTE,
        title="An invoice record leaves out what we expect",
        sentence=f"Invoice record “{record.ocpi_id}” of {record.party.code}, invoice {record.invoice_id}: it lists "
        f"{found.listed} of the {found.lines} CDRs that we expect for {statement.period_starts_date:%B %Y} under "
        f"{statement.agreement}.",
        expected=f"{round_money(statement.net, statement.currency)} {statement.currency} before tax",
        actual=f"{round_money(found.listed_net, statement.currency)} {statement.currency} before tax",
        connection=record.party.connection,
        subject=subject(record),
        money_at_risk=abs(found.unlisted_net),
        currency=statement.currency,
        at=at,
    )
