"""Sessions: charging in progress, and how it ended."""

from typing import Any

import django_filters
import django_tables2
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.safestring import SafeString

from partners.people.permissions import Grant, may
from roaming.cdrs import selectors as cdrs
from roaming.commands import help_desk, started
from roaming.commands import selectors as commands
from roaming.kernel import clock, sentences
from roaming.ocpi import lateness
from roaming.portal import cells, columns, filters
from roaming.portal.access import Page
from roaming.portal.columns import Cell
from roaming.portal.lists import ListPage
from roaming.profiles import selectors as profiles
from roaming.sessions import selectors
from roaming.sessions.models import Session
from roaming.tokens import selectors as tokens

STATUSES = [(word, word.capitalize()) for word in ("ACTIVE", "COMPLETED", "INVALID", "PENDING", "RESERVATION")]


def url(session: Session) -> str:
    return reverse("portal:session", args=[session.pk])


def _status(session: Session) -> SafeString:
    return cells.spaced(cells.state("session", session.status), cells.late(session.late_by))


class SessionTable(django_tables2.Table):
    started = columns.when("Started", "started_at")
    id = Cell(lambda row: cells.link(url(row), row.ocpi_id, mono=True), "Session")
    owner = Cell(lambda row: cells.party(row.party), "CPO")
    emsp = Cell(lambda row: cells.party(row.emsp), "eMSP")
    evse = Cell(lambda row: cells.mono(row.evse_uid), "EVSE", css="opt")
    token = Cell(lambda row: cells.mono(row.token_uid), "Token")
    energy = Cell(lambda row: cells.kwh(row.energy_kwh), "Energy", css="num")
    cost = columns.money("Cost", "cost")
    status = Cell(_status, "Status", css="nowrap")
    caption = "Sessions, newest first"


class SessionFilter(django_filters.FilterSet):
    q = filters.search(
        "Session, token, EVSE", "ocpi_id__istartswith", "token_uid__istartswith", "evse_uid__istartswith"
    )
    party = filters.party("CPO", "CPO")
    emsp = filters.party("eMSP", "EMSP", "emsp")
    status = filters.choice("Status", STATUSES)
    late = filters.late("late_by")
    cdr = django_filters.ChoiceFilter(
        choices=[("missing", "CDR missing")], method="with_cdr", label="CDR", empty_label="With and without CDR"
    )

    def with_cdr(self, queryset: QuerySet[Session], name: str, value: str) -> QuerySet[Session]:
        """Sessions whose CDR should be here and is not."""
        return queryset.filter(selectors.without_cdr(clock.now()))


class SessionList(ListPage):
    template = "portal/sessions.html"
    title = "Sessions"
    lede = "Charging as it happens, told by the CPOs."
    table_class = SessionTable
    money_columns = ("cost",)
    filter_class = SessionFilter
    newest_by = "started_at"
    nothing = ("No session yet", "A session appears when a driver plugs in at a station that an agreement covers.")

    def queryset(self) -> QuerySet[Session]:
        return selectors.list_for(self.user)

    def further(self) -> dict[str, Any]:
        missing = selectors.visible_to(self.user).filter(selectors.without_cdr(clock.now()))
        return {"without_cdr": missing.count(), "late_after": sentences.span(lateness.limit())}


class SessionPage(Page):
    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        session = get_object_or_404(
            selectors.visible_to(self.user).select_related("party__connection__partner", "emsp__connection__partner"),
            pk=pk,
        )
        return self.show(
            "portal/session.html",
            session=session,
            data=session.data,
            cdrs=cdrs.visible_to(self.user).filter(known_session=session).defer("raw", "body").order_by("id"),
            cdr_missing=selectors.visible_to(self.user).filter(selectors.without_cdr(clock.now()), pk=pk).exists(),
            commands=commands.list_for(self.user).filter(session=session)[:8],
            probably=started.probably_led_to(session),
            may_stop=help_desk.may_stop(session) and may(self.user, Grant.HELP_DRIVERS),
            profile=profiles.active_of(session),
            authorization=tokens.authorization_of(self.user, session),
        )
