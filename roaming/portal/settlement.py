"""Settlement: close a month, see what each run took and what it left out."""

from typing import Any

import django_filters
import django_tables2
from django import forms
from django.contrib import messages
from django.db.models import QuerySet, Sum
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from billing.settlement import selectors, services
from billing.settlement.models import SettlementRun
from billing.settlement.periods import BadPeriod, Period
from partners.people.permissions import Grant
from roaming.cdrs.models import Cdr
from roaming.kernel import clock
from roaming.portal import cells, columns, filters
from roaming.portal.access import Page
from roaming.portal.columns import Cell
from roaming.portal.forms import FormPage
from roaming.portal.lists import ListPage


def url(run: SettlementRun) -> str:
    return reverse("portal:run", args=[run.pk])


def _document(run: SettlementRun) -> Any:
    invoice = getattr(run, "invoice", None)
    if invoice is None:
        return "nothing to settle"
    return cells.joined(
        cells.link(reverse("portal:invoice", args=[invoice.pk]), invoice.number or invoice.get_kind_display()),
        " ",
        cells.state("invoice", invoice.state),
    )


def _net(run: SettlementRun) -> Any:
    invoice = getattr(run, "invoice", None)
    return cells.money(invoice.net, invoice.currency) if invoice else cells.NOTHING


class RunTable(django_tables2.Table):
    period = Cell(lambda row: cells.link(url(row), f"{row.period_starts_date:%B %Y}"), "Period", css="nowrap")
    agreement = Cell(
        lambda row: cells.link(reverse("portal:agreement", args=[row.agreement_id]), row.agreement, mono=True),
        "Agreement",
    )
    parties = Cell(
        lambda row: cells.joined(cells.party(row.agreement.cpo), " → ", cells.party(row.agreement.emsp)), "From → to"
    )
    cdrs = Cell(lambda row: cells.number(row.cdr_count), "CDRs", css="num")
    net = Cell(_net, "Net", css="num")
    document = Cell(_document, "Document")
    run_at = columns.when("Run", "run_at")
    by = Cell(lambda row: row.run_by or "command line", "By", css="opt")
    caption = "Settlement runs, newest period first"


class RunFilter(django_filters.FilterSet):
    q = filters.search("Agreement", "agreement__reference__istartswith")
    partner = filters.partner("agreement__cpo__connection__partner", "agreement__emsp__connection__partner")


class RunList(ListPage):
    grant = Grant.VIEW_MONEY
    template = "portal/settlement.html"
    title = "Settlement"
    lede = "One run per agreement and month: accepted CDRs become lines, each CDR exactly once."
    table_class = RunTable
    filter_class = RunFilter
    nothing = ("No month was settled yet", "Start with the newest month that is over.")

    def queryset(self) -> QuerySet[SettlementRun]:
        return selectors.runs().select_related("invoice")


class RunPage(Page):
    grant = Grant.VIEW_MONEY

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        run = get_object_or_404(selectors.runs().select_related("invoice"), pk=pk)
        period = Period(run.period_starts_date.year, run.period_starts_date.month)
        left_out = selectors.left_out(run.agreement, period).select_related("party").defer("raw", "body")
        entering = selectors.entering(run.agreement, period).select_related("party").defer("raw", "body")
        return self.show(
            "portal/run.html",
            run=run,
            invoice=getattr(run, "invoice", None),
            left_out=left_out[:100],
            left_out_count=left_out.count(),
            left_out_money=_per_currency(left_out),
            entering=entering[:100],
            entering_count=entering.count(),
            entering_money=_per_currency(entering),
        )


def _per_currency(cdrs: QuerySet[Cdr]) -> list[dict[str, Any]]:
    sums = cdrs.order_by().values("currency").annotate(total=Sum("total_cost"))
    return [dict(row) for row in sums.order_by("currency")]


class MonthForm(forms.Form):
    month = forms.CharField(
        label="Month", help_text="A month that is over.", widget=forms.DateInput(attrs={"type": "month"})
    )

    def clean_month(self) -> Period:
        try:
            return Period.parse(self.cleaned_data["month"])
        except BadPeriod as error:
            raise forms.ValidationError(str(error)) from error


class Settle(FormPage):
    """Settle a month for every agreement it concerns; drafts to look at, nothing is issued."""

    grant = edit_grant = Grant.SETTLE
    form_class = MonthForm
    refusals = (services.CannotSettle,)
    title = "Settle a month"
    submit = "Settle"

    def initial(self) -> dict[str, Any]:
        return {"month": str(Period.before(clock.now(), "Europe/Amsterdam"))}

    def back(self) -> str:
        return reverse("portal:settlement")

    def about(self) -> dict[str, Any]:
        return {"lede": "Each agreement with accepted CDRs gives one draft. Settling a month again changes nothing."}

    def save(self, cleaned: dict[str, Any]) -> str:
        at = clock.now()
        runs = services.settle_all(period=cleaned["month"], by=self.user, at=at)
        made = [run for run in runs if run.run_at == at]
        self.done = f"{cleaned['month']}: {len(made)} runs made, {sum(run.cdr_count for run in made)} CDRs settled."
        if len(made) < len(runs):
            self.done += f" {len(runs) - len(made)} were there before; what was accepted since enters the next month."
        if not runs:
            messages.info(self.request, "No agreement was in force in that month.")
        return self.back()
