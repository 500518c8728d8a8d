"""Invoice records: which CDRs a partner, or we, say that an invoice is about, beside our own documents."""

from typing import Any

import django_filters
import django_tables2
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from billing.reconciliation import selectors as reconciliation
from partners.people.permissions import Grant
from roaming.exchange import selectors as exchange
from roaming.findings import selectors as findings
from roaming.invoice_records import selectors
from roaming.invoice_records.checks import subject
from roaming.invoice_records.models import InvoiceRecord, ListedCdr
from roaming.portal import cells, columns, filters
from roaming.portal.access import Page
from roaming.portal.columns import Cell
from roaming.portal.lists import ListPage
from roaming.portal.paging import by_position


def url(record: InvoiceRecord) -> str:
    return reverse("portal:record", args=[record.pk])


def _missing(record: Any) -> Any:
    if record.deleted_at:
        return cells.badge("invoice_record", "withdrawn", "Withdrawn")
    if record.missing_count:
        return cells.badge("invoice_record", "incomplete", f"{record.missing_count} missing")
    return cells.badge("invoice_record", "complete", "All here")


class InvoiceRecordTable(django_tables2.Table):
    id = Cell(lambda row: cells.link(url(row), row.ocpi_id, mono=True), "Record")
    invoice = Cell(lambda row: row.invoice_id, "Invoice", css="cut")
    parties = Cell(
        lambda row: cells.joined(cells.party(row.party), " → ", cells.party(row.counterparty)),
        "Bills",
        css="nowrap",
    )
    partner = Cell(lambda row: row.party.connection.partner.name, "Sent by", css="opt nowrap")
    listed = Cell(lambda row: cells.number(row.listed_count), "CDRs", css="num")
    state = Cell(_missing, "CDRs here")
    updated = columns.when("Last updated", "last_updated")
    caption = "Invoice records, newest first"


class InvoiceRecordFilter(django_filters.FilterSet):
    q = filters.search("Record, invoice", "ocpi_id__istartswith", "invoice_id__icontains")
    partner = filters.partner("party__connection__partner", "counterparty__connection__partner")


class InvoiceRecordList(ListPage):
    grant = Grant.VIEW_MONEY
    title = "Invoice records"
    lede = "Which CDRs an invoice is about, as the party that bills tells over OCPI."
    table_class = InvoiceRecordTable
    filter_class = InvoiceRecordFilter
    nothing = (
        "No invoice record yet",
        "Partners that speak OCPI 2.3.0 send one with each invoice; ours go out when an invoice to them is issued.",
    )

    def queryset(self) -> QuerySet[InvoiceRecord]:
        return selectors.list_for(self.user)


class InvoiceRecordPage(Page):
    grant = Grant.VIEW_MONEY

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        record = get_object_or_404(selectors.list_for(self.user).defer(None), pk=pk)
        lines = by_position(_lines(record), request.GET.get("line", ""))
        if self.partial:
            return self.show("portal/invoice_record.html#rows", record=record, **lines)
        return self.show(
            "portal/invoice_record.html",
            record=record,
            sums=selectors.sums(record),
            missing=selectors.missing(record),
            invoice=reconciliation.invoice_of(record),
            documents=reconciliation.compared(record),
            loose=reconciliation.on_no_document(record),
            findings=findings.visible_to(self.user).filter(
                connection=record.party.connection_id, subject=subject(record)
            ),
            versions=record.versions.order_by("pgh_id"),  # type: ignore[attr-defined]
            pushes=exchange.pushes_for(self.user).filter(object_key=selectors.push_key(record)).order_by("id"),
            **lines,
        )


def _lines(record: InvoiceRecord) -> QuerySet[ListedCdr]:
    listed = ListedCdr.objects.filter(record=record)
    return listed.select_related("cdr__party", "cdr__emsp", "cdr__invoice_line__invoice").defer("cdr__raw", "cdr__body")
