"""Connections on a partner's page: planned with a one-time token, registered, suspended, pulled."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from partners.connections import services
from partners.connections.models import Connection
from partners.parties import selectors as parties
from partners.parties.models import PartyRole
from partners.parties.services import PartyTaken
from partners.partners.models import Partner
from partners.people.permissions import Grant
from roaming.exchange import pull
from roaming.kernel import clock
from roaming.kernel.states import CannotMove
from roaming.portal.access import Page
from roaming.portal.forms import FormPage
from roaming.registration import services as registration


class ConnectionForm(forms.Form):
    name = forms.CharField(max_length=100, help_text="How we call the link, for example “Nomad production”.")
    codes = forms.CharField(label="Parties", help_text="As in DE*NMD; several with commas.", required=False)
    roles = forms.MultipleChoiceField(
        choices=[(PartyRole.CPO.value, "CPO"), (PartyRole.EMSP.value, "eMSP")],
        help_text="What these parties are.",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    own = forms.BooleanField(label="One of our own back-ends", required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        codes = [code for code in cleaned.get("codes", "").replace(" ", "").split(",") if code]
        if codes and not cleaned.get("roles"):
            self.add_error("roles", "Say whether the parties are CPO, eMSP or both.")
        try:
            pairs = [parties.parse(code) for code in codes]
        except ValueError as error:
            self.add_error("codes", str(error))
            return cleaned
        cleaned["parties_hosted"] = [(*pair, role) for pair in pairs for role in cleaned.get("roles", [])]
        return cleaned


class AddConnection(FormPage):
    grant = edit_grant = Grant.EDIT_PARTNERS
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
        return {"title": f"Plan a connection with {self.partner}", "lede": "You get a one-time token to hand over."}

    def save(self, cleaned: dict[str, Any]) -> str:
        added = services.add(
            partner_name=self.partner.name,
            name=cleaned["name"],
            own=cleaned["own"],
            parties_hosted=cleaned["parties_hosted"],
            at=clock.now(),
        )
        return _shown_once(self.request, added.connection, added.token)


def _shown_once(request: HttpRequest, connection: Connection, token: str) -> str:
    """Keep the token for the next page only: it is shown once and never stored in plain."""
    request.session["one_time_token"] = {"connection": connection.pk, "token": token}
    return reverse("portal:connection_token", args=[connection.pk])


class OneTimeToken(Page):
    grant = Grant.EDIT_PARTNERS

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        connection = get_object_or_404(Connection.objects.select_related("partner"), pk=pk)
        kept = request.session.pop("one_time_token", None)
        token = kept["token"] if kept and kept["connection"] == pk else None
        return self.show(
            "portal/token_once.html", connection=connection, token=token, versions_url=services.versions_url()
        )


class RegisterForm(forms.Form):
    versions_url = forms.URLField(label="Their versions URL", assume_scheme="https")
    token = forms.CharField(label="The token they gave us", max_length=64)


class Register(FormPage):
    """We register with a partner that gave us its versions URL and a token."""

    grant = edit_grant = Grant.HANDLE_TRAFFIC
    form_class = RegisterForm
    refusals = (registration.CannotRegister,)
    submit = "Register now"
    done = "Registered."

    @property
    def connection(self) -> Connection:
        return get_object_or_404(Connection.objects.select_related("partner"), pk=self.kwargs["pk"])

    def back(self) -> str:
        return reverse("portal:partner", args=[self.connection.partner_id])

    def about(self) -> dict[str, Any]:
        return {
            "title": f"Register with {self.connection}",
            "lede": "We read their versions, then exchange credentials.",
        }

    def save(self, cleaned: dict[str, Any]) -> str:
        def tell(step: registration.Step) -> None:
            messages.info(self.request, f"{step.title}: {step.answer}")

        registration.register(
            connection=self.connection,
            versions_url=cleaned["versions_url"],
            token_a=cleaned["token"],
            at=clock.now(),
            report=tell,
        )
        return self.back()


class Act(Page):
    """The buttons of a connection."""

    grant = edit_grant = Grant.HANDLE_TRAFFIC

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        connection = get_object_or_404(Connection, pk=pk)
        moves = {"suspend": self._suspend, "resume": self._resume, "pull": self._pull, "token": self._token}
        move = moves.get(request.POST.get("move", ""))
        if move is None:
            raise BadRequest("no such button")
        try:
            target = move(connection)
        except (CannotMove, pull.CannotPull) as error:
            messages.error(request, str(error))
            target = None
        return redirect(target or reverse("portal:partner", args=[connection.partner_id]))

    def _suspend(self, connection: Connection) -> None:
        services.suspend(connection=connection)
        messages.success(self.request, f"{connection} is suspended: nothing is sent, and they are answered 401.")

    def _resume(self, connection: Connection) -> None:
        services.resume(connection=connection, at=clock.now())
        messages.success(self.request, f"{connection} goes on; what changed meanwhile is sent.")

    def _pull(self, connection: Connection) -> None:
        counts = pull.pull(connection=connection, at=clock.now())
        told = ", ".join(f"{count.new + count.known} {module}" for module, count in counts.items()) or "nothing offered"
        messages.success(self.request, f"Pulled from {connection}: {told}.")

    def _token(self, connection: Connection) -> str:
        token = services.new_registration_token(connection=connection, at=clock.now())
        return _shown_once(self.request, connection, token)
