"""Who is calling: `Authorization: Token <value>`, where one token identifies exactly one connection (T1 to T6)."""

import base64
import binascii
from datetime import datetime, timedelta

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from partners.connections import selectors as connections
from partners.connections import services as connection_services
from partners.connections.models import Connection, ConnectionState
from roaming.kernel import clock
from roaming.ocpi import throttling
from roaming.ocpi.errors import OcpiError, unauthorized

HEARD_EVERY = timedelta(minutes=1)


class TokenAuthentication(BaseAuthentication):
    """Sets `request.user` to the connection and `request.auth` to the plain token. Anything wrong is a 401 (T4)."""

    def authenticate(self, request: Request) -> tuple[Connection, str]:
        at = clock.now()
        connection, token = identified(request._request, at)
        _note(connection, at)
        return connection, token


def identified(request: HttpRequest, at: datetime) -> tuple[Connection, str]:
    """The connection whose token the request shows, and the plain token. Raises OcpiError: 401, or 429 for a stranger
    who tried too often."""
    try:
        connection, token = _known(request.META.get("HTTP_AUTHORIZATION", ""), at)
    except OcpiError:
        throttling.tried(request, at)
        raise
    request.ocpi_connection = connection  # type: ignore[attr-defined]  # for the journal
    return connection, token


def shown(request: HttpRequest) -> list[str]:
    """The token of a request in each way that it may be meant: what must not be kept, wherever else it stands."""
    try:
        return _spellings(request.META.get("HTTP_AUTHORIZATION", ""))
    except OcpiError:
        return []


def _known(header: str, at: datetime) -> tuple[Connection, str]:
    for token in _spellings(header):
        connection = connections.by_token(token, at)
        if connection is None:
            continue
        if connection.state == ConnectionState.SUSPENDED:
            raise unauthorized("This connection is suspended.")
        return connection, token
    raise unauthorized("This token is not known here.")


def _spellings(header: str) -> list[str]:
    """The tokens the header may mean: Base64-decoded as 2.2 wants it, and as it stands, as many send it (T3)."""
    scheme, value = [*header.split(None, 1), "", ""][:2]
    value = value.strip()
    if scheme.lower() != "token" or not value:
        raise unauthorized("The header Authorization is missing or is not of the form 'Token <credentials token>'.")
    return [*_decoded(value), value]


def _decoded(value: str) -> list[str]:
    try:
        return [base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode()]
    except (binascii.Error, ValueError):
        return []


def _note(connection: Connection, at: datetime) -> None:
    if connection.last_heard_at is None or at - connection.last_heard_at >= HEARD_EVERY:
        connection_services.heard_from(connection=connection, at=at)
