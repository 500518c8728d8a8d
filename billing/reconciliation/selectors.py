"""An invoice record beside our own documents: what it bills of each of them, and what is on none (I5)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum

from billing.invoices.models import Invoice, InvoiceKind, InvoiceLine
from partners.people.models import User
from roaming.cdrs.models import Cdr
from roaming.invoice_records import selectors as records
from roaming.invoice_records.models import InvoiceRecord, ListedCdr


@dataclass(frozen=True)
class Compared:
    """One document of ours beside a record, which lists `listed` of its `lines`, worth `listed_net` of its net."""

    invoice: Invoice
    listed: int
    listed_net: Decimal
    lines: int

    @property
    def complete(self) -> bool:
        """Whether the record lists the whole document."""
        return self.listed == self.lines

    @property
    def unlisted_net(self) -> Decimal:
        """What the record leaves out of the document, before tax."""
        return self.invoice.net - self.listed_net


def compared(record: InvoiceRecord) -> list[Compared]:
    """Every document that has a CDR of the record, newest first."""
    lines = InvoiceLine.objects.filter(cdr__listed_on__record=record)
    found = {row["invoice"]: row for row in lines.values("invoice").annotate(count=Count("id"), net=Sum("amount"))}
    documents = Invoice.objects.filter(pk__in=found).select_related("agreement__cpo", "agreement__emsp")
    counted = documents.annotate(line_count=Count("lines")).order_by("-id")
    return [
        Compared(invoice, found[invoice.pk]["count"], found[invoice.pk]["net"], invoice.line_count)
        for invoice in counted
    ]


def on_no_document(record: InvoiceRecord) -> list[dict[str, Any]]:
    """What the record bills that no document of ours has, per currency: `currency`, `count`, `total` before tax."""
    loose = ListedCdr.objects.filter(record=record, cdr__isnull=False, cdr__invoice_line=None)
    rows = loose.values("cdr__currency").order_by("cdr__currency")
    return [
        {**row, "currency": row["cdr__currency"]}
        for row in rows.annotate(count=Count("id"), total=Sum("cdr__total_cost"))
    ]


def invoice_of(record: InvoiceRecord) -> Invoice | None:
    """The invoice of ours that the record names, if it is ours."""
    ours = Invoice.objects.filter(kind=InvoiceKind.INVOICE, number=record.invoice_id, agreement__cpo=record.party)
    return ours.first()


def records_about(invoice: Invoice, user: User) -> QuerySet[InvoiceRecord]:
    """The records that bill CDRs of this document."""
    lines = Cdr.objects.filter(invoice_line__invoice=invoice)
    about = records.visible_to(user).filter(listed__cdr__in=lines, deleted_at=None).distinct()
    return about.select_related("party").defer("body").order_by("id")
