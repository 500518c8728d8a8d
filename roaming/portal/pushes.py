"""Pushes: changes that wait for a partner, and what became of the others."""

import django_filters
import django_tables2
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from partners.connections.models import Connection
from roaming.exchange import overview, selectors
from roaming.exchange.models import Exchange, Push, PushState
from roaming.kernel import clock
from roaming.portal import advice, cells, columns, filters
from roaming.portal.access import Page
from roaming.portal.columns import Cell
from roaming.portal.lists import ListPage

_SHOWN = 20


def url(push: Push) -> str:
    return reverse("portal:push", args=[push.pk])


class PushTable(django_tables2.Table):
    created = columns.when("Since", "created_at")
    what = Cell(lambda row: cells.link(url(row), row, mono=True), "Change", css="nowrap")
    connection = Cell(lambda row: row.connection, "To", css="nowrap")
    attempts = Cell(lambda row: cells.number(row.attempts), "Tries", css="num")
    next_attempt = Cell(
        lambda row: cells.when(row.next_attempt_at) if row.state in overview.QUEUED else cells.NOTHING, "Next try"
    )
    error = Cell(lambda row: row.last_error, "What they said", css="cut")
    state = columns.state("push")
    caption = "Pushes, newest first"


UNDELIVERED, QUEUED = "undelivered", "queued"
_STATES = {UNDELIVERED: (*overview.QUEUED, PushState.DEAD), QUEUED: overview.QUEUED}
_LATELY = [("delivered", "Delivered in the last hour"), ("failed", "Failed in the last hour")]


class PushFilter(django_filters.FilterSet):
    q = filters.search("Module, id", "module__istartswith", "path__icontains", "object_key__icontains")
    state = django_filters.ChoiceFilter(
        choices=[(UNDELIVERED, "Not delivered"), (QUEUED, "In the queue"), *PushState.choices],
        method="in_state",
        label="State",
        empty_label="Any state",
    )
    lately = django_filters.ChoiceFilter(choices=_LATELY, method="within", label="Lately", empty_label="Any time")
    partner = filters.partner("connection__partner")
    connection = django_filters.ModelChoiceFilter(
        queryset=Connection.objects.all(), label="Connection", empty_label="Any connection"
    )

    def in_state(self, queryset: QuerySet[Push], name: str, value: str) -> QuerySet[Push]:
        """Pushes in one state, or in one of several."""
        return queryset.filter(state__in=_STATES.get(value, (value,)))

    def within(self, queryset: QuerySet[Push], name: str, value: str) -> QuerySet[Push]:
        """The pushes that the overview counts."""
        at = clock.now()
        if value == "delivered":
            return queryset.filter(delivered_at__gt=at - overview.LATELY)
        return overview.failed_lately(queryset, at)


class PushList(ListPage):
    template = "portal/pushes.html"
    title = "Pushes"
    lede = "Changes on their way to partners. What cannot be delivered becomes a dead letter and waits for a person."
    table_class = PushTable
    filter_class = PushFilter
    nothing = ("Nothing was sent yet", "Changes are pushed once a partner is registered and an agreement is active.")

    def queryset(self) -> QuerySet[Push]:
        return selectors.pushes_for(self.user)


class PushPage(Page):
    """One push: why it is where it is, what was sent and answered, and what people did with it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        pushes = selectors.pushes_for(self.user).defer(None).annotate(superseded_by=selectors.superseder())
        push = get_object_or_404(pushes.select_related("connection__partner", "from_party", "to_party"), pk=pk)
        exchanges = list(Exchange.objects.filter(push=push)[:_SHOWN])
        return self.show(
            "portal/push.html",
            push=push,
            dead=push.state == PushState.DEAD,
            advice=advice.on(push),
            exchanges=exchanges,
            newest=exchanges[0] if exchanges else None,
            handlings=selectors.handlings(push),
        )
