"""What all OCPI doors have in common: who calls, the strict body, one place that turns errors into envelopes."""

import logging
import re
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, TypeVar, cast
from urllib.parse import unquote_plus

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DataError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from rest_framework import exceptions
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from partners import routing
from partners.connections import tokens
from partners.connections.models import Connection, TokenKind
from partners.parties.models import Party
from roaming.kernel import clock, correlation
from roaming.kernel.states import CannotMove
from roaming.ocpi import bodies, envelope, modules, offers, paging, paths, routing_headers, throttling, translation
from roaming.ocpi.authentication import TokenAuthentication
from roaming.ocpi.errors import (
    CLIENT_ERROR,
    INVALID,
    SERVER_ERROR,
    OcpiError,
    invalid,
    limited_to,
    method_not_allowed,
    not_found,
    not_json,
    unauthorized,
)
from roaming.ocpi.models import OcpiObject
from roaming.ocpi.modules import Interface
from roaming.ocpi.routing_headers import NOWHERE, Route
from roaming.ocpi.schema import rules, transforms, validation, wire
from roaming.ocpi.versions import NEWEST_SHAPE, OFFERED

O = TypeVar("O", bound=OcpiObject)  # noqa: E741
logger = logging.getLogger(__name__)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class OcpiView(APIView):
    """One URL of one module. Handlers return `envelope.success(...)` or raise; refusals become envelopes here."""

    authentication_classes = [TokenAuthentication]
    http_method_names = ["get", "post", "put", "patch", "delete"]
    # The interface that the address belongs to; None for versions and credentials, which belong to everybody.
    interface: ClassVar[Interface | None] = None
    # Whom the request is from and for; nobody in OCPI 2.1.1.
    route: Route = NOWHERE

    @property
    def connection(self) -> Connection:
        """The platform that calls."""
        return cast(Connection, self.request.user)

    @cached_property
    def version(self) -> str:
        """The OCPI version of the URL."""
        return str(self.kwargs.get("version", OFFERED[-1]))

    @cached_property
    def at(self) -> datetime:
        """The moment of this request."""
        return clock.now()

    @property
    def correlation_id(self) -> str:
        """The caller's X-Correlation-ID, or the one that was made up for it (T14); for what is sent on (T12)."""
        return correlation.current()

    @property
    def raw(self) -> bytes:
        """The body exactly as it was meant: unpacked, and otherwise untouched."""
        return bodies.plain(self.request._request)

    def body(self) -> Any:
        """The decoded JSON body, numbers as Decimal. Raises OcpiError or wire.NotJson when there is none."""
        if not self.raw.strip():
            raise not_json("The body is empty; a JSON object is expected.")
        sent = self.request._request.content_type or ""
        if sent.lower() != "application/json":
            found = f"not '{sent}'" if sent else "and is missing"
            raise not_json(f"The header Content-Type must be application/json, {found}.")
        return wire.decode(self.raw)

    def object(self, kind: str) -> dict[str, Any]:
        """The body as a valid object of `kind`, in the newest shape. Raises validation.Invalid naming every field."""
        return translation.understood(
            self.version, kind, self.body(), connection=self.connection, owner=self.owner_named
        )

    @property
    def owner_named(self) -> translation.Owner | None:
        """The party that the address names; None for an address without one."""
        named = self.kwargs.get("country_code"), self.kwargs.get("party_id")
        return (str(named[0]), str(named[1])) if all(named) else None

    def outgoing(self, kind: str, stored: str | dict[str, Any]) -> Any:
        """A stored object (text or dict, newest shape) as `data` in the version of this request."""
        if self.version == NEWEST_SHAPE and isinstance(stored, str):
            return envelope.raw(stored)
        value = wire.decode(stored.encode()) if isinstance(stored, str) else stored
        assert isinstance(value, dict)
        told, losses = translation.told(self.version, kind, value)
        self._losses += losses
        return told

    @cached_property
    def named(self) -> routing.Code | None:
        """The one party that the request can be for: the routing headers name it; in 2.1.1 it is the one that a person
        chose for the platform. None when it is not said."""
        if self.version != "2.1.1":
            return self.route.to_party
        return _code(routing.chosen_face(self.connection))

    @cached_property
    def meant(self) -> routing.Code | None:
        """The one party that the request is most likely for: the one that is named; in 2.1.1, where none is, the one
        that we are for the platform. None when everybody is meant."""
        if self.version != "2.1.1":
            return self.named
        return _code(routing.face_of(self.connection))

    def narrowed(self, visible: QuerySet[O]) -> QuerySet[O]:
        """Of what the caller may see, the objects of the party that is meant."""
        if self.meant is None:
            return visible
        return visible.filter(party__country_code=self.meant[0], party__party_id=self.meant[1])

    def page(self, visible: QuerySet[O], *, kind: str) -> HttpResponse:
        """One page of what the caller may see; the party that is meant, dates, offset and limit narrow it (T40)."""
        return paging.page(self.request, self.narrowed(visible), kind=kind, version=self.version, at=self.at)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.interface and self.connection.token_in_kind != TokenKind.CREDENTIALS:
            raise unauthorized("This is a registration token; it is good for versions and credentials only.")
        tokens.used(connection=self.connection, token=str(self.request.auth), for_data=self.interface is not None)
        if self.version not in OFFERED:
            raise not_found(f"OCPI version {self.version} is not offered here; GET versions lists what is.")
        only, now = self.connection.only_version, self.connection.version  # one that it is to leave works until then
        if only and self.kwargs.get("version", only) not in (only, now):
            raise limited_to(only)
        if any(_CONTROL.search(part) for part in kwargs.values() if isinstance(part, str)):
            raise not_found("The URL contains a control character; nothing has such an id.")
        if _CONTROL.search(unquote_plus(request.META.get("QUERY_STRING", ""))):
            raise invalid("The query of the URL contains a control character.")
        if self.interface:
            self._open(self.interface)

    def _open(self, interface: Interface) -> None:
        """Only what the version details list to this connection is there for it (V2). Raises OcpiError."""
        if interface not in offers.to(self.connection, self.version):
            named = f"The {interface[1]} interface of {interface[0]}"
            raise not_found(f"{named} is not offered to your platform; your version details list what is.")
        if modules.named(interface[0]).routed and self.version != "2.1.1":
            self.route = routing_headers.read(self.request.headers, self.connection)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Ids may have slashes in them."""
        return super().dispatch(request, *args, **{name: paths.unmarked(part) for name, part in kwargs.items()})

    def check_throttles(self, request: Request) -> None:
        throttling.called(self.connection, self.at)

    @cached_property
    def _losses(self) -> list[transforms.Loss]:
        """What `outgoing` could not say."""
        return []

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Hand the journal what was lost, and say who answers."""
        if self._losses and isinstance(response, envelope.OcpiResponse):
            response.losses = self._losses
        if self.route.from_party is not None:
            for name, value in routing_headers.of_answerer(self.connection, self.route).items():
                response[name] = value
        return super().finalize_response(request, response, *args, **kwargs)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        """Answers are JSON whatever `Accept` says."""
        return JSONRenderer(), "application/json"

    def http_method_not_allowed(  # type: ignore[override]
        self, request: Request, *args: Any, **kwargs: Any
    ) -> Response:
        message = f"{request.method} is not defined for this URL; it has {', '.join(self.allowed_methods)}."
        raise method_not_allowed(message, self.allowed_methods)

    def handle_exception(self, exc: Exception) -> HttpResponseBase:  # type: ignore[override]
        error = as_ocpi_error(exc)
        if error.status_code == SERVER_ERROR:
            logger.error("%s %s failed", self.request.method, self.request.path, exc_info=exc)
        return envelope.failure(error)


def _code(party: Party | None) -> routing.Code | None:
    return (party.country_code, party.party_id) if party else None


def as_ocpi_error(exc: Exception) -> OcpiError:
    """What a partner is told about `exc`; our own faults are not explained."""
    match exc:
        case OcpiError():
            return exc
        case wire.NotJson():
            return not_json(str(exc))
        case routing.Disagreement():
            return invalid(str(exc))
        case validation.Invalid():
            all_of_them = list(map(str, exc.violations)) if len(exc.violations) > rules.SHOWN else None
            return OcpiError(INVALID, str(exc), data=all_of_them)
        case transforms.NotExpressible():
            return not_found(f"This object cannot be told in this version of OCPI: {exc}.")
        case Http404():
            return not_found("There is nothing at this URL.")
        case RequestDataTooBig():
            return bodies.too_large()
        case SuspiciousOperation():
            return invalid("The request has more parameters than are read here.")
        case UnreadablePostError():
            return not_json("The body ended before it was whole.")
        case CannotMove():
            return OcpiError(CLIENT_ERROR, str(exc))
        case DataError():
            logger.warning("A value passed validation and did not fit the database", exc_info=exc)
            return invalid("A value is too large or too long to be stored.")
        case exceptions.APIException() if exc.status_code < 500:
            return OcpiError(CLIENT_ERROR, str(exc.detail), exc.status_code)
    return OcpiError(SERVER_ERROR, "This platform failed to handle the request; its operators have been told.", 500)


class UnknownAddress(OcpiView):
    """Whatever else is asked below /ocpi/: 401 without a token, 404 with one."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise not_found("There is no such address here; GET versions leads to those that there are.")
