"""Reading a partner's list to its end, page by page, as T48 says, also where the partner departs from it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import msgspec

from partners.connections.models import Connection
from partners.parties.models import Party
from roaming.ocpi import quirks
from roaming.ocpi.client import Answer, OcpiClient, Refused

_NEXT = re.compile(r'<([^>]*)>\s*;[^,]*\brel\s*=\s*"?next"?', re.IGNORECASE)
_MAX_PAGES = 10_000
# Objects that vanish under a crawl make us step back; a list whose count keeps sinking is not read for ever.
_MOST_STEPS_BACK = 100


@dataclass(frozen=True)
class Item:
    """One object of a list: decoded, and as the partner wrote it."""

    value: Any
    raw: bytes


@dataclass(frozen=True)
class Page:
    """One answered page: its objects, where it starts, and what its headers say (None: nothing)."""

    url: str
    items: list[Item]
    offset: int
    total: int | None
    link: str | None

    @property
    def end(self) -> int:
        """Where the next page starts."""
        return self.offset + len(self.items)


@dataclass
class Crawl:
    """One reading of one list of `connection`. Iterate over `items()`; raises Refused and Unreachable.

    The next page is where `Link` says, but never on another host with our token. Where there is no Link although
    there is more, its address is computed.
    """

    ocpi: OcpiClient
    connection: Connection
    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    to_party: Party | None = None
    from_party: Party | None = None
    _seen: set[str] = field(default_factory=set, init=False)
    _pages: int = field(default=0, init=False)
    _steps_back: int = field(default=0, init=False)

    def items(self) -> Iterator[Item]:
        url: str | None = with_query(self.url, self.params)
        before: Page | None = None
        while url:
            page = self._read(url, before)
            url = self._earlier(page, before)
            if url is None:
                yield from page.items
                url = self._following(page, before)
            before = page

    def _read(self, url: str, before: Page | None) -> Page:
        self._pages += 1
        if url in self._seen or self._pages > _MAX_PAGES:
            raise Refused(200, 0, "The list never ends: its next page was read already.")
        self._seen.add(url)
        answer = self.ocpi.get(url, to_party=self.to_party, from_party=self.from_party)
        offset = _offset(url)
        if offset is None:
            offset = before.end if before else 0
        return Page(url, _items(answer), offset, count(answer.headers, "X-Total-Count"), next_link(answer.headers, url))

    def _earlier(self, page: Page, before: Page | None) -> str | None:
        """The page again from where it begins now, when objects before it went away since the last one (T48)."""
        if before is None or before.total is None or page.total is None:
            return None
        gone = before.total - page.total
        if gone <= 0 or page.offset == 0 or self._steps_back >= _MOST_STEPS_BACK:
            return None
        self._steps_back += 1
        self._seen.clear()
        return with_query(page.url, {"offset": str(max(page.offset - gone, 0))})

    def _following(self, page: Page, before: Page | None) -> str | None:
        if page.link:
            if not same_origin(page.link, self.url):
                raise Refused(200, 0, f"The next page lies elsewhere, at {page.link}; it is not followed.")
            return page.link
        if not page.items or not self._more_after(page):
            return None
        if before is not None and page.items == before.items:
            raise Refused(200, 0, "The list repeats itself: it gives no link to the next page and ignores offset.")
        return with_query(page.url, {"offset": str(page.end)})

    def _more_after(self, page: Page) -> bool:
        """Whether objects follow although no Link says so."""
        if page.total is None:
            return quirks.has(self.connection, "no_link_header")
        return page.end < page.total


def origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port: who is talked to at `url`; None when it is no absolute http(s) URL."""
    try:
        parts = urlsplit(url)
        return (parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}[parts.scheme])
    except (ValueError, KeyError):
        return None


def same_origin(url: str, other: str) -> bool:
    """Whether both lead to the same platform, so that its token may go there."""
    return origin(url) is not None and origin(url) == origin(other)


def next_link(headers: Mapping[str, str], url: str) -> str | None:
    """The URL of the next page that an answer to `url` gives, made absolute; None on the last one."""
    found = _NEXT.search(headers.get("Link", ""))
    return urljoin(url, found[1].strip()) if found else None


def count(headers: Mapping[str, str], name: str) -> int | None:
    """A header that is a whole number; None when it is absent or is none."""
    said = headers.get(name, "").strip()
    return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else None


def with_query(url: str, params: Mapping[str, str]) -> str:
    """`url` with these query parameters, in place of those of the same name."""
    if not params:
        return url
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in params]
    return urlunsplit(parts._replace(query=urlencode([*kept, *params.items()])))


def _offset(url: str) -> int | None:
    said = dict(parse_qsl(urlsplit(url).query)).get("offset", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else None


class _Texts(msgspec.Struct):
    data: list[msgspec.Raw]


def _items(answer: Answer) -> list[Item]:
    if not isinstance(answer.data, list):
        raise Refused(answer.http_status, 0, "The answer's data is not a list.")
    texts = msgspec.json.decode(answer.body.removeprefix(b"\xef\xbb\xbf"), type=_Texts).data
    return [Item(value, bytes(text)) for value, text in zip(answer.data, texts, strict=True)]
