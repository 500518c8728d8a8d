"""Commands: what was asked of stations, by whom, and what came of it; and the help desk's own."""

from collections.abc import Callable
from typing import Any

import django_filters
import django_tables2
from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.safestring import SafeString

from partners.connections.models import Connection
from partners.people.permissions import Grant, may
from roaming.commands import help_desk, selectors, services, started
from roaming.commands.models import UNDER_WAY, Command, CommandState, CommandType
from roaming.commands.orders import Order
from roaming.kernel import clock
from roaming.locations import selectors as locations
from roaming.locations.models import Location
from roaming.portal import cells, columns, filters, states, story
from roaming.portal import locations as location_pages
from roaming.portal import sessions as session_pages
from roaming.portal.access import Page
from roaming.portal.columns import Cell
from roaming.portal.forms import FormPage
from roaming.portal.lists import ListPage
from roaming.sessions import selectors as sessions

_MOST_REQUESTS = 50


def url(command: Command) -> str:
    return reverse("portal:command", args=[command.pk])


def place(command: Command) -> SafeString:
    """The location or session that it is about."""
    if command.location is not None:
        return cells.link(location_pages.url(command.location), command.location.name or command.location.ocpi_id)
    if command.session is not None:
        return cells.link(session_pages.url(command.session), command.session.ocpi_id, mono=True)
    return cells.NOTHING


def where(command: Command) -> SafeString:
    """The same, with the EVSE."""
    return cells.spaced(place(command), cells.mono(command.evse_uid)) if command.evse_uid else place(command)


def heard(command: Command) -> str:
    """The last word that came: the station's, or the CPO's where it refused."""
    word = command.result or (command.answer if command.state == CommandState.REFUSED else "")
    return word.replace("_", " ").lower()


class CommandTable(django_tables2.Table):
    asked = columns.when("Asked", "asked_at")
    type = Cell(lambda row: cells.link(url(row), row.get_type_display()), "Command", css="nowrap")
    asker = Cell(lambda row: row.asker or row.by, "By", css="nowrap")
    emsp = Cell(lambda row: cells.party(row.emsp), "eMSP", css="opt")
    cpo = Cell(lambda row: cells.party(row.cpo), "CPO")
    where = Cell(where, "Where", css="cut")
    answered = Cell(lambda row: story.took(row, row.answered_at), "Answer", css="num opt")
    done = Cell(lambda row: story.took(row, row.result_at), "Result", css="num")
    result = Cell(heard, "They said", css="nowrap")
    state = columns.state("command")
    caption = "Commands, newest first"


class CommandFilter(django_filters.FilterSet):
    q = filters.search(
        "Session, location, token, EVSE",
        "session__ocpi_id__istartswith",
        "location__ocpi_id__istartswith",
        "location__name__istartswith",
        "token_uid__istartswith",
        "evse_uid__istartswith",
    )
    type = filters.choice("Command", CommandType.choices)
    state = filters.choice("State", [(state.value, states.word(state.value)) for state in CommandState])
    cpo = filters.party("CPO", "CPO", "cpo")
    asker = django_filters.ModelChoiceFilter(queryset=Connection.objects.all(), label="Asked by", empty_label="Anybody")


class CommandList(ListPage):
    title = "Commands"
    lede = "What eMSPs and our own people asked of stations: start, stop, reserve, unlock, charge slower."
    table_class = CommandTable
    filter_class = CommandFilter
    newest_by = "asked_at"
    nothing = ("No command yet", "A command appears when an eMSP asks for one, or somebody here unlocks a connector.")

    def queryset(self) -> QuerySet[Command]:
        return selectors.list_for(self.user)


class CommandPage(Page):
    """The whole story; HTMX asks again for it while something is still to come."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        command = get_object_or_404(selectors.list_for(self.user).select_related("reservation").defer(None), pk=pk)
        chain = self._chain(command)
        return self.show(
            "portal/command.html#story" if self.partial else "portal/command.html",
            command=command,
            under_way=command.state in UNDER_WAY,
            where=place(command),
            steps=story.steps(command, chain),
            exchanges=chain.exchanges,
            chain=chain,
            probably=started.probably(command),
        )

    def _chain(self, command: Command) -> story.Chain:
        return story.Chain(
            pushes=list(selectors.pushes_of(command)) if command.asker else (),
            exchanges=list(selectors.exchanges_of(command)[:_MOST_REQUESTS]),
            session=command.session if command.type in started.STARTING else None,
            cdrs=started.cdrs_of(command) if may(self.user, Grant.VIEW_MONEY) else (),
        )


class Helping(Page):
    """A command of the person who looks. Services refuse; whatever was asked has a page."""

    grant = edit_grant = Grant.HELP_DRIVERS

    def give(self, order: Callable[[], Order], back: str) -> HttpResponseBase:
        """Give the command and go to its page; to `back` with a sentence where there is none."""
        try:
            command = services.send(order(), at=clock.now())
        except (help_desk.CannotHelp, services.UnderWay) as error:
            messages.error(self.request, str(error))
            return redirect(back)
        except services.Unanswered as error:
            messages.error(self.request, f"They could not be asked: {error}")
            return redirect(url(error.command))
        return redirect(url(command))


class Stop(Helping):
    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        visible = sessions.visible_to(self.user).select_related("party__connection", "emsp__connection")
        session = get_object_or_404(visible, pk=pk)
        return self.give(lambda: help_desk.stopping(session=session, by=self.user), session_pages.url(session))


class UnlockForm(forms.Form):
    connector = forms.ChoiceField(label="Connector", help_text="The driver reads it from the station.")


class Unlock(Helping, FormPage):
    """Which connector of a location, and unlock it."""

    form_class = UnlockForm
    submit = "Unlock it now"

    @property
    def location(self) -> Location:
        visible = locations.visible_to(self.user).select_related("party__connection")
        return get_object_or_404(visible, pk=self.kwargs["pk"])

    def about(self) -> dict[str, Any]:
        location = self.location
        lede = "For a driver whose cable does not come loose after charging. The station is asked at once."
        return {"title": f"Unlock a connector at {location.name or location.ocpi_id}", "lede": lede}

    def back(self) -> str:
        return location_pages.url(self.location)

    def make_form(self, data: Any = None) -> forms.Form:
        form = super().make_form(data)
        choices = [
            (f"{evse['uid']}/{one['id']}", f"{evse.get('evse_id') or evse['uid']}, {location_pages.connector(one)}")
            for evse in self.location.data.get("evses") or []
            for one in evse["connectors"]
            if evse["status"] != "REMOVED"
        ]
        form.fields["connector"].choices = choices  # type: ignore[attr-defined]
        form.initial["connector"] = next((key for key, _ in choices if key.startswith(self._wanted)), None)
        return form

    @property
    def _wanted(self) -> str:
        return f"{self.request.GET.get('evse', '')}/"

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        form = self.make_form(request.POST)
        if not form.is_valid():
            return self._form(form, 422)
        location, (evse_uid, _, connector_id) = self.location, form.cleaned_data["connector"].rpartition("/")
        return self.give(
            lambda: help_desk.unlocking(
                location=location, evse_uid=evse_uid, connector_id=connector_id, by=self.user, at=clock.now()
            ),
            self.back(),
        )
