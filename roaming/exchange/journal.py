"""The traffic journal: one row per request and answer, without secrets, whatever became of the transaction."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError, transaction

from partners.connections.models import Connection
from roaming.exchange.models import Exchange, Push
from roaming.ocpi.schema import wire

logger = logging.getLogger(__name__)
BODY_LIMIT_BYTES = 100_000


@dataclass(frozen=True)
class Note:
    """What is known before the answer."""

    connection: Connection | None
    direction: str
    method: str
    url: str
    request_id: str
    correlation_id: str
    request_body: str
    at: datetime
    push: Push | None = None
    # The bodies are, or may be, credentials: their tokens are not kept.
    secret: bool = False


def write(
    note: Note,
    *,
    seconds: float,
    http_status: int | None = None,
    ocpi_status: int | None = None,
    response_body: str = "",
    error: str = "",
) -> None:
    """Keep one exchange. A journal that cannot be written is logged and never breaks the traffic it describes."""
    try:
        with transaction.atomic():
            Exchange.objects.create(
                connection=note.connection,
                push=note.push,
                direction=note.direction,
                method=note.method[:7],
                url=_kept(note.url, 1000),
                http_status=http_status,
                ocpi_status=ocpi_status,
                error=_kept(error, 500),
                request_id=_kept(note.request_id, 100),
                correlation_id=_kept(note.correlation_id, 100),
                request_body=_body(note.request_body, note.secret),
                response_body=_body(response_body, note.secret),
                duration_ms=round(seconds * 1000),
                at=note.at,
            )
    except DatabaseError:
        logger.exception("The exchange %s %s could not be journalled", note.method, note.url)


def _body(text: str, secret: bool) -> str:
    return _kept(masked(text) if secret else text, BODY_LIMIT_BYTES)


def _kept(text: str, limit: int) -> str:
    """PostgreSQL's text takes neither NUL nor lone surrogates."""
    return text[:limit].replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()


def masked(text: str) -> str:
    """A credentials body or answer without its token; one that is no JSON is not kept at all."""
    if not text:
        return text
    try:
        value = wire.decode(text.encode(errors="replace"))
    except wire.NotJson:
        return "(not kept: it may contain a token)"
    for holder in (value, value.get("data") if isinstance(value, dict) else None):
        if isinstance(holder, dict) and "token" in holder:
            holder["token"] = "***"
    return wire.encode_text(value)
