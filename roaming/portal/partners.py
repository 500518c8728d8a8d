"""Partners: the companies, their connections and what runs between us."""

from collections.abc import Iterable
from typing import Any

import django_filters
import django_tables2
from django.contrib import messages
from django.db.models import Count, Q, QuerySet, Sum
from django.forms import ModelForm, Textarea
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from billing.disputes import selectors as disputes
from billing.disputes.models import DisputeState
from billing.invoices import selectors as invoices
from billing.invoices.models import InvoiceState
from partners.agreements.models import Agreement
from partners.connections.models import Connection, ConnectionState
from partners.partners.models import Partner
from partners.people.models import User
from partners.people.permissions import Grant, may
from roaming.cdrs import selectors as cdrs
from roaming.cdrs.models import CdrState
from roaming.exchange import overview
from roaming.hub import selectors as hub
from roaming.kernel import clock
from roaming.portal import authorizations, cells, columns, filters, queues
from roaming.portal.access import Page
from roaming.portal.columns import Cell
from roaming.portal.lists import ListPage

_URGENT_FIRST = (
    ConnectionState.OFFLINE,
    ConnectionState.SUSPENDED,
    ConnectionState.REGISTERED,
    ConnectionState.PLANNED,
)


def url(partner: Partner) -> str:
    return reverse("portal:partner", args=[partner.pk])


def _connections(partner: Partner) -> Any:
    return cells.joined(*(cells.state("connection", one.state) for one in partner.connections.all())) or cells.NOTHING


def _parties(partner: Partner) -> Any:
    codes = dict.fromkeys(party.code for one in partner.connections.all() for party in one.parties.all())
    return cells.spaced(*(cells.party(code) for code in codes)) or cells.NOTHING


class PartnerTable(django_tables2.Table):
    name = Cell(lambda row: cells.link(url(row), row.name), "Partner")
    parties = Cell(_parties, "Parties")
    connection = Cell(_connections, "Connection")
    country = Cell(lambda row: row.country or cells.NOTHING, "Country")
    manager = Cell(lambda row: row.account_manager or cells.NOTHING, "Account manager")
    since = columns.when("Known since", "created_at", css="opt nowrap")
    caption = "Partners"


class PartnerFilter(django_filters.FilterSet):
    q = filters.search("Name, party, VAT id", "name__icontains", "vat_id__istartswith", "legal_name__icontains")
    manager = django_filters.ModelChoiceFilter(
        field_name="account_manager", queryset=User.objects.all(), label="Manager", empty_label="Any account manager"
    )


class PartnerList(ListPage):
    template = "portal/partners.html"
    title = "Partners"
    lede = "The companies we exchange charging with, and our own."
    table_class = PartnerTable
    filter_class = PartnerFilter
    nothing = ("No partner yet", "Add the first one, then give it a connection.")

    def queryset(self) -> QuerySet[Partner]:
        return Partner.objects.select_related("account_manager").prefetch_related("connections__parties")


class PartnerPage(Page):
    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        partner = get_object_or_404(Partner.objects.select_related("account_manager"), pk=pk)
        sees_money = may(self.user, Grant.VIEW_MONEY)
        joined = Q(cpo__connection__partner=partner) | Q(emsp__connection__partner=partner)
        at = clock.now()
        connections = list(overview.standing(partner.connections.prefetch_related("parties"), at))
        return self.show(
            "portal/partner.html",
            partner=partner,
            connections=connections,
            at=at,
            queue=queues.summed(connections),
            standing=standing(connections),
            agreements=Agreement.objects.filter(joined).select_related("cpo", "emsp") if sees_money else [],
            sums=self._sums(partner) if sees_money else {},
            clients=hub.told_about(self.user, partner),
            figures=authorizations.figures_of(self.user, partner),
            all_authorizations=f"partner={partner.pk}",
        )

    def _sums(self, partner: Partner) -> dict[str, Any]:
        """What the figures at the top say; each links to the rows it counts."""
        theirs = Q(party__connection__partner=partner) | Q(emsp__connection__partner=partner)
        seen = cdrs.visible_to(self.user).filter(theirs).order_by()
        held = seen.filter(state=CdrState.HELD).values("currency")
        contested = Q(cdr__party__connection__partner=partner) | Q(cdr__emsp__connection__partner=partner)
        documents = invoices.list_for(self.user).filter(Q(seller=partner) | Q(buyer=partner))
        return {
            "accepted": seen.filter(state=CdrState.ACCEPTED).count(),
            "held": list(held.annotate(count=Count("id"), total=Sum("total_cost")).order_by("currency")),
            "disputes": disputes.list_for(self.user).filter(contested, state=DisputeState.OPEN).count(),
            "drafts": documents.filter(state=InvoiceState.DRAFT).count(),
            "issued": documents.filter(state=InvoiceState.ISSUED).count(),
        }


def standing(connections: Iterable[Connection]) -> str:
    """The state of the connection that needs somebody first; empty where there is none."""
    states = {connection.state for connection in connections}
    return next((state for state in _URGENT_FIRST if state in states), "")


class PartnerForm(ModelForm[Partner]):
    class Meta:
        model = Partner
        fields = [
            "name",
            "legal_name",
            "street",
            "postal_code",
            "city",
            "country",
            "vat_id",
            "registration_number",
            "iban",
            "finance_email",
            "operations_email",
            "account_manager",
            "notes",
        ]
        widgets = {"notes": Textarea(attrs={"rows": 4})}


class PartnerEdit(Page):
    """Add a partner (no pk), or change one."""

    grant = edit_grant = Grant.EDIT_PARTNERS

    def partner(self) -> Partner | None:
        pk = self.kwargs.get("pk")
        return get_object_or_404(Partner, pk=pk) if pk else None

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        return self._form(PartnerForm(instance=self.partner()))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        form = PartnerForm(request.POST, instance=self.partner())
        if not form.is_valid():
            return self._form(form, 422)
        partner = form.save()
        messages.success(request, f"{partner} saved.")
        return redirect(url(partner))

    def _form(self, form: PartnerForm, status: int = 200) -> HttpResponseBase:
        known = form.instance.pk
        title = f"Edit {form.instance}" if known else "Add a partner"
        back = url(form.instance) if known else reverse("portal:partners")
        return self.show("portal/form.html", status, form=form, title=title, submit="Save", back=back, two=True)
