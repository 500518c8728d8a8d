"""OCPI doors of charging profiles (section 5.1), and of charging preferences (section 4.2)."""

import re
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from roaming.commands.api import ForwardingView, Result
from roaming.commands.catalogue import WAYS
from roaming.commands.models import Command, CommandType
from roaming.exchange import asking
from roaming.exchange.asking import NoAnswer
from roaming.ocpi import envelope
from roaming.ocpi.client import Refused
from roaming.ocpi.errors import INVALID, invalid, not_found
from roaming.ocpi.schema import validation
from roaming.ocpi.versions import NEWEST_SHAPE
from roaming.ocpi.views import OcpiView
from roaming.profiles import selectors, services
from roaming.profiles.preferences import NotCapable, UnknownSession, prefer

_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)


class Receiver(ForwardingView):
    """What an eMSP asks of a CPO about the profile of a session."""

    def put(self, request: Request, session_id: str, **_: Any) -> HttpResponse:
        self.type = CommandType.SET_PROFILE
        body = self.object(WAYS[self.type].body)
        return self._order(session_id, body["response_url"], body=body)

    def get(self, request: Request, session_id: str, **_: Any) -> HttpResponse:
        self.type = CommandType.GET_PROFILE
        url, duration = _response_url(request, session_id), request.GET.get("duration", "")
        if not _SECONDS.fullmatch(duration):
            raise invalid("duration is required in the URL: how far ahead, in seconds.")
        return self._order(session_id, url, query={"duration": duration})

    def delete(self, request: Request, session_id: str, **_: Any) -> HttpResponse:
        self.type = CommandType.CLEAR_PROFILE
        return self._order(session_id, _response_url(request, session_id))

    def _order(
        self,
        session_id: str,
        response_url: str,
        *,
        body: dict[str, Any] | None = None,
        query: dict[str, str] | None = None,
    ) -> HttpResponse:
        order = services.order(
            self.type,
            asker=self.asker,
            session_id=session_id,
            response_url=response_url,
            body=body,
            query=query,
            at=self.at,
        )
        return self.put_to_the_cpo(order)


class ProfileResult(Result):
    """What came of it."""

    module = "chargingprofiles"

    def keep(self, command: Command, result: dict[str, Any]) -> str:
        return services.take_result(command=command, result=result, correlation_id=self.correlation_id, at=self.at)


class SenderObject(OcpiView):
    """A CPO tells that the plan of a session changed."""

    def put(self, request: Request, session_id: str, **_: Any) -> HttpResponse:
        session = selectors.session_of(self.connection, session_id, cpo=self.route.from_party)
        if session is None:
            raise not_found(f"There is no session “{session_id}” at your stations.")
        note = services.tell(session=session, profile=self.object("active_charging_profile"), at=self.at)
        return envelope.success(message=note)


class ChargingPreferences(ForwardingView):
    """What a driver prefers of a running session."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.version == "2.1.1":
            raise not_found("OCPI 2.1.1 has no charging preferences.")

    def put(self, request: Request, session_id: str, **_: Any) -> HttpResponse:
        preferences = self.object("charging_preferences")
        try:
            answer = prefer(asker=self.asker, session_id=session_id, preferences=preferences, at=self.at)
        except UnknownSession as error:
            raise not_found(str(error)) from None
        except NotCapable as error:
            raise not_found(str(error), INVALID) from None
        except (NoAnswer, Refused) as error:
            raise asking.refusal(error, self.version) from None
        return envelope.success(answer)


def _response_url(request: Request, session_id: str) -> str:
    """The parameter, which must be what it is in a body."""
    url: str = request.GET.get("response_url", "")
    try:
        # A STOP_SESSION is just these two, and so the rules for them.
        validation.validate(NEWEST_SHAPE, "stop_session", {"response_url": url, "session_id": session_id})
    except validation.Invalid as error:
        raise invalid(f"In the URL, {error}.") from None
    return url
