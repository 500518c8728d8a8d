"""Calling a partner: credentials, message ids, routing headers, the envelope of the answer, and the journal."""

import base64
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property
from time import monotonic
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from django.conf import settings

from partners.connections.models import Connection
from partners.parties.models import Party
from roaming.exchange import journal
from roaming.exchange.models import Direction, Exchange, Push
from roaming.kernel.http import NotSent, Reply, Unreachable, fetch, shared
from roaming.ocpi import quirks
from roaming.ocpi.schema import wire
from roaming.ocpi.schema.losses import Loss

# Said of the whole platform, or by what stands before it: not our token, too often, nobody there.
_AWAY = frozenset({401, 407, 408, 425, 429, 502, 503, 504})
_MAY_SAY_WHEN = frozenset({429, 503})
_LONGEST_WAIT = timedelta(hours=1)
_LONGEST_TARGET = 255


class Refused(Exception):
    """The partner answered and did not do it. `message` is its own sentence, or ours about its answer.

    `status_code` is 0 when the answer was no OCPI envelope. `retry_after` is how long the partner asked to be left
    alone, an hour at most; None when it did not. `data` is what its envelope holds all the same. `moved_to` is where a
    redirect leads, empty where none does.
    """

    def __init__(
        self,
        http_status: int,
        status_code: int,
        message: str,
        retry_after: timedelta | None = None,
        data: Any = None,
        moved_to: str = "",
    ) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.status_code = status_code
        self.message = message
        self.retry_after = retry_after
        self.data = data
        self.moved_to = moved_to

    @property
    def away(self) -> bool:
        """Whether any other request would fare the same now: nobody there, our token, too often, no OCPI at all."""
        elsewhere = _redirects(self.http_status) or (self.status_code == 0 and self.http_status < 400)
        return self.http_status in _AWAY or elsewhere

    @property
    def unclear(self) -> bool:
        """Whether they may have done it all the same: a failure or a redirect of theirs, no envelope, which may come
        from what stands before them, or one that says yes under an HTTP status that says no."""
        failed = self.http_status >= 500 or self.http_status == 408 or _redirects(self.http_status)
        return failed or self.status_code < 2000

    @property
    def troubled(self) -> bool:
        """Whether they failed at this request by a fault of theirs; it may succeed later, and others may now."""
        return not self.away and (self.http_status >= 500 or self.status_code >= 3000)


def came_to_nothing(error: Exception) -> bool:
    """Whether what ended a request says that nothing came of it at theirs: not sent, or clearly refused."""
    return isinstance(error, NotSent) or (isinstance(error, Refused) and not error.unclear)


@dataclass(frozen=True)
class Answer:
    http_status: int
    status_code: int
    data: Any
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Letter:
    """One request ready to be sent, and what the journal knows of it beforehand."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes | None
    note: journal.Note


@dataclass(frozen=True)
class Response:
    """What came of a letter: their reply, or why there is none; and how long it took."""

    letter: Letter
    reply: Reply | Unreachable
    seconds: float

    @cached_property
    def verdict(self) -> "Verdict":
        """What it means."""
        return _judged(self)


@dataclass(frozen=True)
class Heard:
    """One request as it went over the wire: the headers we sent, what came back (None: nothing did, and `error` says
    why), and the row of the journal."""

    sent: Mapping[str, str]
    reply: Reply | None
    error: str
    seconds: float
    exchange: Exchange | None


def wants_plain(connection: Connection, version: str) -> bool:
    """Whether the platform is sent its token as it is, as 2.1.1 says, instead of in Base64, unless it departs from
    that (T2, T3)."""
    if version == "2.1.1":
        return not quirks.has(connection, "base64_token")
    return quirks.has(connection, "plain_token")


class OcpiClient:
    """One conversation with one connection. While registering give the `token` to use; the journal then keeps none.

    The token is written as `version` says (the connection's own when none is given) and its quirks correct, or as
    `plain` says: as it is, or in Base64 (T2, T3). What is open to the partner is kept open for the next conversation.
    Every method raises Refused or Unreachable. Routing headers are sent when `from_party` or `to_party` is given, which
    configuration modules must not do (T101); OCPI 2.1.1 has none.
    """

    def __init__(
        self,
        connection: Connection,
        at: datetime,
        *,
        token: str = "",
        version: str = "",
        plain: bool | None = None,
        timeout_seconds: float | None = None,
    ) -> None:
        self._connection = connection
        # The addresses that a quirk of the platform is about; while registering those that were just read.
        self.endpoints: Sequence[Mapping[str, str]] = connection.endpoints
        self._at = at
        self._token = token or connection.token_out
        version = version or connection.version
        self.plain = wants_plain(connection, version) if plain is None else plain
        self._routed = version != "2.1.1"
        self._registering = bool(token)
        timeout = timeout_seconds or connection.timeout_seconds or settings.PARTNER_TIMEOUT_SECONDS
        self._http = shared(connection.pk, float(timeout))
        # The last request, for those who look closer than at its answer.
        self.heard: Heard | None = None

    def address(self, url: str) -> str:
        """Where a request for that address is sent: with a slash at its end where the platform wants one."""
        listed = any(url.startswith(one["url"]) for one in self.endpoints)
        return slashed(url) if listed and quirks.has(self._connection, "trailing_slash") else url

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

    def send(self, method: str, url: str, body: Any = None, **about: Any) -> Answer:
        """One request and its checked answer, journalled; see `letter` for what may be said `about` it."""
        response = self.speak(self.letter(method, url, body, **about))
        verdict = response.verdict
        row = journal.write(response.letter.note, verdict.outcome)
        reply = response.reply if isinstance(response.reply, Reply) else None
        self.heard = Heard(response.letter.headers, reply, verdict.outcome.error, response.seconds, row)
        if isinstance(verdict.answer, Exception):
            raise verdict.answer
        return verdict.answer

    def letter(
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
    ) -> Letter:
        """A request, not sent yet. `body` is anything JSON, or text that is JSON already.

        `push` and `losses` (what the body could not say in their version) are for the journal.
        """
        text = body if isinstance(body, str) or body is None else wire.encode_text(body)
        url = self.address(url)
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
            hidden=self._secrets(body),
            losses=losses,
        )
        return Letter(method, url, headers, text.encode() if text is not None else None, note)

    def speak(self, letter: Letter) -> Response:
        """Send it and wait. Touches no database, so any thread may do it; tell the journal afterwards."""
        started = monotonic()
        reply: Reply | Unreachable
        try:
            reply = fetch(self._http, letter.method, letter.url, headers=letter.headers, content=letter.content)
        except Unreachable as error:
            reply = error
        return Response(letter, reply, monotonic() - started)

    def _secrets(self, body: Any) -> list[str]:
        """The tokens of a request: the one that opens their platform, and while registering the one that is to open
        ours."""
        offered = body.get("token") if self._registering and isinstance(body, dict) else None
        tokens = [token for token in (self._token, offered) if isinstance(token, str)]
        return [*tokens, *(base64.b64encode(token.encode()).decode() for token in tokens)]

    def _written_token(self) -> str:
        return self._token if self.plain else base64.b64encode(self._token.encode()).decode()

    def _headers(
        self, request_id: str, correlation_id: str, to_party: Party | None, from_party: Party | None
    ) -> dict[str, str]:
        headers = {
            "Authorization": f"Token {self._written_token()}",
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "X-Request-ID": request_id,
            "X-Correlation-ID": correlation_id,
        }
        for word, party in (("to", to_party), ("from", from_party)):
            if party is not None and self._routed:
                headers[f"OCPI-{word}-country-code"] = party.country_code
                headers[f"OCPI-{word}-party-id"] = party.party_id
        return headers


@dataclass(frozen=True)
class Verdict:
    """What a response means: the answer, or why it is none; and what the journal keeps of it."""

    answer: Answer | Refused | Unreachable
    outcome: journal.Outcome


def _judged(response: Response) -> Verdict:
    """Refused when its HTTP status or its envelope says no, or when it is no envelope; Unreachable when none came."""
    note, reply = response.letter.note, response.reply
    if isinstance(reply, Unreachable):
        return Verdict(reply, journal.Outcome(seconds=response.seconds, error=str(reply)))
    status_code, message, data = _envelope(reply)
    moved_to = journal.without(_moved_to(reply, note.url), note.hidden)
    if _redirects(reply.status):
        message = _redirected(reply.status, moved_to)
    message = journal.without(message, note.hidden)
    accepted = 200 <= reply.status < 300 and 1000 <= status_code < 2000
    outcome = journal.Outcome(
        seconds=response.seconds,
        http_status=reply.status,
        ocpi_status=status_code or None,
        response_body=reply.body.decode(errors="replace"),
        error="" if accepted else message,
    )
    if accepted:
        return Verdict(Answer(reply.status, status_code, data, reply.headers, reply.body), outcome)
    return Verdict(Refused(reply.status, status_code, message, _retry_after(reply, note.at), data, moved_to), outcome)


def slashed(url: str) -> str:
    """The same address with a slash at the end of its path."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/"))


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


def _redirects(http_status: int) -> bool:
    return 300 <= http_status < 400


def _moved_to(reply: Reply, url: str) -> str:
    """Where a redirect from `url` leads; empty for what is none, and where that is no address."""
    target = reply.headers.get("Location", "").strip() if _redirects(reply.status) else ""
    try:
        return urljoin(url, target) if target else ""
    except ValueError:  # half an IPv6 address
        return ""


def _redirected(http_status: int, moved_to: str) -> str:
    """What is wrong with a redirect (T109). Where it leads is theirs to say, and may be long."""
    if not moved_to:
        return f"They redirect (HTTP {http_status}) and do not say where to; we follow no redirects."
    return f"They redirect to {_storable(moved_to)[:_LONGEST_TARGET]}; we follow no redirects. Give us that address."


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
    said = f": {_storable(sentence)}" if isinstance(sentence, str) and sentence else "."
    return status_code, f"HTTP {reply.status}, OCPI {status_code}{said}", decoded.get("data")


def _storable(sentence: str) -> str:
    """PostgreSQL's text takes no NUL, and what a partner says is told in many places."""
    return sentence.replace("\0", "\N{REPLACEMENT CHARACTER}")
