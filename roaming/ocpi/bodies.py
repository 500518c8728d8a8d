"""Bodies on the wire: a request's as its sender meant it, an answer's as small as its reader can take it."""

import gzip
import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from roaming.kernel.compression import NotGzip, TooLarge, unpacked
from roaming.ocpi.errors import INVALID, OcpiError, not_json

_GZIP = ("gzip", "x-gzip")
# Less than this fits into a packet anyhow.
_WORTH_BYTES = 1400
_LEVEL = 3  # half the work of the usual one, for a tenth more bytes
_REFUSED = re.compile(r"\s*q\s*=\s*0(\.0*)?\s*")


def plain(request: HttpRequest) -> bytes:
    """The body, whole and unpacked; read once. Raises OcpiError: 413 when it is too large, also once it is unpacked,
    415 for a coding other than gzip, 400 for what is no gzip."""
    known: bytes | None = getattr(request, "ocpi_body", None)
    if known is None:
        known = _decoded(request, _received(request))
        request.ocpi_body = known  # type: ignore[attr-defined]
    return known


def announced_bytes(request: HttpRequest) -> int:
    """How long the body is by its header; 0 where that does not say it."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length[:18]) if length.isascii() and length.isdigit() else 0


def too_large() -> OcpiError:
    return OcpiError(INVALID, f"The body is larger than {settings.BODY_LIMIT_BYTES} bytes.", 413)


def pack(request: HttpRequest, response: HttpResponse) -> None:
    """Send the answer as gzip to those who take it, when it is worth it.

    Not for answers with secrets: their length would tell something of them to somebody who can put words of his own
    into the same answer (BREACH).
    """
    if len(response.content) < _WORTH_BYTES:
        return
    patch_vary_headers(response, ["Accept-Encoding"])
    if _takes_gzip(request.headers.get("Accept-Encoding", "")):
        response.content = gzip.compress(response.content, _LEVEL, mtime=0)
        response["Content-Encoding"] = "gzip"
        response["Content-Length"] = str(len(response.content))


def _received(request: HttpRequest) -> bytes:
    if request.META.get("CONTENT_LENGTH") or not request.META.get("wsgi.input_terminated"):
        return _whole(request)
    # It comes in chunks, of which not every server tells the length; Django reads nothing then.
    stream, received = request.META["wsgi.input"], b""
    while part := stream.read(settings.BODY_LIMIT_BYTES + 1 - len(received)):
        received += part
        if len(received) > settings.BODY_LIMIT_BYTES:
            raise too_large()
    return received


def _whole(request: HttpRequest) -> bytes:
    """Not every server looks whether all came that was announced."""
    if len(request.body) < announced_bytes(request):
        raise not_json("The body ended before it was whole.")
    return request.body


def _decoded(request: HttpRequest, received: bytes) -> bytes:
    coding = request.headers.get("Content-Encoding", "").strip().lower()
    if coding in ("", "identity") or not received:
        return received
    if coding not in _GZIP:
        why = f"The header Content-Encoding is “{coding[:40]}”; bodies are taken as they are or as gzip."
        raise OcpiError(INVALID, why, 415, headers={"Accept-Encoding": "gzip"})
    try:
        return b"".join(unpacked([received], settings.BODY_LIMIT_BYTES))
    except NotGzip as error:
        raise not_json(f"The body is no gzip, although the header Content-Encoding says so: {error}.") from None
    except TooLarge:
        raise too_large() from None


def _takes_gzip(header: str) -> bool:
    entries = (entry.partition(";") for entry in header.lower().split(","))
    weights = {name.strip(): weight for name, _, weight in entries}
    named = [name for name in (*_GZIP, "*") if name in weights]
    return bool(named) and not _REFUSED.fullmatch(weights[named[0]])
