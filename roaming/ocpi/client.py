"""Calling a partner: credentials, message ids, routing headers, the envelope of the answer, and the journal."""

import base64
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from time import monotonic
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode, urljoin, urlsplit

import msgspec
from django.conf import settings

from partners.connections.models import Connection
from partners.parties.models import Party
from roaming.exchange import journal
from roaming.exchange.models import Direction, Push
from roaming.kernel.http import Reply, Unreachable, client, fetch
from roaming.ocpi.schema import wire
from roaming.ocpi.schema.losses import Loss

_NEXT = re.compile(r'<([^>]*)>\s*;[^,]*\brel\s*=\s*"?next"?', re.IGNORECASE)
_MAX_PAGES = 10_000
# Said of the whole platform, or by what stands before it: not our token, too often, nobody there.
_AWAY = frozenset({401, 407, 408, 425, 429, 502, 503, 504})
_MAY_SAY_WHEN = frozenset({429, 503})
_LONGEST_WAIT = timedelta(hours=1)


class Refused(Exception):
    """The partner answered and did not do it. `message` is its own sentence, or ours about its answer.

    `status_code` is 0 when the answer was no OCPI envelope. `retry_after` is how long the partner asked to be left
    alone, an hour at most; None when it did not.
    """

    def __init__(self, http_status: int, status_code: int, message: str, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.status_code = status_code
        self.message = message
        self.retry_after = retry_after

    @property
    def away(self) -> bool:
        """Whether any other request would fare the same now: nobody there, our token, too often, no OCPI at all."""
        elsewhere = 300 <= self.http_status < 400 or (self.status_code == 0 and self.http_status < 400)
        return self.http_status in _AWAY or elsewhere

    @property
    def troubled(self) -> bool:
        """Whether they failed at this request by a fault of theirs; it may succeed later, and others may now."""
        return not self.away and (self.http_status >= 500 or self.status_code >= 3000)


@dataclass(frozen=True)
class Answer:
    http_status: int
    status_code: int
    data: Any
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Item:
    """One object of a list: decoded, and as the partner wrote it."""

    value: Any
    raw: bytes


class OcpiClient:
    """One conversation with one connection. While registering give the `token` to use; the journal then keeps none.

    Every method raises Refused or Unreachable. Routing headers are sent when `from_party` or `to_party` is given, which
    the modules versions and credentials must not do (T101).
    """

    def __init__(self, connection: Connection, at: datetime, *, token: str = "") -> None:
        self._connection = connection
        self._at = at
        self._token = token or connection.token_out
        self._registering = bool(token)
        self._http = client(settings.PARTNER_TIMEOUT_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, url: str, **routing: Any) -> Answer:
        return self.send("GET", url, **routing)

    def post(self, url: str, body: Any, **routing: Any) -> Answer:
        return self.send("POST", url, body, **routing)

    def put(self, url: str, body: Any, **routing: Any) -> Answer:
        return self.send("PUT", url, body, **routing)

    def patch(self, url: str, body: Any, **routing: Any) -> Answer:
        return self.send("PATCH", url, body, **routing)

    def delete(self, url: str, **routing: Any) -> Answer:
        return self.send("DELETE", url, **routing)

    def pages(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        to_party: Party | None = None,
        from_party: Party | None = None,
    ) -> Iterator[Item]:
        """Every object of a list, following `Link` until it is gone (T48), but never to another host with our token."""
        origin = urlsplit(url)
        following: str | None = _with_query(url, params or {})
        seen: set[str] = set()
        while following:
            if following in seen or len(seen) >= _MAX_PAGES:
                raise Refused(200, 0, "The list never ends: its next page was read already.")
            seen.add(following)
            answer = self.get(following, to_party=to_party, from_party=from_party)
            yield from _items(answer)
            following = _next(answer, following)
            if following and urlsplit(following)[:2] != origin[:2]:
                raise Refused(
                    200, 0, f"The next page lies elsewhere, at {urlsplit(following).netloc}; it is not followed."
                )

    def send(
        self,
        method: str,
        url: str,
        body: Any = None,
        *,
        to_party: Party | None = None,
        from_party: Party | None = None,
        correlation_id: str = "",
        push: Push | None = None,
        losses: Sequence[Loss] = (),
    ) -> Answer:
        """One request and its checked answer. `body` is anything JSON, or text that is JSON already.

        `push` and `losses` (what the body could not say in their version) are for the journal.
        """
        text = body if isinstance(body, str) or body is None else wire.encode_text(body)
        request_id = str(uuid.uuid4())
        headers = self._headers(request_id, correlation_id or str(uuid.uuid4()), to_party, from_party)
        if text is not None:
            headers["Content-Type"] = "application/json"
        note = journal.Note(
            connection=self._connection,
            push=push,
            direction=Direction.OUT,
            method=method,
            url=url,
            request_id=request_id,
            correlation_id=headers["X-Correlation-ID"],
            request_body=text or "",
            at=self._at,
            secret=self._registering,
            losses=losses,
        )
        started = monotonic()
        try:
            reply = fetch(self._http, method, url, headers=headers, content=text.encode() if text is not None else None)
        except Unreachable as error:
            journal.write(note, error=str(error), seconds=monotonic() - started)
            raise
        return _checked(reply, note, monotonic() - started)

    def _headers(
        self, request_id: str, correlation_id: str, to_party: Party | None, from_party: Party | None
    ) -> dict[str, str]:
        headers = {
            "Authorization": f"Token {base64.b64encode(self._token.encode()).decode()}",
            "Accept": "application/json",
            "X-Request-ID": request_id,
            "X-Correlation-ID": correlation_id,
        }
        for word, party in (("to", to_party), ("from", from_party)):
            if party is not None:
                headers[f"OCPI-{word}-country-code"] = party.country_code
                headers[f"OCPI-{word}-party-id"] = party.party_id
        return headers


def _checked(reply: Reply, note: journal.Note, seconds: float) -> Answer:
    """The answer, journalled; Refused when its HTTP status or its envelope says no, or when it is no envelope."""
    status_code, message, data = _envelope(reply)
    accepted = 200 <= reply.status < 300 and 1000 <= status_code < 2000
    journal.write(
        note,
        http_status=reply.status,
        ocpi_status=status_code or None,
        response_body=reply.body.decode(errors="replace"),
        error="" if accepted else message,
        seconds=seconds,
    )
    if not accepted:
        raise Refused(reply.status, status_code, message, _retry_after(reply, note.at))
    return Answer(reply.status, status_code, data, reply.headers, reply.body)


def _retry_after(reply: Reply, at: datetime) -> timedelta | None:
    """The header Retry-After, in seconds or as a date (RFC 9110 section 10.2.3); None for one that says nothing."""
    said = reply.headers.get("Retry-After", "").strip()
    if reply.status not in _MAY_SAY_WHEN or not said:
        return None
    if said.isascii() and said.isdigit():
        wait = timedelta(seconds=min(int(said[:9]), _LONGEST_WAIT.total_seconds()))
    else:
        try:
            wait = parsedate_to_datetime(said) - at
        except (ValueError, TypeError, OverflowError):  # no date, or one without a zone
            return None
    return max(timedelta(), min(wait, _LONGEST_WAIT))


def _envelope(reply: Reply) -> tuple[int, str, Any]:
    """Status code (0: no envelope), a sentence, and the data."""
    try:
        decoded = wire.decode(reply.body)
    except wire.NotJson:
        decoded = None
    status_code = decoded.get("status_code") if isinstance(decoded, dict) else None
    if not isinstance(decoded, dict) or type(status_code) is not int or not 1000 <= status_code <= 4999:
        return 0, f"The answer (HTTP {reply.status}) is not an OCPI envelope.", None
    sentence = decoded.get("status_message")
    said = f": {sentence}" if isinstance(sentence, str) and sentence else "."
    return status_code, f"HTTP {reply.status}, OCPI {status_code}{said}", decoded.get("data")


class _Texts(msgspec.Struct):
    data: list[msgspec.Raw]


def _items(answer: Answer) -> list[Item]:
    if not isinstance(answer.data, list):
        raise Refused(answer.http_status, 0, "The answer's data is not a list.")
    texts = msgspec.json.decode(answer.body.removeprefix(b"\xef\xbb\xbf"), type=_Texts).data
    return [Item(value, bytes(text)) for value, text in zip(answer.data, texts, strict=True)]


def _next(answer: Answer, url: str) -> str | None:
    found = _NEXT.search(answer.headers.get("Link", ""))
    return urljoin(url, found[1].strip()) if found else None


def _with_query(url: str, params: Mapping[str, str]) -> str:
    if not params:
        return url
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(params)}"
