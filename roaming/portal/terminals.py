"""Payment terminals: where one pays without a contract, and what was captured there."""

from typing import Any

import django_filters
import django_tables2
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from partners.people.permissions import Grant
from roaming.portal import cells, columns, filters
from roaming.portal.access import Page
from roaming.portal.columns import Cell
from roaming.portal.lists import ListPage
from roaming.terminals import selectors
from roaming.terminals.models import CaptureStatus, FinancialAdvice, Terminal


def url(terminal: Terminal) -> str:
    return reverse("portal:terminal", args=[terminal.pk])


def state(terminal: Terminal) -> str:
    """What a terminal is good for now."""
    if terminal.deactivated_at:
        return "deactivated"
    return "assigned" if terminal.location_ids or terminal.evse_uids else "unassigned"


def _assigned(terminal: Any) -> Any:
    counts = ((len(terminal.location_ids), "location"), (len(terminal.evse_uids), "EVSE"))
    places = [f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts if count]
    return " and ".join(places) or cells.NOTHING


class TerminalTable(django_tables2.Table):
    id = Cell(lambda row: cells.link(url(row), row.ocpi_id, mono=True), "Terminal")
    provider = Cell(lambda row: cells.party(row.party), "Provider")
    owner = Cell(lambda row: cells.party(row.cpo), "CPO")
    reference = Cell(lambda row: cells.mono(row.reference or row.customer_reference), "Reference")
    city = Cell(lambda row: row.city or cells.NOTHING, "City")
    assigned = Cell(_assigned, "Good for")
    state = Cell(lambda row: cells.state("terminal", state(row)), "State")
    updated = columns.when("Last updated", "last_updated")
    caption = "Payment terminals, newest first"


class TerminalFilter(django_filters.FilterSet):
    q = filters.search(
        "Terminal, reference, city",
        "ocpi_id__istartswith",
        "reference__istartswith",
        "customer_reference__istartswith",
        "city__istartswith",
    )
    cpo = filters.party("CPO", "CPO", "cpo")


class TerminalList(ListPage):
    template = "portal/terminals.html"
    title = "Terminals"
    lede = "Where drivers pay without a contract, as the payment terminal providers say."
    table_class = TerminalTable
    filter_class = TerminalFilter
    nothing = (
        "No terminal yet",
        "A payment terminal provider that speaks OCPI 2.3.0 registers with the role OTHER, and as the eMSP that starts "
        "the charging; an agreement of that eMSP opens its terminals to the CPO.",
    )

    def queryset(self) -> QuerySet[Terminal]:
        return selectors.list_for(self.user)


class TerminalPage(Page):
    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        terminal = get_object_or_404(selectors.list_for(self.user).defer(None), pk=pk)
        return self.show("portal/terminal.html", terminal=terminal, data=terminal.data, state=state(terminal))


class CaptureTable(django_tables2.Table):
    id = Cell(lambda row: cells.mono(row.ocpi_id), "Confirmation")
    provider = Cell(lambda row: cells.party(row.party), "Provider")
    owner = Cell(lambda row: cells.party(row.cpo), "CPO")
    reference = Cell(lambda row: cells.mono(row.authorization_reference), "Authorization reference")
    total = columns.money("Captured, with tax", "total", summed=True)
    status = Cell(lambda row: cells.badge("capture", row.status, row.get_status_display()), "Capture")
    updated = columns.when("Last updated", "last_updated")
    caption = "Financial advice confirmations, newest first"


class CaptureFilter(django_filters.FilterSet):
    q = filters.search("Confirmation, reference", "ocpi_id__istartswith", "authorization_reference__istartswith")
    status = filters.choice("Capture", CaptureStatus.choices)
    cpo = filters.party("CPO", "CPO", "cpo")


class CaptureList(ListPage):
    grant = Grant.VIEW_MONEY
    template = "portal/terminals.html"
    title = "Captures"
    lede = "What was really taken from the cards, told by the providers as financial advice confirmations."
    table_class = CaptureTable
    filter_class = CaptureFilter
    nothing = ("Nothing was captured yet", "A provider sends one confirmation for each charging paid at a terminal.")

    def queryset(self) -> QuerySet[FinancialAdvice]:
        return selectors.advices_for(self.user)
