"""Reading a partner's list to its end, page by page, as T48 says, also where the partner departs from it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import msgspec

from partners.connections.models import Connection
from partners.parties.models import Party
from roaming.ocpi import quirks
from roaming.ocpi.client import Answer, OcpiClient, Refused

_NEXT = re.compile(r'<([^>]*)>\s*;[^,]*\brel\s*=\s*"?next"?', re.IGNORECASE)
# Some platforms put one object on a page.
_MAX_PAGES = 1_000_000
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


@dataclass(frozen=True)
class Place:
    """How far a reading came: what has to outlive the worker so that another one can go on from there.

    `url` is the page to read next, "" at the beginning and at the end; `offset` where it starts, `total` how many
    objects the list held when it was asked last. `landmark` is a page read before: where it comes again, the list runs
    in a circle.
    """

    url: str = ""
    offset: int = 0
    total: int | None = None
    pages: int = 0
    landmark: str = ""
    steps_back: int = 0

    @property
    def ended(self) -> bool:
        return self.pages > 0 and not self.url


@dataclass
class Crawl:
    """One reading of one list of `connection`, from `place` on: `read` a page, then `move_on`, until `place.ended`.

    The next page is where `Link` says, but never on another host with our token. Where there is no Link although
    there is more, its address is computed.
    """

    ocpi: OcpiClient
    connection: Connection
    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    to_party: Party | None = None
    from_party: Party | None = None
    place: Place = Place()
    _before: Page | None = field(default=None, init=False)

    def read(self) -> Page:
        """The page at `place`, or the one before it that objects slid to. Raises Refused and Unreachable."""
        while True:
            page = self._read(self.place.url or with_query(self.url, self.params))
            earlier = self._earlier(page)
            if earlier is None:
                return page
            steps = self.place.steps_back + 1
            self.place = replace(self.place, url=earlier, total=page.total, landmark="", steps_back=steps)

    def move_on(self, page: Page) -> None:
        """To what follows `page`, which was read just now. Raises Refused where it cannot be followed."""
        url = self._following(page)
        total = self.place.total if page.total is None else page.total
        self.place = replace(self.place, url=url or "", offset=page.end, total=total)
        self._before = page

    def _read(self, url: str) -> Page:
        pages = self.place.pages + 1
        if url == self.place.landmark or pages > _MAX_PAGES:
            raise Refused(200, 0, "The list never ends: its next page was read already.")
        answer = self.ocpi.get(url, to_party=self.to_party, from_party=self.from_party)
        offset = _offset(url)
        if offset is None:
            offset = self.place.offset
        # A landmark that is moved at ever longer distances is met again in every circle.
        landmark = url if pages & (pages - 1) == 0 else self.place.landmark
        self.place = replace(self.place, pages=pages, landmark=landmark)
        return Page(url, _items(answer), offset, count(answer.headers, "X-Total-Count"), next_link(answer.headers, url))

    def _earlier(self, page: Page) -> str | None:
        """The page again from where it begins now, when objects before it went away since the last one (T48)."""
        if self.place.total is None or page.total is None:
            return None
        gone = self.place.total - page.total
        if gone <= 0 or page.offset == 0 or self.place.steps_back >= _MOST_STEPS_BACK:
            return None
        return with_query(page.url, {"offset": str(max(page.offset - gone, 0))})

    def _following(self, page: Page) -> str | None:
        if page.link:
            if not same_origin(page.link, self.url):
                raise Refused(200, 0, f"The next page lies elsewhere, at {page.link}; it is not followed.")
            return page.link
        if not page.items or not self._more_after(page):
            return None
        if self._before is not None and page.items == self._before.items:
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
