"""A connection in three steps: created, credentials exchanged, verified; and its buttons."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from partners import routing
from partners.connections import services
from partners.connections.models import Connection, ConnectionState
from partners.people.permissions import Grant
from roaming.kernel import clock
from roaming.kernel.states import CannotMove
from roaming.ocpi.versions import OFFERED
from roaming.portal import handshakes, once, queues, steps
from roaming.portal.access import Page
from roaming.portal.connection_forms import RegisterForm, RotateForm
from roaming.registration import leaving, rotation, selectors, starting
from roaming.registration.models import Method
from roaming.registration.starting import CannotRegister


def url(connection: Connection) -> str:
    return reverse("portal:connection", args=[connection.pk])


def of(pk: int) -> Connection:
    return get_object_or_404(Connection.objects.select_related("partner", "face"), pk=pk)


class ConnectionPage(Page):
    """The three steps. A token that was just made is shown once; posting presses one of the buttons."""

    edit_grant: Grant | None = Grant.HANDLE_TRAFFIC

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        connection = of(pk)
        return self.steps(connection, RegisterForm(initial=once.take(request, "tried_registration", connection)))

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        connection = of(pk)
        moves: dict[str, Callable[[Connection], str]] = {
            "suspend": self._suspend,
            "resume": self._resume,
            "look": self._look,
            "rotate": self._rotate,
        }
        move = moves.get(request.POST.get("move", ""))
        if move is None:
            raise BadRequest("no such button")
        try:
            messages.success(request, move(connection))
        except (CannotMove, CannotRegister) as error:
            return self.told(connection, error)
        return redirect(url(connection))

    def told(self, connection: Connection, error: Exception) -> HttpResponseBase:
        """To the page; an attempt that ended by `error` says it there, and nothing else says it once more."""
        newest = selectors.attempts_for(self.user, connection).first()
        if newest is not None and newest.method != Method.GET and newest.answer == str(error):
            return redirect(f"{url(connection)}#attempt-{newest.pk}")
        messages.error(self.request, str(error))
        return redirect(url(connection))

    def steps(self, connection: Connection, form: RegisterForm, status: int = 200) -> HttpResponseBase:
        """The page, with what they gave us in the form."""
        known = list(connection.parties.order_by("id"))
        hosted = [party for party in known if party.left_at is None]
        told = handshakes.of(connection, self.user)
        looked = steps.test_call(self.user, connection)
        at = clock.now()
        return self.show(
            "portal/connection.html",
            status,
            connection=connection,
            parties=known,
            face=routing.face_of(connection),
            registered=connection.state != ConnectionState.PLANNED,
            token=once.take(self.request, "one_time_token", connection),
            versions_url=services.versions_url(),
            versions=OFFERED,
            form=form,
            steps=steps.of(connection, known, told, looked, at),
            at=at,
            queue=queues.of(connection, at),
            told=told,
            tried=selectors.attempts_for(self.user, connection).count(),
            looked=looked,
            refused=steps.refused(told),
            modules=handshakes.modules_of(connection, [party.role for party in hosted]),
        )

    def _suspend(self, connection: Connection) -> str:
        services.suspend(connection=connection)
        return f"{connection} is suspended: nothing is sent, and they are answered 401."

    def _resume(self, connection: Connection) -> str:
        services.resume(connection=connection, at=clock.now())
        return f"{connection} goes on; what changed meanwhile is sent."

    def _look(self, connection: Connection) -> str:
        return leaving.ask_versions(connection=connection, at=clock.now(), by=self.user)

    def _rotate(self, connection: Connection) -> str:
        form = RotateForm(self.request.POST)
        if not form.is_valid():
            raise BadRequest("no such version")
        version = form.cleaned_data["version"]
        rotated = rotation.rotate(connection=connection, version=version, at=clock.now(), by=self.user)
        return f"{rotated} and we have new tokens, in OCPI {rotated.version}."


class Register(ConnectionPage):
    """We register with a partner that gave us its versions URL and a token; what went wrong is seen on the page."""

    grant = edit_grant = Grant.HANDLE_TRAFFIC

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        connection, form = of(pk), RegisterForm(request.POST)
        if not form.is_valid():
            return self.steps(connection, form, 422)
        try:
            starting.register(
                connection=connection,
                versions_url=form.cleaned_data["versions_url"],
                token_a=form.cleaned_data["token"],
                version=form.cleaned_data["version"],
                at=clock.now(),
                by=self.user,
            )
        except CannotRegister as error:
            once.keep(request, "tried_registration", connection, form.cleaned_data)
            return self.told(connection, error)
        messages.success(request, f"We are registered with {connection}.")
        return redirect(url(connection))


def show_once(request: HttpRequest, connection: Connection, token: str) -> str:
    """Keep the token for the next page. Where that page is."""
    once.keep(request, "one_time_token", connection, token)
    return url(connection)
