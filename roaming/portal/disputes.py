"""Disputes: what is contested, what was said, how it ended."""

from typing import Any

import django_filters
import django_tables2
from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from billing.disputes import selectors, services
from billing.disputes.models import Dispute, DisputeState, Reason
from billing.rating import selectors as ratings
from partners.people.permissions import Grant
from roaming.kernel import clock
from roaming.portal import cells, columns, filters
from roaming.portal.access import Page
from roaming.portal.columns import Cell
from roaming.portal.lists import ListPage


def url(dispute: Dispute) -> str:
    return reverse("portal:dispute", args=[dispute.pk])


class DisputeTable(django_tables2.Table):
    opened = columns.when("Opened", "opened_at")
    reference = Cell(lambda row: cells.link(url(row), row.reference, mono=True), "Dispute")
    cdr = Cell(lambda row: cells.link(reverse("portal:cdr", args=[row.cdr_id]), row.cdr.ocpi_id, mono=True), "CDR")
    parties = Cell(
        lambda row: cells.joined(cells.party(row.cdr.party), " → ", cells.party(row.cdr.emsp)),
        "From → to",
        css="nowrap",
    )
    reason = Cell(lambda row: row.get_reason_display(), "Reason")
    amount = columns.money("Contested", "amount")
    due = columns.when("Answer due", "due_at")
    state = columns.state("dispute")
    caption = "Disputes, newest first"


class DisputeFilter(django_filters.FilterSet):
    q = filters.search("Dispute, CDR", "reference__istartswith", "cdr__ocpi_id__istartswith")
    state = filters.choice("State", DisputeState.choices)
    reason = filters.choice("Reason", Reason.choices)
    partner = filters.partner("cdr__party__connection__partner", "cdr__emsp__connection__partner")


class DisputeList(ListPage):
    grant = Grant.VIEW_MONEY
    title = "Disputes"
    lede = "Contested CDRs. While a dispute is open, its CDR stays out of settlement."
    table_class = DisputeTable
    filter_class = DisputeFilter
    nothing = ("Nothing is contested", "Open a dispute from the page of a CDR that is held or accepted.")

    def queryset(self) -> QuerySet[Dispute]:
        return selectors.list_for(self.user)


class AnswerForm(forms.Form):
    text = forms.CharField(label="Your message", widget=forms.Textarea(attrs={"rows": 4}))


MOVES = {
    "reply": (services.reply, "Message added."),
    "accept": (services.accept, "Accepted: the CDR is rejected, its owner must credit it."),
    "reject": (services.reject, "Rejected: the CDR is accepted as billed."),
    "withdraw": (services.withdraw, "Withdrawn: the CDR is accepted as billed."),
}


class DisputePage(Page):
    grant = Grant.VIEW_MONEY
    edit_grant = Grant.DECIDE_CDRS

    def dispute(self) -> Dispute:
        return get_object_or_404(selectors.list_for(self.user), pk=self.kwargs["pk"])

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        return self._page(self.dispute(), AnswerForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        move = request.POST.get("move", "")
        if move not in MOVES:
            raise BadRequest("no such button")
        dispute, form = self.dispute(), AnswerForm(request.POST)
        if form.is_valid():
            service, sentence = MOVES[move]
            call: Any = service
            try:
                call(dispute=dispute, text=form.cleaned_data["text"], by=self.user, at=clock.now())
            except services.CannotAnswer as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, sentence)
                return redirect(url(dispute))
        return self._page(self.dispute(), form, 422)

    def _page(self, dispute: Dispute, form: AnswerForm, status: int = 200) -> HttpResponseBase:
        at = clock.now()
        is_open = dispute.state == DisputeState.OPEN
        return self.show(
            "portal/dispute.html",
            status,
            dispute=dispute,
            cdr=dispute.cdr,
            said=dispute.messages.select_related("author"),
            rating=ratings.latest(dispute.cdr),
            form=form,
            open=is_open,
            overdue=is_open and dispute.due_at < at,
            at=at,
        )
