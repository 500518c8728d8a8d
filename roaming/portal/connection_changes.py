"""Planning a connection, changing what was settled, and what cannot be undone: a page stands before it."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from partners.connections import services
from partners.connections.models import Connection, ConnectionState
from partners.parties.services import PartyTaken
from partners.partners.models import Partner
from partners.people.permissions import Grant
from roaming.kernel import clock
from roaming.kernel.states import CannotMove
from roaming.portal import connections, steps
from roaming.portal.access import Page
from roaming.portal.connection_forms import ChangeForm, ConnectionForm
from roaming.portal.forms import FormPage
from roaming.registration import leaving, rotation
from roaming.registration.starting import CannotRegister

_LIMITS = ("send_per_minute", "send_at_once", "timeout_seconds")


class AddConnection(FormPage):
    grant = edit_grant = Grant.EDIT_PARTNERS
    template = "portal/connection_add.html"
    form_class = ConnectionForm
    refusals = (services.CannotAdd, PartyTaken)
    submit = "Plan connection"
    done = "Connection planned."

    @property
    def partner(self) -> Partner:
        return get_object_or_404(Partner, pk=self.kwargs["pk"])

    def back(self) -> str:
        return reverse("portal:partner", args=[self.kwargs["pk"]])

    def about(self) -> dict[str, Any]:
        return {
            "title": f"Plan a connection with {self.partner}",
            "partner": self.partner,
            "steps": steps.ahead(),
            "lede": "The first of three steps: who is behind it. Then credentials are exchanged, then you verify.",
        }

    def save(self, cleaned: dict[str, Any]) -> str:
        settled = {name: cleaned[name] for name in ("name", "own", "only_version", "face", "requests_per_minute")}
        added = services.add(
            partner_name=self.partner.name, parties_hosted=cleaned["parties_hosted"], at=clock.now(), **settled
        )
        return connections.show_once(self.request, added.connection, added.token)


class EditConnection(FormPage):
    grant = edit_grant = Grant.EDIT_PARTNERS
    template = "portal/connection_edit.html"
    form_class = ChangeForm
    refusals = (services.CannotAdd,)

    @property
    def connection(self) -> Connection:
        return connections.of(self.kwargs["pk"])

    def back(self) -> str:
        return connections.url(self.connection)

    def about(self) -> dict[str, Any]:
        return {
            "title": f"Edit {self.connection}",
            "lede": "A version holds from the next exchange of credentials on.",
            "connection": self.connection,
        }

    def make_form(self, data: Any = None) -> ChangeForm:
        connection = self.connection
        names = ("name", "only_version", "face", "requests_per_minute", *_LIMITS)
        return ChangeForm(data, connection=connection, initial={name: getattr(connection, name) for name in names})

    @transaction.atomic
    def save(self, cleaned: dict[str, Any]) -> str:
        limits = {name: cleaned.pop(name) for name in _LIMITS}
        changed = services.change(connection=self.connection, **cleaned)
        return connections.url(services.limit(connection=changed, **limits))


class Confirm(Page):
    """A page between a button and what cannot be undone."""

    grant = edit_grant = Grant.HANDLE_TRAFFIC
    submit = ""

    def warning(self, connection: Connection) -> str:
        """What it means, in a sentence."""
        raise NotImplementedError

    def do(self, connection: Connection) -> str:
        """Do it; where to go."""
        raise NotImplementedError

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        connection = connections.of(pk)
        return self.show(
            "portal/confirm.html",
            connection=connection,
            title=f"{self.submit}: {connection}",
            warning=self.warning(connection),
            submit=self.submit,
            back=connections.url(connection),
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        connection = connections.of(pk)
        try:
            return redirect(self.do(connection))
        except (CannotRegister, CannotMove) as error:
            messages.error(request, str(error))
            return redirect(connections.url(connection))


class NewToken(Confirm):
    submit = "New one-time token"

    def warning(self, connection: Connection) -> str:
        if connection.state == ConnectionState.PLANNED:
            return "A token that they have from us and did not use yet is dead then."
        return (
            f"{connection} is registered. The tokens that they have from us are dead at once, nothing is exchanged any "
            "more, and they have to register again with the new one. To renew tokens without a break, rotate them."
        )

    def do(self, connection: Connection) -> str:
        token = services.new_registration_token(connection=connection, at=clock.now())
        return connections.show_once(self.request, connection, token)


class WithdrawOffer(Confirm):
    submit = "They did not take it"

    def warning(self, connection: Connection) -> str:
        return (
            "Ask them first. The token that a rotation offered them is dead then, and another rotation may be tried; "
            "the one that they have goes on. If they took the offered one after all, their next call is refused, and "
            "they have to PUT their credentials again or be given a new one-time token."
        )

    def do(self, connection: Connection) -> str:
        messages.success(self.request, rotation.withdraw_offer(connection=connection, at=clock.now(), by=self.user))
        return connections.url(connection)


class Unregister(Confirm):
    submit = "Unregister"

    def warning(self, connection: Connection) -> str:
        return (
            "They are told by OCPI that we leave. The tokens of both sides are dead then, whatever they answer, and "
            "nothing is exchanged any more. What was exchanged stays. To begin again a new one-time token is needed."
        )

    def do(self, connection: Connection) -> str:
        messages.success(self.request, leaving.unregister(connection=connection, at=clock.now(), by=self.user))
        return connections.url(connection)
