"""Everything under /ocpi/ is answered in OCPI's way, also what never reaches a view, and is journalled."""

import logging
import uuid
from collections.abc import Callable
from datetime import datetime
from time import monotonic

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from roaming.exchange import journal
from roaming.exchange.models import Direction
from roaming.kernel import clock
from roaming.ocpi import envelope
from roaming.ocpi.errors import CLIENT_ERROR, INVALID, SERVER_ERROR, OcpiError

logger = logging.getLogger(__name__)
_IDS = ("X-Request-ID", "X-Correlation-ID")
_WORDS = ("country-code", "party-id")


class OcpiMiddleware:
    """Message ids on every answer (T11), routing headers swapped (T100), envelopes instead of HTML pages (T22)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not (request.path_info + "/").startswith("/ocpi/"):
            return self._get_response(request)
        at, started = clock.now(), monotonic()
        ids = {name: request.headers.get(name) or str(uuid.uuid4()) for name in _IDS}
        response = self._answer(request)
        for name, value in {**ids, **_routing(request)}.items():
            response[name] = value
        _journal(request, response, ids, at, monotonic() - started)
        if request.method == "HEAD":  # not every server drops it for us
            response.content = b""
        return response

    def _answer(self, request: HttpRequest) -> envelope.OcpiResponse:
        if _size(request) > settings.BODY_LIMIT_BYTES:
            message = f"The body is larger than {settings.BODY_LIMIT_BYTES} bytes."
            return envelope.failure(OcpiError(INVALID, message, 413))
        response = self._get_response(request)
        if isinstance(response, envelope.OcpiResponse):
            return response
        return _replaced(response)


def _journal(
    request: HttpRequest, response: envelope.OcpiResponse, ids: dict[str, str], at: datetime, seconds: float
) -> None:
    connection = getattr(request, "ocpi_connection", None)
    note = journal.Note(
        connection=connection,
        direction=Direction.IN,
        method=request.method or "",
        url=request.get_full_path(),
        request_id=ids["X-Request-ID"],
        correlation_id=ids["X-Correlation-ID"],
        request_body=_text(request) if connection is not None else "",
        at=at,
        secret="/credentials" in request.path_info,
        losses=response.losses,
    )
    journal.write(
        note,
        http_status=response.status_code,
        ocpi_status=response.ocpi_status,
        response_body=response.content.decode(errors="replace"),
        seconds=seconds,
    )


def _replaced(response: HttpResponseBase) -> envelope.OcpiResponse:
    """The envelope in place of a page made by the framework: a crash, a wrong host, a path without view."""
    status = response.status_code if response.status_code >= 400 else 500
    if status >= 500:
        return envelope.failure(OcpiError(SERVER_ERROR, "This platform failed to handle the request.", status))
    message = response.reason_phrase if isinstance(response, HttpResponse) else "Refused"
    return envelope.failure(OcpiError(CLIENT_ERROR, f"{message}.", status))


def _size(request: HttpRequest) -> int:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isascii() and length.isdigit() else 0


def _routing(request: HttpRequest) -> dict[str, str]:
    """The request's sender becomes the answer's receiver, and back; not for configuration modules (T101)."""
    if not ("/sender/" in request.path_info or "/receiver/" in request.path_info):
        return {}
    swapped = {}
    for word, opposite in (("to", "from"), ("from", "to")):
        for part in _WORDS:
            value = request.headers.get(f"OCPI-{opposite}-{part}")
            if value:
                swapped[f"OCPI-{word}-{part}"] = value
    return swapped


def _text(request: HttpRequest) -> str:
    try:
        return request.body[: journal.BODY_LIMIT_BYTES].decode(errors="replace")
    except Exception:  # the body was never read: the client went away, or it was refused by size
        return ""
