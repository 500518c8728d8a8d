"""One GET of a conformance run, and what came back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

from roaming.exchange import crawl, journal
from roaming.exchange.models import Exchange
from roaming.ocpi.schema import wire
from roaming.ocpi.schema.values import parse_time


@dataclass(frozen=True)
class Seen:
    """`http` is 0 and `error` says why when nothing came. `at` is our time in the middle of the call."""

    url: str
    sent: Mapping[str, str]
    http: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    error: str
    at: datetime
    exchange: Exchange | None
    secret: bool = False

    @cached_property
    def value(self) -> Any:
        """The decoded JSON; None when there is none, and `not_json` says why."""
        try:
            return wire.decode(self.body)
        except wire.NotJson:
            return None

    @cached_property
    def not_json(self) -> str:
        try:
            wire.decode(self.body)
        except wire.NotJson as error:
            return str(error)
        return ""

    @property
    def code(self) -> int | None:
        """The status_code of the envelope."""
        code = self.value.get("status_code") if isinstance(self.value, dict) else None
        return code if type(code) is int else None

    @property
    def data(self) -> Any:
        return self.value.get("data") if isinstance(self.value, dict) else None

    @property
    def items(self) -> list[Any]:
        """The objects of a page; none when it is no page."""
        return self.data if isinstance(self.data, list) else []

    @property
    def good(self) -> bool:
        """Whether they did what was asked."""
        return self.http == 200 and self.code is not None and 1000 <= self.code < 2000

    @property
    def page(self) -> bool:
        return self.good and isinstance(self.data, list)

    @property
    def total(self) -> int | None:
        return crawl.count(self.headers, "X-Total-Count")

    @property
    def x_limit(self) -> int | None:
        return crawl.count(self.headers, "X-Limit")

    @property
    def link(self) -> str | None:
        """The next page's URL as the header gives it, made absolute."""
        return crawl.next_link(self.headers, self.url)

    @property
    def leads_to(self) -> str:
        """Where a redirect would lead; empty when it is none, or does not say so."""
        return self.headers.get("Location", "").strip()[:300] if 300 <= self.http < 400 else ""

    def answering(self, what: str) -> str:
        """What came of `what`, as a sentence: “A right request was answered HTTP 404, OCPI 2003.”"""
        if not self.http:
            return f"{what} was not answered: {self}."
        if self.leads_to:
            return f"{what} was answered HTTP {self.http}: they redirect to {self.leads_to}; we follow no redirects."
        return f"{what} was answered {self}."

    @property
    def theirs(self) -> datetime | None:
        """The time on their clock: of the envelope, else of the header Date."""
        try:
            return parse_time(self.value["timestamp"])
        except (TypeError, KeyError, ValueError):
            pass
        try:
            date = parsedate_to_datetime(self.headers.get("Date", ""))
        except (ValueError, TypeError, IndexError):
            return None
        return date if date.tzinfo else None

    @property
    def text(self) -> str:
        """The body as people may read it: without the token that credentials contain."""
        text = self.body.decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
        return journal.masked(text) if self.secret else text

    def __str__(self) -> str:
        """“HTTP 404, OCPI 2003”; why nothing came where nothing did."""
        if not self.http:
            return self.error.rstrip(".")
        return f"HTTP {self.http}, " + (f"OCPI {self.code}" if self.code is not None else "no OCPI status code")
