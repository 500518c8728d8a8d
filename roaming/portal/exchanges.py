"""The traffic journal: what was asked and answered, found again by what it was about, and repeated by who may."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import django_filters
import django_tables2
from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from partners.connections.models import Connection
from partners.people.permissions import Grant, may
from roaming.exchange import replay, selectors, targets
from roaming.exchange.models import Direction, Exchange, Push, PushState
from roaming.kernel import clock
from roaming.ocpi import modules
from roaming.portal import cells, filters
from roaming.portal import pushes as push_pages
from roaming.portal.access import Page
from roaming.portal.columns import Cell
from roaming.portal.forms import FormPage
from roaming.portal.lists import ListPage

_DAY = timedelta(days=1)
_MOST_COUNTED = 1000
_LONGEST_CHAIN = 50
_LONG = 4000  # characters of a body that is shown folded
REGISTRATION = "registration"
TROUBLE = "trouble"
# Lists whose search finds an object by its id, and who may see them.
_LISTS = {
    "locations": Grant.VIEW_ROAMING,
    "sessions": Grant.VIEW_ROAMING,
    "tariffs": Grant.VIEW_MONEY,
    "cdrs": Grant.VIEW_MONEY,
}


def url(exchange: Exchange) -> str:
    return reverse("portal:exchange", args=[exchange.pk])


def asked(exchange: Exchange) -> str:
    """The request in short: `PUT /tariffs/NL/VLT/T-DC150`."""
    path = exchange.url.partition("://")[2].partition("/")[2] if "://" in exchange.url else exchange.url.lstrip("/")
    _, found, tail = f"/{path}".rpartition(f"/{exchange.module}") if exchange.module else ("", "", "")
    return f"{exchange.method} {found}{tail}" if found else f"{exchange.method} /{path}"


def _time(exchange: Exchange) -> SafeString:
    """To the millisecond, for the order of things; the day before it."""
    template = '<time datetime="{}" title="{} UTC"><span class="faint">{}</span> {}</time>'
    at = exchange.at
    day, moment = f"{at.day} {at:%b}", f"{at:%H:%M:%S}.{at.microsecond // 1000:03}"
    return format_html(template, at.isoformat(), f"{at:%Y-%m-%d %H:%M:%S}", day, moment)


def _direction(exchange: Exchange) -> SafeString:
    sent = exchange.direction == Direction.OUT
    template = '<span title="{0}"><span aria-hidden="true">{1}</span><span class="visually-hidden">{0}</span></span>'
    return format_html(template, "sent by us" if sent else "received", "→" if sent else "←")


def _request(exchange: Exchange) -> SafeString:
    link = cells.link(url(exchange), asked(exchange), mono=True)
    said = format_html('<span class="sub cut-line">{}</span>', exchange.error) if exchange.error else ""
    return format_html('<span title="{} {}">{}</span>{}', exchange.method, exchange.url, link, said)


def _http(exchange: Exchange) -> SafeString:
    status = exchange.http_status
    if status is None:
        return format_html('<span class="down">{}</span>', "–")
    tone = "warnish" if status >= 500 else "down" if status >= 400 else ""
    return format_html('<span class="{}">{}</span>', tone, status) if tone else format_html("{}", status)


def _ocpi(exchange: Exchange) -> SafeString:
    status = exchange.ocpi_status
    if status is None:
        return cells.NOTHING
    return format_html('<span class="down">{}</span>', status) if status >= 2000 else format_html("{}", status)


def took(exchange: Exchange) -> SafeString:
    """`188 ms`, `30.0 s`."""
    milliseconds = exchange.duration_ms
    shown = f"{milliseconds / 1000:.1f}" if milliseconds >= 1000 else str(milliseconds)
    unit = "s" if milliseconds >= 1000 else "ms"
    tone = "down" if exchange.slow else ""
    return format_html('<span class="{}">{}<span class="unit">{}</span></span>', tone, shown, unit)


class TrafficTable(django_tables2.Table):
    at = Cell(_time, "Time (UTC)", css="nowrap")
    direction = Cell(_direction, format_html('<span class="visually-hidden">{}</span>', "Direction"), css="nowrap")
    connection = Cell(lambda row: row.connection or cells.NOTHING, "Partner", css="nowrap")
    request = Cell(_request, "Request", css="cut")
    version = Cell(lambda row: row.version or cells.NOTHING, "Version", css="opt")
    http = Cell(_http, "HTTP", css="num")
    ocpi = Cell(_ocpi, "OCPI", css="num")
    took = Cell(took, "Took", css="num")
    caption = "Exchanges, newest first"


class _Moment(django_filters.DateTimeFilter):
    """A box for a moment, in UTC."""

    def __init__(self, label: str, lookup: str) -> None:
        widget = forms.DateTimeInput(
            attrs={"type": "datetime-local", "title": f"{label} (UTC)"}, format="%Y-%m-%dT%H:%M"
        )
        super().__init__(field_name="at", lookup_expr=lookup, label=f"{label} (UTC)", widget=widget)


class TrafficFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        method="about",
        label="Object, card, message id",
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Object, card, message id"}),
    )
    text = filters.search("What was said", "error__icontains")
    connection = django_filters.ModelChoiceFilter(
        queryset=Connection.objects.all(), label="Connection", empty_label="Any connection"
    )
    direction = django_filters.ChoiceFilter(
        choices=[("in", "Received"), ("out", "Sent by us")], label="Direction", empty_label="Both directions"
    )
    module = django_filters.ChoiceFilter(
        choices=[*((one.identifier, one.identifier) for one in modules.MODULES), (REGISTRATION, "registration")],
        method="of_module",
        label="Module",
        empty_label="Any module",
    )
    status = django_filters.ChoiceFilter(
        choices=[
            ("ok", "Went well"),
            (TROUBLE, "Refused or failed"),
            ("refused", "Refused"),
            ("failed", "Failed"),
            ("slow", "Slow, over 2 s"),
        ],
        method="that_ended",
        label="Status",
        empty_label="Any status",
    )
    since = _Moment("From", "gte")
    before = _Moment("Before", "lt")

    def about(self, queryset: QuerySet[Exchange], name: str, value: str) -> QuerySet[Exchange]:
        return queryset.filter(pk__in=selectors.about(value.strip()).values("pk"))

    def of_module(self, queryset: QuerySet[Exchange], name: str, value: str) -> QuerySet[Exchange]:
        return queryset.filter(module__in=targets.REGISTRATION if value == REGISTRATION else [value])

    def that_ended(self, queryset: QuerySet[Exchange], name: str, value: str) -> QuerySet[Exchange]:
        ended = {
            "ok": Q(error=""),
            TROUBLE: selectors.came_to_nothing(),
            "refused": selectors.refused(),
            "failed": selectors.failed(),
            "slow": selectors.slow(),
        }
        return queryset.filter(ended[value])


class TrafficList(ListPage):
    template = "portal/traffic.html"
    title = "Traffic"
    table_class = TrafficTable
    filter_class = TrafficFilter
    nothing = ("Nothing was said yet", "Every request appears here, ours and theirs, once a partner is connected.")

    def queryset(self) -> QuerySet[Exchange]:
        return selectors.exchanges_for(self.user)

    def further(self) -> dict[str, Any]:
        since = clock.now() - _DAY
        lately = self.queryset().order_by().filter(at__gte=since)
        return {
            "since": f"{since:%Y-%m-%dT%H:%M}",
            "troubled": lately.filter(selectors.came_to_nothing())[:_MOST_COUNTED].count(),
            "slow": lately.filter(selectors.slow())[:_MOST_COUNTED].count(),
            "dead": selectors.pushes_for(self.user).filter(state=PushState.DEAD).count(),
            "most": _MOST_COUNTED,
        }


class ExchangePage(Page):
    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        exchange = get_object_or_404(
            selectors.exchanges_for(self.user).select_related("push", "connection").defer("original"), pk=pk
        )
        return self.show(
            "portal/exchange.html",
            exchange=exchange,
            asked=asked(exchange),
            took=took(exchange),
            about=self._about(exchange),
            chain=[(one, asked(one), took(one)) for one in selectors.chain(exchange)[:_LONGEST_CHAIN]],
            replays=exchange.replays.select_related("by", "push"),
            repeated=Exchange.objects.filter(replay_of=exchange)[:_LONGEST_CHAIN],
            original=Exchange.objects.filter(pk=exchange.replay_of_id or 0).first(),
            refusal=self._refusal(exchange),
            long=_LONG,
        )

    def _about(self, exchange: Exchange) -> SafeString:
        """Its object, with the way to it."""
        shown = cells.mono(exchange.object_id)
        grant = _LISTS.get(exchange.module)
        if not exchange.object_id or grant is None or not may(self.user, grant):
            return shown
        query = urlencode({"q": exchange.object_id.partition("/")[0]})
        return cells.link(f"{reverse(f'portal:{exchange.module}')}?{query}", exchange.object_id, mono=True)

    def _refusal(self, exchange: Exchange) -> str:
        """Why it cannot be repeated; empty where it can."""
        try:
            replay.kind_of(exchange)
        except replay.CannotReplay as error:
            return str(error)
        return ""


class ReplayForm(forms.Form):
    note = forms.CharField(label="Why", max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


_WHAT = {
    replay.Kind.PUSH: "{connection} is told again, through the outbox: not what was sent then, but the object as it is "
    "now.",
    replay.Kind.QUESTION: "{connection} is asked the same again, now, and what they answer is shown.",
    replay.Kind.RECEIVED: "We receive what {connection} sent then once more, as it came, and store it if we take it "
    "now. They are not asked, and not told.",
}


class ReplayPage(FormPage):
    """What will happen, and why it shall."""

    grant = edit_grant = Grant.HANDLE_TRAFFIC
    form_class = ReplayForm
    submit = "Repeat it"
    done = "Repeated."

    @property
    def exchange(self) -> Exchange:
        seen = selectors.exchanges_for(self.user).defer(None).select_related("push", "connection")
        return get_object_or_404(seen, pk=self.kwargs["pk"])

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except replay.CannotReplay as error:
            messages.error(request, str(error))
            return redirect(self.back())

    def about(self) -> dict[str, Any]:
        exchange = self.exchange
        lede = _WHAT[replay.kind_of(exchange)].format(connection=exchange.connection)
        return {"title": f"Repeat {asked(exchange)}", "lede": lede}

    def back(self) -> str:
        return reverse("portal:exchange", args=[self.kwargs["pk"]])

    def save(self, cleaned: dict[str, Any]) -> str:
        came_of_it = replay.replay(exchange=self.exchange, by=self.user, note=cleaned["note"], at=clock.now())
        return push_pages.url(came_of_it) if isinstance(came_of_it, Push) else url(came_of_it)
