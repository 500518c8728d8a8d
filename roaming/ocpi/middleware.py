"""Everything under /ocpi/ is answered in OCPI's way, also what never reaches a view, and is journalled."""

import json
import logging
import re
import uuid
from collections.abc import Callable
from datetime import datetime
from time import monotonic

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from roaming.exchange import journal
from roaming.exchange.models import Direction
from roaming.kernel import clock, correlation
from roaming.ocpi import authentication, bodies, envelope, paths, routing_headers, throttling
from roaming.ocpi.errors import CLIENT_ERROR, SERVER_ERROR, TOO_OFTEN, OcpiError, method_not_allowed

logger = logging.getLogger(__name__)
_IDS = ("X-Request-ID", "X-Correlation-ID")
_PAGES = re.compile(r"/ocpi/docs(/|/[0-9.]+/?|/[0-9.]+\.json)?")


class OcpiMiddleware:
    """Message ids on every answer (T11), routing headers swapped (T100), envelopes instead of HTML pages (T22)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not _is_a_door(request):
            return self._get_response(request)
        at, started = clock.now(), monotonic()
        ids = {name: request.headers.get(name) or str(uuid.uuid4()) for name in _IDS}
        with correlation.carried(ids["X-Correlation-ID"]):
            response = self._answer(request, at)
        for name, value in {**ids, **routing_headers.swapped(request.headers, request.path_info)}.items():
            response[name] = value
        _journal(request, response, ids, at, monotonic() - started)
        if _functional(request):
            bodies.pack(request, response)
        if request.method == "HEAD":  # not every server drops it for us
            response.content = b""
        return response

    def _answer(self, request: HttpRequest, at: datetime) -> envelope.OcpiResponse:
        try:
            _refuse_unfit(request, at)
        except OcpiError as error:
            return envelope.failure(error)
        request.path_info = paths.marked(request.META) or request.path_info
        response = self._get_response(request)
        return response if isinstance(response, envelope.OcpiResponse) else _replaced(response)


def _is_a_door(request: HttpRequest) -> bool:
    """All below /ocpi/ but the pages about it, which are for people to read."""
    if not f"{request.path_info}/".startswith("/ocpi/"):
        return False
    return request.method not in ("GET", "HEAD") or not _PAGES.fullmatch(request.path_info)


def _functional(request: HttpRequest) -> bool:
    """Whether the address is that of a functional module, whose bodies are no credentials."""
    return "/sender/" in request.path_info or "/receiver/" in request.path_info


def _refuse_unfit(request: HttpRequest, at: datetime) -> None:
    """What no view need look at is refused, and counted as a call of its sender all the same. Raises OcpiError."""
    if unfit := _unfit(request):
        connection, _ = authentication.identified(request, at)
        throttling.called(connection, at)
        raise unfit


def _unfit(request: HttpRequest) -> OcpiError | None:
    if bodies.announced_bytes(request) > settings.BODY_LIMIT_BYTES:
        return bodies.too_large()
    if _PAGES.fullmatch(request.path_info):
        return method_not_allowed("This address is a page for people; it has GET.", ["GET", "HEAD"])
    try:
        request.get_host()
    except DisallowedHost:
        host = request.headers.get("Host", "")[:100]
        return OcpiError(CLIENT_ERROR, f"This platform is not served under the name “{host}” (header Host).", 400)
    return None


def _journal(
    request: HttpRequest, response: envelope.OcpiResponse, ids: dict[str, str], at: datetime, seconds: float
) -> None:
    connection = getattr(request, "ocpi_connection", None)
    if connection is None and response.status_code == TOO_OFTEN:
        return  # a flood of strangers would fill the journal
    body = _text(request) if connection is not None else ""
    # At an address that is none, credentials may have gone astray.
    secret = not _functional(request) or response.status_code in (404, 405)
    note = journal.Note(
        connection=connection,
        direction=Direction.IN,
        method=request.method or "",
        url=paths.as_sent(request.META) or request.get_full_path(),
        request_id=ids["X-Request-ID"],
        correlation_id=ids["X-Correlation-ID"],
        request_body=body,
        at=at,
        secret=secret,
        hidden=[*authentication.shown(request), *(journal.tokens_in(body) if secret else ())],
        losses=response.losses,
        original=_original(request) if response.refusal and connection is not None and not secret else "",
        replay_of=getattr(request, "ocpi_replay_of", None),
    )
    outcome = journal.Outcome(
        seconds=seconds,
        http_status=response.status_code,
        ocpi_status=response.ocpi_status,
        response_body=response.content.decode(errors="replace"),
        error=response.refusal,
    )
    journal.write(note, outcome)


def _original(request: HttpRequest) -> str:
    """All that `exchange.replay` needs to have a refused change again; empty for what is none, or too long to keep."""
    try:
        body = bodies.plain(request) if request.method not in ("GET", "HEAD") else b""
    except Exception:  # the client went away, or it was refused by size
        return ""
    if not 0 < len(body) <= journal.BODY_LIMIT_BYTES:
        return ""
    routing = {name: value for name, value in request.headers.items() if name.lower().startswith("ocpi-")}
    return json.dumps(
        {
            "url": paths.as_sent(request.META) or request.get_full_path(),
            "type": request.content_type or "",
            "routing": routing,
            "body": body.decode("latin-1"),
        }
    )


def _replaced(response: HttpResponseBase) -> envelope.OcpiResponse:
    """The envelope in place of a page made by the framework: a crash, a path without view."""
    status = response.status_code if response.status_code >= 400 else 500
    if status >= 500:
        return envelope.failure(OcpiError(SERVER_ERROR, "This platform failed to handle the request.", status))
    message = response.reason_phrase if isinstance(response, HttpResponse) else "Refused"
    return envelope.failure(OcpiError(CLIENT_ERROR, f"{message}.", status))


def _text(request: HttpRequest) -> str:
    try:
        return bodies.plain(request)[: journal.BODY_LIMIT_BYTES].decode(errors="replace")
    except Exception:  # the client went away, or it was refused by size
        return ""
