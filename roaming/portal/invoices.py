"""Invoices: what was settled, as a document, and its files."""

import django_filters
import django_tables2
from django import forms
from django.db.models import F, Func, IntegerField, QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from billing.invoices import document, files, selectors, services
from billing.invoices.models import Format, Invoice, InvoiceKind, InvoiceState
from billing.reconciliation import selectors as reconciliation
from partners.people.permissions import Grant
from roaming.kernel import clock
from roaming.portal import cells, columns, filters
from roaming.portal.access import Page
from roaming.portal.columns import Cell
from roaming.portal.forms import attempt
from roaming.portal.lists import ListPage
from roaming.portal.paging import by_position


def url(invoice: Invoice) -> str:
    return reverse("portal:invoice", args=[invoice.pk])


def name(invoice: Invoice) -> str:
    """How an invoice is called: its number, or what it will be."""
    return invoice.number or ("Draft" if invoice.state == InvoiceState.DRAFT else "Statement")


class InvoiceTable(django_tables2.Table):
    number = Cell(lambda row: cells.link(url(row), name(row), mono=bool(row.number)), "Number")
    kind = Cell(lambda row: row.get_kind_display(), "Kind")
    period = Cell(lambda row: f"{row.period_starts_date:%b %Y}", "Period", css="nowrap")
    seller = Cell(lambda row: cells.joined(row.seller.name, " ", cells.party(row.agreement.cpo)), "Seller")
    buyer = Cell(lambda row: cells.joined(row.buyer.name, " ", cells.party(row.agreement.emsp)), "Buyer")
    lines = Cell(lambda row: cells.number(row.line_count), "CDRs", css="num")
    net = columns.money("Net", "net")
    gross = columns.money("Total", "gross")
    due = Cell(lambda row: cells.day(row.due_date), "Due", css="nowrap")
    state = columns.state("invoice")
    caption = "Invoices and statements, newest first"


class InvoiceFilter(django_filters.FilterSet):
    q = filters.search("Number, agreement", "number__istartswith", "agreement__reference__istartswith")
    state = filters.choice("State", InvoiceState.choices)
    kind = filters.choice("Kind", InvoiceKind.choices)
    partner = filters.partner("seller", "buyer")
    run = django_filters.NumberFilter(field_name="run_id", label="Run", widget=forms.HiddenInput())


class InvoiceList(ListPage):
    grant = Grant.VIEW_MONEY
    title = "Invoices"
    lede = "Invoices we issue as CPO, and statements of those we expect as eMSP."
    table_class = InvoiceTable
    filter_class = InvoiceFilter
    nothing = ("No invoice yet", "Settle a month that is over; each agreement with accepted CDRs gives one draft.")

    def queryset(self) -> QuerySet[Invoice]:
        return selectors.list_for(self.user)


class InvoicePage(Page):
    grant = Grant.VIEW_MONEY

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        invoice = get_object_or_404(selectors.list_for(self.user), pk=pk)
        companies = invoice.companies or document.companies_now(invoice)
        return self.show(
            "portal/invoice.html#rows" if self.partial else "portal/invoice.html",
            invoice=invoice,
            name=name(invoice),
            seller=companies["seller"],
            buyer=companies["buyer"],
            formats=Format.choices,
            files=invoice.files.defer("content").annotate(size=_SIZE).order_by("id"),
            records=reconciliation.records_about(invoice, self.user),
            **by_position(selectors.lines(invoice), request.GET.get("line", "")),
        )


_SIZE = Func(F("content"), function="octet_length", output_field=IntegerField())


class Issue(Page):
    grant = edit_grant = Grant.SETTLE

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        invoice = get_object_or_404(selectors.list_for(self.user), pk=pk)

        def act() -> str:
            issued = services.issue(invoice=invoice, by=self.user, at=clock.now())
            return f"Invoice {issued.number} issued." if issued.number else "Statement closed; it no longer changes."

        return attempt(request, act, (services.CannotIssue,), url(invoice))


class Download(Page):
    grant = Grant.VIEW_MONEY

    def get(self, request: HttpRequest, pk: int, format: str) -> HttpResponseBase:
        if format not in Format.values:
            raise Http404
        return files.response(get_object_or_404(selectors.list_for(self.user), pk=pk), format)
