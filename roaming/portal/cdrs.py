"""CDRs: the list, and the page that puts our price beside theirs."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import django_filters
import django_tables2
from django import forms
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from billing import pricing
from billing.disputes import services as dispute_services
from billing.disputes.models import Dispute, DisputeState, Reason
from billing.pricing import zones
from billing.rating import selectors as ratings
from billing.rating import services as rating_services
from billing.rating.models import Rating
from partners.people.permissions import Grant
from roaming.cdrs import selectors
from roaming.cdrs.models import Cdr, CdrState
from roaming.commands import selectors as commands
from roaming.commands import started
from roaming.findings import selectors as findings
from roaming.findings.models import Standing
from roaming.invoice_records import selectors as invoice_records
from roaming.kernel import clock
from roaming.locations import selectors as locations
from roaming.portal import cells, columns, filters
from roaming.portal.access import Page
from roaming.portal.columns import Cell
from roaming.portal.forms import FormPage, ReasonForm, attempt
from roaming.portal.lists import ListPage
from roaming.tariffs.selectors import Published, published_at
from roaming.tokens import selectors as tokens


def url(cdr: Cdr) -> str:
    return reverse("portal:cdr", args=[cdr.pk])


def _parties(cdr: Any) -> Any:
    return cells.joined(cells.party(cdr.party), " → ", cells.party(cdr.emsp or cdr.emsp_code))


def _energy(table: Any) -> Any:
    return cells.number(sum((cdr.energy_kwh for cdr in table.data), Decimal()))


class CdrTable(django_tables2.Table):
    ended = Cell(
        lambda row: cells.when(row.ended_at), "Ended", css="nowrap", total=lambda table: f"These {len(table.data)}"
    )
    id = Cell(lambda row: cells.link(url(row), row.ocpi_id, mono=True), "CDR")
    parties = Cell(_parties, "From → to", css="nowrap")
    evse = Cell(lambda row: cells.mono(row.evse_id), "EVSE", css="opt")
    energy = Cell(lambda row: cells.number(row.energy_kwh), "kWh", css="num", total=_energy)
    billed = columns.money("Billed", "total_cost", summed=True)
    ours = columns.money("Ours", "our_total", summed=True)
    difference = columns.money("Difference", "our_difference", sign=True, summed=True)
    why = Cell(lambda row: row.state_reason if row.state in ("held", "rejected") else "", "Why", css="cut")
    state = Cell(lambda row: cells.spaced(cells.state("cdr", row.state), cells.late(row.late_by)), "State")
    caption = "CDRs, newest first"


def _months() -> list[tuple[str, str]]:
    """The last eighteen months, as `2026-10` and in words."""
    now = clock.now()
    last = now.year * 12 + now.month - 1
    firsts = [date(number // 12, number % 12 + 1, 1) for number in range(last, last - 18, -1)]
    return [(f"{first:%Y-%m}", f"{first:%B %Y}") for first in firsts]


class CdrFilter(django_filters.FilterSet):
    q = filters.search(
        "CDR, session, token, EVSE",
        "ocpi_id__istartswith",
        "session_id__istartswith",
        "token_uid__istartswith",
        "evse_id__istartswith",
    )
    state = filters.choice("State", CdrState.choices)
    partner = filters.partner("party__connection__partner", "emsp__connection__partner")
    month = django_filters.ChoiceFilter(choices=_months, method="in_month", label="Month", empty_label="Any month")
    late = filters.late("late_by")
    session = django_filters.ChoiceFilter(
        choices=[("missing", "No session yet")], method="with_session", label="Session", empty_label="Any session"
    )
    agreement = django_filters.CharFilter(
        field_name="agreement__reference", lookup_expr="iexact", label="Agreement", widget=forms.HiddenInput()
    )

    def with_session(self, queryset: QuerySet[Cdr], name: str, value: str) -> QuerySet[Cdr]:
        """CDRs whose session never came, or has not come yet."""
        return queryset.filter(selectors.without_session())

    def in_month(self, queryset: QuerySet[Cdr], name: str, value: str) -> QuerySet[Cdr]:
        """CDRs that ended in the month (UTC)."""
        first = datetime.strptime(value, "%Y-%m").replace(tzinfo=UTC)
        after = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
        return queryset.filter(ended_at__gte=first, ended_at__lt=after)


class CdrList(ListPage):
    grant = Grant.VIEW_MONEY
    template = "portal/cdrs.html"
    title = "CDRs"
    table_class = CdrTable
    filter_class = CdrFilter
    newest_by = "ended_at"
    nothing = (
        "No CDR yet",
        "They arrive by OCPI after a session has ended, or from a file with manage.py import_cdrs.",
    )

    def queryset(self) -> QuerySet[Cdr]:
        newest = Rating.objects.filter(cdr=OuterRef("pk")).order_by("-id")
        return selectors.list_for(self.user).annotate(
            our_total=Subquery(newest.values("total")[:1]), our_difference=Subquery(newest.values("difference")[:1])
        )

    def further(self) -> dict[str, Any]:
        held = selectors.held_money(self.user)
        return {"held": held, "held_count": sum(one["count"] for one in held)}


class CdrPage(Page):
    grant = Grant.VIEW_MONEY

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        cdr = get_object_or_404(_whole(self.user), pk=pk)
        rating, disputes = ratings.latest(cdr), list(Dispute.objects.filter(cdr=cdr))
        found = list(findings.about(cdr))
        return self.show(
            "portal/cdr.html",
            cdr=cdr,
            data=cdr.data,
            rating=rating,
            left_of_credited=_left_of_credited(cdr),
            time_zone=_time_zone(cdr),
            findings=found,
            open_count=sum(one.standing == Standing.OPEN for one in found),
            disputes=disputes,
            session=cdr.known_session,
            commands=commands.list_for(self.user).filter(pk__in=[one.pk for one in started.leading_to(cdr)]),
            credits=selectors.visible_to(self.user).filter(credited=cdr).defer("raw", "body").order_by("id"),
            line=getattr(cdr, "invoice_line", None),
            trail=selectors.trail(cdr),
            records=invoice_records.listing(cdr),
            authorization=tokens.authorization_of(self.user, cdr),
            tariffs=_tariffs(cdr),
            may_price_again=cdr.state in rating_services.PRICED_AGAIN,
            contested=next((one for one in disputes if one.state == DisputeState.OPEN), None),
        )


def _left_of_credited(cdr: Cdr) -> Decimal | None:
    """What a credit leaves of the CDR that it takes back; None where that is not here or is in another currency."""
    credited = cdr.credited
    if credited is None or credited.currency != cdr.currency:
        return None
    return credited.total_cost + cdr.total_cost


def _time_zone(cdr: Cdr) -> str:
    """In which its lines tell the time: that of its location, else the one that its price was found by."""
    known = locations.time_zone_of(cdr.party, cdr.data["cdr_location"]["id"])
    try:
        return known or zones.zone_of(pricing.read_cdr(cdr.data)).key
    except pricing.PricingError:
        return "UTC"


def _tariffs(cdr: Cdr) -> list[tuple[str, Published | None]]:
    """The ids of the tariffs that it carries or names, and what their owner had published when the session started."""
    named = [tariff["id"] for tariff in cdr.data.get("tariffs") or []]
    named += [period["tariff_id"] for period in cdr.data["charging_periods"] if period.get("tariff_id")]
    known = published_at(party=cdr.party, tariff_ids=named, moment=cdr.started_at)
    return [(tariff_id, known.get(key)) for key, tariff_id in {one.upper(): one for one in named}.items()]


def _whole(user: Any) -> QuerySet[Cdr]:
    parties = ("party__connection__partner", "emsp__connection__partner")
    related = (*parties, "agreement", "invoice_line__invoice", "known_session", "credited")
    return selectors.visible_to(user).select_related(*related)


class PriceAgain(Page):
    grant = Grant.VIEW_MONEY
    edit_grant = Grant.DECIDE_CDRS

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        cdr = get_object_or_404(selectors.visible_to(self.user), pk=pk)

        def act() -> str:
            rating = rating_services.price_again(cdr=cdr, by=self.user, at=clock.now())
            return f"Priced again: {rating.get_verdict_display().lower()}."

        return attempt(request, act, (rating_services.CannotDecide,), url(cdr))


class Decide(FormPage):
    """Accept as billed, or reject: both need a reason."""

    grant = edit_grant = Grant.DECIDE_CDRS
    form_class = ReasonForm
    refusals = (rating_services.CannotDecide,)
    decision = "accept"

    @property
    def cdr(self) -> Cdr:
        return get_object_or_404(selectors.visible_to(self.user).select_related("party"), pk=self.kwargs["pk"])

    def back(self) -> str:
        return url(self.cdr)

    def about(self) -> dict[str, Any]:
        accepts = self.decision == "accept"
        verb = "Accept as billed" if accepts else "Reject"
        lede = "It is settled with the next run." if accepts else "Its owner must send a credit CDR and a new one."
        return {"title": f"{verb}: CDR {self.cdr.ocpi_id}", "lede": lede, "submit": verb, "bad": not accepts}

    def save(self, cleaned: dict[str, Any]) -> str:
        decide = rating_services.accept_as_billed if self.decision == "accept" else rating_services.reject
        decide(cdr=self.cdr, reason=cleaned["text"], by=self.user, at=clock.now())
        self.done = "Accepted as billed." if self.decision == "accept" else "Rejected."
        return self.back()


class ContestForm(forms.Form):
    reason = forms.ChoiceField(choices=Reason.choices)
    amount = forms.DecimalField(
        label="Amount contested, before tax", min_value=Decimal("0.01"), max_digits=14, decimal_places=4
    )
    message = forms.CharField(
        label="What is wrong",
        help_text="The other side reads this first: what happened, what you expected.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class Contest(FormPage):
    """Open a dispute about a CDR."""

    grant = edit_grant = Grant.DECIDE_CDRS
    form_class = ContestForm
    refusals = (dispute_services.CannotDispute,)
    submit = "Open dispute"
    done = "Dispute opened; the CDR is held until it is decided."

    @property
    def cdr(self) -> Cdr:
        return get_object_or_404(selectors.visible_to(self.user).select_related("party"), pk=self.kwargs["pk"])

    def initial(self) -> dict[str, Any]:
        rating = ratings.latest(self.cdr)
        difference = rating.difference if rating and rating.difference and rating.difference > 0 else None
        return {"amount": difference.quantize(Decimal("0.01")) if difference else None}

    def back(self) -> str:
        return url(self.cdr)

    def about(self) -> dict[str, Any]:
        cdr = self.cdr
        return {"title": f"Open a dispute on CDR {cdr.ocpi_id}", "lede": f"Amounts are in {cdr.currency}."}

    def save(self, cleaned: dict[str, Any]) -> str:
        dispute = dispute_services.open_dispute(cdr=self.cdr, by=self.user, at=clock.now(), **cleaned)
        return reverse("portal:dispute", args=[dispute.pk])
