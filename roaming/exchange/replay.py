"""An exchange once more, because a person wants it: a push as its object is now, a question as it was, and what we
refused as it came, so that nobody has to be asked to send it again once the reason is gone.

Registration is never repeated, nor anything somebody waited for the answer of: a command would start a second time.
"""

import io
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from enum import Enum
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import resolve
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from partners.connections.models import Connection, ConnectionState, TokenKind
from partners.parties import selectors as parties
from partners.parties.models import Party
from partners.people.models import User
from partners.routing import Receiver
from roaming.exchange import dead_letters, outbox, targets
from roaming.exchange.models import Direction, Exchange, Push, PushState, Replay
from roaming.kernel.http import Unreachable
from roaming.ocpi import modules
from roaming.ocpi.client import OcpiClient, Refused
from roaming.ocpi.middleware import OcpiMiddleware

_ASKED_FOR = frozenset({"commands", "chargingprofiles"})


class CannotReplay(Exception):
    """It is not to be repeated; the text says why."""


class Kind(Enum):
    PUSH = "push"
    QUESTION = "question"
    RECEIVED = "received"


def kind_of(exchange: Exchange) -> Kind:
    """How it would be repeated. Raises CannotReplay."""
    if exchange.connection is None:
        raise CannotReplay("A stranger sent it; there is nobody in whose name it could be repeated.")
    if exchange.module in targets.REGISTRATION:
        raise CannotReplay("Registration is never repeated; the page of the connection has what can be done.")
    if exchange.direction == Direction.IN:
        return _received(exchange, exchange.connection)
    if exchange.push is not None:
        _newest(exchange.push)
        return Kind.PUSH
    if exchange.method != "GET":
        raise CannotReplay("Somebody waited for the answer to it then; only questions and pushes are sent again.")
    _asked(exchange, exchange.connection)
    return Kind.QUESTION


def replay(*, exchange: Exchange, by: User, note: str, at: datetime) -> Exchange | Push:
    """Repeat it, and keep who wanted it and why. What came of it: an exchange, or the push that is on its way.

    Raises CannotReplay. Talks to the partner, so it must not be called inside a transaction.
    """
    match kind_of(exchange):
        case Kind.PUSH:
            return _push_again(exchange, by, note, at)
        case Kind.QUESTION:
            Replay.objects.create(exchange=exchange, by=by, note=note, at=at)
            return _ask_again(exchange, at)
        case Kind.RECEIVED:
            Replay.objects.create(exchange=exchange, by=by, note=note, at=at)
            return _receive_again(exchange)


# Pushes


def _newest(push: Push) -> Push:
    """The newest state of its object that the platform was to be told, fit to be sent again. Raises CannotReplay."""
    if push.url or not push.object_key:
        raise CannotReplay("It is told once only: whoever waited for it then does not any more.")
    newest = Push.objects.filter(connection=push.connection_id, object_key=push.object_key).latest("id")
    if newest.state in (PushState.WAITING, PushState.RETRYING):
        raise CannotReplay("The newest state of the object waits to be sent already.")
    if newest.state == PushState.LAPSED:
        raise CannotReplay(f"It does not concern them any more: {newest.last_error}")
    return newest


def _push_again(exchange: Exchange, by: User, note: str, at: datetime) -> Push:
    assert exchange.push is not None
    newest = _newest(exchange.push)
    with transaction.atomic():
        push = _retried(newest, by, at) if newest.state == PushState.DEAD else _enqueued(newest, at)
        Replay.objects.create(exchange=exchange, push=push, by=by, note=note, at=at)
    return push


def _retried(push: Push, by: User, at: datetime) -> Push:
    try:
        return dead_letters.retry(push=push, by=by, at=at)
    except dead_letters.CannotRetry as error:
        raise CannotReplay(str(error)) from None


def _enqueued(push: Push, at: datetime) -> Push:
    if push.to_party is None or push.from_party is None:
        raise CannotReplay("It is not known any more for whom it was.")
    change = outbox.Change(
        push.module,
        push.kind,
        push.method,
        push.path,
        push.body,
        push.object_key,
        lapses_at=push.lapses_at,
        correlation_id=push.correlation_id,
        merges=push.merges,
        follows=push.follows,
    )
    receiver = Receiver(push.connection, push.to_party)
    outbox.enqueue_many(receivers=[receiver], owner=push.from_party, changes=[change], at=at)
    written = Push.objects.filter(connection=push.connection_id, object_key=push.object_key).latest("id")
    if written.pk == push.pk:
        raise CannotReplay(f"{push.connection} has no receiver interface for {push.module} any more.")
    return written


# Questions


def _asked(exchange: Exchange, connection: Connection) -> str:
    """The address to ask. Raises CannotReplay. Our token goes nowhere but to an address that they have now."""
    url = exchange.original or exchange.url
    if not connection.reachable:
        raise CannotReplay(f"{connection} is not registered now.")
    target = targets.of_theirs(url, connection)
    if not exchange.module or target.module != exchange.module:
        raise CannotReplay(f"{connection} has no such address any more.")
    if "***" in url:
        raise CannotReplay("There was a secret in its address, which is not kept.")
    return url


def _ask_again(exchange: Exchange, at: datetime) -> Exchange:
    connection = exchange.connection
    assert connection is not None
    url = _asked(exchange, connection)
    to_party, from_party = _route(exchange, connection)
    ocpi = OcpiClient(connection, at)
    with suppress(Refused, Unreachable):  # the new exchange tells it
        ocpi.get(url, to_party=to_party, from_party=from_party, correlation_id=exchange.correlation_id)
    written = ocpi.heard.exchange if ocpi.heard else None
    if written is None:
        raise CannotReplay("They were asked; what they answered could not be journalled.")
    written.replay_of = exchange
    written.save(update_fields=["replay_of"])
    return written


def _route(exchange: Exchange, connection: Connection) -> tuple[Party | None, Party | None]:
    """Whom it is for and from: the hub, or the one party that they have; and the party of ours that reads such a
    thing."""
    module = modules.named(exchange.module)
    if not module.routed:
        return None, None
    hosted = list(parties.hosted(connection))
    to_party = parties.hub_of(connection) or (hosted[0] if len(hosted) == 1 else None)
    readers = module.receivers if exchange.role == "sender" else module.senders
    return to_party, parties.ours().filter(role__in=readers).first()


# What was received


def _received(exchange: Exchange, connection: Connection) -> Kind:
    if not exchange.error:
        raise CannotReplay("It went well; there is nothing to be made good.")
    if exchange.role != "receiver" or exchange.module in _ASKED_FOR:
        raise CannotReplay("Somebody waited for the answer to it then; only objects that were sent are taken later.")
    if not exchange.original:
        raise CannotReplay("It is not kept as it came: it was too long, or without a body, or it is too long ago.")
    if connection.state == ConnectionState.SUSPENDED or connection.token_in_kind != TokenKind.CREDENTIALS:
        raise CannotReplay(f"{connection} is suspended or not registered now.")
    return Kind.RECEIVED


def _receive_again(exchange: Exchange) -> Exchange:
    assert exchange.connection is not None
    request = _request(json.loads(exchange.original), exchange)
    OcpiMiddleware(_as(exchange.connection))(request)
    written = Exchange.objects.filter(replay_of=exchange, direction=Direction.IN).order_by("-id").first()
    if written is None:
        raise CannotReplay("It was received again; what came of it could not be journalled.")
    return written


def _request(kept: dict[str, Any], exchange: Exchange) -> HttpRequest:
    """What was received, as if it came again now."""
    parts, body = urlsplit(kept["url"]), kept["body"].encode("latin-1")
    portal = urlsplit(settings.PORTAL_URL)
    routing = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in kept["routing"].items()}
    request = WSGIRequest(
        {
            **routing,
            "REQUEST_METHOD": exchange.method,
            "REQUEST_URI": kept["url"],
            "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
            "QUERY_STRING": parts.query,
            "CONTENT_TYPE": kept["type"],
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_HOST": portal.netloc,
            "HTTP_X_CORRELATION_ID": exchange.correlation_id,
            "SERVER_NAME": portal.hostname or "",
            "SERVER_PORT": str(portal.port or 443),
            "wsgi.url_scheme": portal.scheme,
            "wsgi.input": io.BytesIO(body),
        }
    )
    request.ocpi_replay_of = exchange.pk  # type: ignore[attr-defined]  # for the journal
    return request


def _as(connection: Connection) -> Callable[[HttpRequest], HttpResponseBase]:
    """Our doors, opened to that platform without its token, of which we keep the hash only."""

    class Known(BaseAuthentication):
        def authenticate(self, request: Request) -> tuple[Connection, str]:
            request._request.ocpi_connection = connection  # type: ignore[attr-defined]  # for the journal
            return connection, ""

    def answer(request: HttpRequest) -> HttpResponseBase:
        found = resolve(request.path_info)
        door: Any = found.func
        view = door.cls.as_view(**{**door.initkwargs, "authentication_classes": [Known]})
        response: HttpResponseBase = view(request, *found.args, **found.kwargs)
        return response

    return answer
