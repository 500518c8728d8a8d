"""The object around every answer: `status_code`, `timestamp`, and `data` or `status_message` (T20 to T24)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse

from roaming.kernel import clock
from roaming.ocpi.errors import OcpiError
from roaming.ocpi.schema import wire
from roaming.ocpi.schema.losses import Loss
from roaming.ocpi.schema.values import format_time


@dataclass(frozen=True)
class Raw:
    """JSON text that is served as it is."""

    text: str


def raw(text: str) -> Raw:
    """A stored object, to be served without decoding it."""
    return Raw(text)


def raw_list(texts: Iterable[str]) -> Raw:
    """Stored objects as one JSON list."""
    return Raw(f"[{','.join(texts)}]")


def success(
    data: Any = None, http_status: int = 200, headers: Mapping[str, str] | None = None, message: str = ""
) -> "OcpiResponse":
    """Status 1000. `data` is anything JSON, a `Raw`, or None for an answer without data; `message` is worth knowing.

    There always is one, although it is optional (T20): clients exist that cannot read an answer without.
    """
    return _answer(1000, message or "Success", data, http_status, headers)


def failure(error: OcpiError) -> "OcpiResponse":
    response = _answer(error.status_code, error.message, error.data, error.http_status, error.headers)
    response.refusal = error.message
    return response


def _answer(
    status_code: int, message: str, data: Any, http_status: int, headers: Mapping[str, str] | None
) -> "OcpiResponse":
    parts = [
        f'"status_code":{status_code}',
        f'"status_message":{wire.encode_text(message)}',
        f'"timestamp":"{format_time(clock.now().replace(microsecond=0))}"',  # 2.1.1 has whole seconds only
    ]
    if data is not None:
        parts.append(f'"data":{data.text if isinstance(data, Raw) else wire.encode_text(data)}')
    response = OcpiResponse(f"{{{','.join(parts)}}}", status=http_status, content_type="application/json")
    response["Content-Length"] = str(len(response.content))
    for name, value in (headers or {}).items():
        response[name] = value
    response.ocpi_status = status_code
    return response


class OcpiResponse(HttpResponse):
    """An answer that is already an envelope; the middleware replaces every other kind."""

    ocpi_status: int = 0
    # For the journal: why it came to nothing.
    refusal: str = ""
    # For Django: what a partner asks in vain is in the journal, and its address may hold a secret.
    _has_been_logged = True
    # For the journal: what the version of the request could not say of the objects in `data`.
    losses: Sequence[Loss] = ()
