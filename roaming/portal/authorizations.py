"""Authorizations: whether drivers were let charge, who decided it, and how long it took."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import django_filters
import django_tables2
from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from partners.agreements.models import Agreement
from partners.partners.models import Partner
from partners.people.models import User
from roaming.kernel import clock
from roaming.portal import cells, filters
from roaming.portal import tokens as token_pages
from roaming.portal.access import Page
from roaming.portal.columns import Cell
from roaming.portal.lists import ListPage
from roaming.tokens import selectors
from roaming.tokens.models import Authorization, Outcome, Source, Token
from roaming.tokens.selectors import Rates

LATELY = timedelta(days=7)
REFUSED, UNANSWERED = "refused", "unanswered"


def url(authorization: Authorization) -> str:
    return reverse("portal:authorization", args=[authorization.pk])


def lately() -> datetime:
    """Since when figures count: the start of a UTC day, so that the lists which they lead to begin there too."""
    return (clock.now() - LATELY).replace(hour=0, minute=0, second=0, microsecond=0)


@dataclass(frozen=True)
class Figures:
    """One line of figures; `query` finds the rows that they count."""

    label: str
    query: str
    rates: Rates


def figures_of(user: User, partner: Partner) -> list[Figures]:
    """How it went lately with what the partner's CPOs asked, and with what was asked about its drivers."""
    since = lately()
    labels = {"asked_by": "Asked by it, as CPO", "asked_of": "About its drivers, as eMSP"}
    return [
        Figures(labels[side], f"{side}={partner.pk}&since={since:%Y-%m-%d}", found)
        for side, found in selectors.rates_of(user, partner, since=since).items()
    ]


def figures_under(user: User, agreement: Agreement) -> list[Figures]:
    """How it went lately under one agreement, and who of them charged although the eMSP could not be asked."""
    since = lately()
    rows = selectors.authorizations_visible_to(user).filter(emsp=agreement.emsp_id, agreement=agreement, at__gte=since)
    query = f"agreement={agreement.reference}&since={since:%Y-%m-%d}"
    lines = [
        Figures("In all", query, selectors.rates(rows)),
        Figures("By the offline rule", f"{query}&source=offline", selectors.rates(rows.filter(source=Source.OFFLINE))),
    ]
    return [line for line in lines if line.rates.attempts]


def _token(row: Authorization) -> SafeString:
    return cells.link(token_pages.url(row.token), row.token_uid, mono=True) if row.token else cells.mono(row.token_uid)


def _asker(row: Authorization) -> SafeString:
    partner = cells.link(reverse("portal:partner", args=[row.connection.partner_id]), row.connection.partner)
    return cells.spaced(partner, cells.party(row.cpo)) if row.cpo else partner


def _issuer(row: Authorization) -> SafeString:
    if row.emsp is None:
        return cells.NOTHING
    partner = row.emsp.connection.partner
    return cells.spaced(cells.link(reverse("portal:partner", args=[partner.pk]), partner), cells.party(row.emsp))


def _where(row: Authorization) -> SafeString:
    """The EVSE where there is one only, else the location; both on hover."""
    if not row.location_id:
        return cells.NOTHING
    shown = row.evse_uids[0] if len(row.evse_uids) == 1 else row.location_id
    template = '<span class="mono" title="{}">{}</span>'
    return format_html(template, " ".join([row.location_id, *row.evse_uids]), shown)


def _session(row: Any) -> SafeString:
    if row.session_pk is None:
        return cells.NOTHING
    return cells.link(reverse("portal:session", args=[row.session_pk]), "Session")


def _outcome(row: Authorization) -> SafeString:
    """Its badge; that the eMSP gave no answer stands beside it."""
    badge = cells.badge("authorization", row.outcome, row.get_outcome_display())
    return format_html('{} <span class="faint">unanswered</span>', badge) if row.unanswered else badge


class AuthorizationTable(django_tables2.Table):
    at = Cell(lambda row: cells.link(url(row), cells.when(row.at)), "Asked", css="nowrap")
    token = Cell(_token, "Token")
    asker = Cell(_asker, "By", css="nowrap")
    emsp = Cell(_issuer, "About a driver of", css="nowrap")
    where = Cell(_where, "Where", css="nowrap opt")
    source = Cell(lambda row: row.get_source_display(), "Decided by", css="nowrap")
    reason = Cell(lambda row: row.reason, "Why", css="cut")
    took = Cell(lambda row: cells.number(row.duration_ms, "ms"), "Took", css="num")
    session = Cell(_session, "Led to", css="opt")
    outcome = Cell(_outcome, "Outcome", css="nowrap")
    caption = "Authorizations, newest first"


class AuthorizationFilter(django_filters.FilterSet):
    q = filters.search("Token, reference", "token_uid__istartswith", "authorization_reference__istartswith")
    partner = filters.partner("connection__partner", "emsp__connection__partner")
    outcome = django_filters.ChoiceFilter(
        choices=[(REFUSED, "Any refusal"), (UNANSWERED, "No answer of the eMSP"), *Outcome.choices],
        method="of_outcome",
        label="Outcome",
        empty_label="Any outcome",
    )
    source = django_filters.ChoiceFilter(choices=Source.choices, label="Decided by", empty_label="Decided by anybody")
    day = filters.day("at", "Asked on")
    token = filters.exactly(Token, "Token", "token")
    asked_by = filters.exactly(Partner, "Asked by", "connection__partner")
    asked_of = filters.exactly(Partner, "Asked of", "emsp__connection__partner")
    agreement = django_filters.CharFilter(
        field_name="agreement__reference", lookup_expr="iexact", label="Agreement", widget=forms.HiddenInput()
    )
    since = filters.since("at", "Since")

    def of_outcome(self, queryset: QuerySet[Authorization], name: str, value: str) -> QuerySet[Authorization]:
        if value == REFUSED:
            return queryset.exclude(outcome=Outcome.ALLOWED)
        return queryset.exclude(problem="") if value == UNANSWERED else queryset.filter(outcome=value)


class AuthorizationList(ListPage):
    template = "portal/authorizations.html"
    title = "Authorizations"
    lede = "Whether drivers were let charge: asked by CPOs, decided by the eMSP, its whitelist or what was agreed."
    table_class = AuthorizationTable
    filter_class = AuthorizationFilter
    nothing = ("Nobody asked yet", "A row appears when a driver holds a card to a station and the CPO asks about it.")

    def queryset(self) -> QuerySet[Authorization]:
        return selectors.authorizations_for(self.user)


class AuthorizationPage(Page):
    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        authorization = get_object_or_404(selectors.authorizations_for(self.user), pk=pk)
        return self.show(
            "portal/authorization.html",
            authorization=authorization,
            token=_token(authorization),
            asker=_asker(authorization),
            issuer=_issuer(authorization),
            exchanges=selectors.exchanges_about(authorization)[:30],
        )
