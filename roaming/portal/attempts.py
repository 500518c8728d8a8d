"""Every try to register, rotate, leave or look, and what became of it."""

from typing import Any

import django_filters
import django_tables2
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from partners.connections.models import Connection
from roaming.portal import cells, columns, filters, handshakes
from roaming.portal.access import Page
from roaming.portal.columns import Cell
from roaming.portal.lists import ListPage
from roaming.registration import selectors
from roaming.registration.models import Attempt, Method, Outcome


def url(attempt: Attempt) -> str:
    return reverse("portal:connection_attempt", args=[attempt.connection_id, attempt.pk])


def _connection(pk: int) -> Connection:
    return get_object_or_404(Connection.objects.select_related("partner"), pk=pk)


class AttemptTable(django_tables2.Table):
    started = columns.when("Began", "started_at")
    method = Cell(lambda row: cells.link(url(row), row.get_method_display()), "What", css="nowrap")
    outcome = columns.state("attempt", "outcome", "Result")
    by = Cell(handshakes.who, "By", css="nowrap")
    version = Cell(lambda row: row.version or cells.NOTHING, "OCPI")
    answer = Cell(lambda row: row.answer or cells.NOTHING, "How it ended", css="cut")
    caption = "Attempts, newest first"


class AttemptFilter(django_filters.FilterSet):
    method = filters.choice("Kind", Method.choices)
    outcome = filters.choice("Result", Outcome.choices)


class AttemptList(ListPage):
    template = "portal/attempts.html"
    title = "Attempts"
    lede = "Every exchange of credentials that was tried with this platform, by them or by us, and every test call."
    table_class = AttemptTable
    filter_class = AttemptFilter
    nothing = ("Nothing was tried yet", "Every try to register is listed here, whether it succeeds or not.")

    def queryset(self) -> QuerySet[Attempt]:
        return selectors.attempts_for(self.user, _connection(self.kwargs["pk"]))

    def further(self) -> dict[str, Any]:
        return {"connection": _connection(self.kwargs["pk"])}


class AttemptPage(Page):
    """One attempt with all its calls."""

    def get(self, request: HttpRequest, pk: int, attempt: int) -> HttpResponseBase:
        connection = _connection(pk)
        found = get_object_or_404(selectors.attempts_for(self.user, connection), pk=attempt)
        return self.show("portal/attempt.html", connection=connection, one=handshakes.told(found))
