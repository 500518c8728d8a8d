"""Pushes: changes that wait for a partner, and those that could not be delivered."""

import django_filters
import django_tables2
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from partners.connections.models import Connection
from partners.people.permissions import Grant
from roaming.exchange import dead_letters, selectors
from roaming.exchange.models import Exchange, Push, PushState
from roaming.kernel import clock
from roaming.portal import cells, columns, filters
from roaming.portal.access import Page
from roaming.portal.columns import Cell
from roaming.portal.forms import attempt
from roaming.portal.lists import ListPage


def url(push: Push) -> str:
    return reverse("portal:push", args=[push.pk])


class PushTable(django_tables2.Table):
    created = columns.when("Since", "created_at")
    what = Cell(lambda row: cells.link(url(row), row, mono=True), "Change", css="nowrap")
    connection = Cell(lambda row: row.connection, "To", css="nowrap")
    attempts = Cell(lambda row: cells.number(row.attempts), "Tries", css="num")
    next_attempt = Cell(
        lambda row: cells.when(row.next_attempt_at) if row.state in ("waiting", "retrying") else cells.NOTHING,
        "Next try",
    )
    error = Cell(lambda row: row.last_error, "What they said", css="cut")
    state = columns.state("push")
    caption = "Pushes, newest first"


UNDELIVERED = "undelivered"


class PushFilter(django_filters.FilterSet):
    q = filters.search("Module, id", "module__istartswith", "path__icontains", "object_key__icontains")
    state = django_filters.ChoiceFilter(
        choices=[(UNDELIVERED, "Not delivered"), *PushState.choices],
        method="in_state",
        label="State",
        empty_label="Any state",
    )
    connection = django_filters.ModelChoiceFilter(
        queryset=Connection.objects.all(), label="Connection", empty_label="Any connection"
    )

    def in_state(self, queryset: QuerySet[Push], name: str, value: str) -> QuerySet[Push]:
        """Pushes in one state, or in any before delivery."""
        return queryset.exclude(state=PushState.DELIVERED) if value == UNDELIVERED else queryset.filter(state=value)


class PushList(ListPage):
    template = "portal/pushes.html"
    title = "Pushes"
    lede = "Changes on their way to partners. What cannot be delivered waits here for a person."
    table_class = PushTable
    filter_class = PushFilter
    nothing = ("Nothing was sent yet", "Changes are pushed once a partner is registered and an agreement is active.")

    def queryset(self) -> QuerySet[Push]:
        return selectors.pushes_for(self.user)


class PushPage(Page):
    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        push = get_object_or_404(selectors.pushes_for(self.user).defer(None), pk=pk)
        return self.show("portal/push.html", push=push, exchanges=Exchange.objects.filter(push=push)[:20])


class Retry(Page):
    grant = edit_grant = Grant.HANDLE_TRAFFIC

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        push = get_object_or_404(selectors.pushes_for(self.user), pk=pk)

        def act() -> str:
            dead_letters.retry(push=push, by=self.user, at=clock.now())
            return "It is sent again now."

        return attempt(request, act, (dead_letters.CannotRetry,), url(push))
