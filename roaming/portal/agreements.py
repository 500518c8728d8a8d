"""Agreements: drafted, activated, ended."""

from typing import Any

import django_filters
import django_tables2
from django import forms
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from billing.invoices import selectors as invoices
from partners.agreements import services
from partners.agreements.models import Agreement, AgreementState
from partners.parties.models import Party
from partners.people import selectors as people
from partners.people.permissions import Grant
from roaming.cdrs.models import Cdr
from roaming.kernel import clock
from roaming.portal import authorizations, cells, columns, filters, readings
from roaming.portal.access import Page
from roaming.portal.columns import Cell
from roaming.portal.forms import FormPage, attempt
from roaming.portal.lists import ListPage


def url(agreement: Agreement) -> str:
    return reverse("portal:agreement", args=[agreement.pk])


class AgreementTable(django_tables2.Table):
    reference = Cell(lambda row: cells.link(url(row), row.reference, mono=True), "Agreement")
    cpo = Cell(lambda row: cells.joined(row.cpo.connection.partner.name, " ", cells.party(row.cpo)), "CPO")
    emsp = Cell(lambda row: cells.joined(row.emsp.connection.partner.name, " ", cells.party(row.emsp)), "eMSP")
    starts = Cell(lambda row: cells.day(row.starts_date), "From", css="nowrap")
    ends = Cell(lambda row: cells.day(row.ends_date) if row.ends_date else "open-ended", "Until", css="nowrap")
    tolerance = columns.money("Tolerance", "price_tolerance")
    payment = Cell(lambda row: cells.number(row.payment_days, "days"), "Payment", css="num opt")
    state = columns.state("agreement")
    caption = "Agreements, newest first"


class AgreementFilter(django_filters.FilterSet):
    q = filters.search("Reference, party", "reference__istartswith", "cpo__party_id__iexact", "emsp__party_id__iexact")
    state = filters.choice("State", AgreementState.choices)
    partner = filters.partner("cpo__connection__partner", "emsp__connection__partner")


def _all() -> QuerySet[Agreement]:
    return Agreement.objects.select_related("cpo__connection__partner", "emsp__connection__partner")


class AgreementList(ListPage):
    grant = Grant.VIEW_MONEY
    template = "portal/agreements.html"
    title = "Agreements"
    lede = "What nobody agreed to, nobody sees, sends or settles."
    table_class = AgreementTable
    filter_class = AgreementFilter
    nothing = ("No agreement yet", "Draft one between a CPO party and an eMSP party; until then nothing flows.")

    def queryset(self) -> QuerySet[Agreement]:
        return _all()


class EndForm(forms.Form):
    ends_date = forms.DateField(
        label="First day on which it no longer holds", widget=forms.DateInput(attrs={"type": "date"})
    )


class AgreementPage(Page):
    grant = Grant.VIEW_MONEY

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        agreement = get_object_or_404(_all(), pk=pk)
        states = Cdr.objects.filter(agreement=agreement).values_list("state").annotate(Count("id")).order_by("state")
        return self.show(
            "portal/agreement.html",
            agreement=agreement,
            readings=readings.told(agreement.readings),
            cdr_states=list(states),
            invoices=invoices.list_for(self.user).filter(agreement=agreement)[:12],
            trail=people.trail_of(agreement),
            figures=authorizations.figures_under(self.user, agreement),
            all_authorizations=f"agreement={agreement.reference}",
        )


class TermsForm(forms.ModelForm[Agreement]):
    class Meta:
        model = Agreement
        fields = [
            "cpo",
            "emsp",
            "starts_date",
            "ends_date",
            "time_zone",
            "currency",
            "price_tolerance",
            "vat_rate",
            "vat_note",
            "payment_days",
            "dispute_days",
            "history_days",
            "authorization_seconds",
            "offline_rule",
            "offline_per_token",
            "offline_per_day",
            "notes",
        ]
        widgets = {
            "starts_date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "ends_date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "notes": forms.Textarea(attrs={"rows": 4}),
        }
        labels = {
            "cpo": "CPO, who bills",
            "emsp": "eMSP, who pays",
            "starts_date": "From",
            "ends_date": "Until",
            "payment_days": "Payable within, days",
            "dispute_days": "Answer a dispute within, days",
            "history_days": "History readable after its end, days",
            "authorization_seconds": "Wait for an authorization, seconds",
            "offline_rule": "When the eMSP cannot be asked",
            "offline_per_token": "Unasked, times a day for one token",
            "offline_per_day": "Unasked, times a day for all tokens",
        }
        help_texts = {
            "starts_date": "The first day on which it holds.",
            "ends_date": "The first day on which it no longer holds.",
            "time_zone": "In which a month begins and ends, as in Europe/Amsterdam.",
            "price_tolerance": "Differences per CDR up to this amount are accepted.",
            "vat_rate": "Percent on the sum of an invoice.",
            "history_days": "How long the eMSP's platform still reads sessions and CDRs. Empty: without limit.",
            "authorization_seconds": "From 1 to 30: the driver stands at the station.",
            "offline_rule": "For tokens whose whitelist says ALLOWED_OFFLINE.",
            "offline_per_token": "A lost card charges no more often than that while the eMSP is away.",
            "offline_per_day": "Bounds what an outage of theirs can cost. Empty: without limit.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, role in (("cpo", "CPO"), ("emsp", "EMSP")):
            self._choose(name, Party.objects.filter(role=role).select_related("connection__partner"))
        self.fields |= readings.fields(self.instance.readings)

    def _choose(self, name: str, parties: QuerySet[Party]) -> None:
        field: Any = self.fields[name]
        field.queryset, field.empty_label = parties, "Choose a party"
        field.label_from_instance = lambda party: f"{party.connection.partner} · {party.code}"

    def term_fields(self) -> list[forms.BoundField]:
        return [field for field in self if not field.name.startswith(readings.PREFIX)]

    def reading_fields(self) -> list[forms.BoundField]:
        return [field for field in self if field.name.startswith(readings.PREFIX)]

    def reads_otherwise(self) -> bool:
        """Whether there is more to see among the readings than what is recommended."""
        return any(field.value() or field.errors for field in self.reading_fields())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        return cleaned | {"readings": readings.taken(cleaned)}

    def _post_clean(self) -> None:
        """The service checks the terms and writes; the form must not touch the row before."""


class AgreementEdit(FormPage):
    """Draft an agreement (no pk), or change a draft."""

    template = "portal/agreement_form.html"
    grant = edit_grant = Grant.EDIT_PARTNERS
    refusals = (services.CannotAgree,)
    submit = "Save draft"
    done = "Draft saved."

    def agreement(self) -> Agreement | None:
        pk = self.kwargs.get("pk")
        return get_object_or_404(_all(), pk=pk) if pk else None

    def make_form(self, data: Any = None) -> Any:
        return TermsForm(data, instance=self.agreement())

    def back(self) -> str:
        agreement = self.agreement()
        return url(agreement) if agreement else reverse("portal:agreements")

    def about(self) -> dict[str, Any]:
        agreement = self.agreement()
        title = f"Change {agreement}" if agreement else "Draft an agreement"
        return {"title": title, "lede": "A draft opens nothing yet; activate it when both sides signed.", "two": True}

    def save(self, cleaned: dict[str, Any]) -> str:
        agreement = self.agreement()
        if agreement:
            return url(services.revise(agreement=agreement, at=clock.now(), **cleaned))
        return url(services.draft(at=clock.now(), **cleaned))


class Activate(Page):
    grant = edit_grant = Grant.EDIT_PARTNERS

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        agreement = get_object_or_404(_all(), pk=pk)

        def act() -> str:
            services.activate(agreement=agreement, at=clock.now())
            return f"{agreement} is active: both sides see each other's objects from now on."

        return attempt(request, act, (services.CannotAgree,), url(agreement))


class End(FormPage):
    grant = edit_grant = Grant.EDIT_PARTNERS
    form_class = EndForm
    refusals = (services.CannotAgree,)
    submit = "End agreement"
    done = "Ended. CDRs up to then still settle."

    @property
    def agreement(self) -> Agreement:
        return get_object_or_404(_all(), pk=self.kwargs["pk"])

    def initial(self) -> dict[str, Any]:
        return {"ends_date": services.local_date(self.agreement, clock.now()).isoformat()}

    def back(self) -> str:
        return url(self.agreement)

    def about(self) -> dict[str, Any]:
        return {"title": f"End {self.agreement}", "lede": "It cannot be taken back; a new one can follow.", "bad": True}

    def save(self, cleaned: dict[str, Any]) -> str:
        services.end(agreement=self.agreement, ends_date=cleaned["ends_date"], at=clock.now())
        return self.back()
