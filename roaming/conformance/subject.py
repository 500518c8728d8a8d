"""The list that is looked at: how it is asked, and what was read of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from partners.connections.models import Connection
from partners.parties.models import Party
from roaming.conformance import answers
from roaming.conformance.limits import Limits
from roaming.conformance.probe import Probe
from roaming.conformance.seen import Seen
from roaming.conformance.sheet import Sheet
from roaming.ocpi.listings import Listing

_BEGINNING = "2010-01-01T00:00:00Z"


@dataclass
class Subject:
    """One list of `connection` at `url`. `ours` and `theirs` are the parties that routing headers name.

    `owners` are the codes of their parties, None when objects may be anybody's (a hub); `needs_routing` whether one of
    us has several parties, so that routing headers are needed. `slashed`: it works only with a slash at the end.
    """

    connection: Connection
    listing: Listing
    url: str
    probe: Probe
    sheet: Sheet
    limits: Limits
    ours: Party | None = None
    theirs: Party | None = None
    owners: set[tuple[str, str]] | None = None
    needs_routing: bool = False
    slashed: bool = field(default=False, init=False)
    pages: list[Seen] = field(default_factory=list, init=False)

    @property
    def version(self) -> str:
        return self.connection.version

    def ask(self, tail: str = "", **params: Any) -> Seen:
        """GET the list, or what lies at `tail` behind its URL."""
        if tail:
            return self.fetch(self.url.rstrip("/") + tail)
        return self.fetch(self.url, self.query(**params))

    def query(self, **params: Any) -> dict[str, Any]:
        """The query of a request for the list; sessions are always asked for with a date (T40)."""
        return {"date_from": _BEGINNING, **params} if self.listing.name == "sessions" else params

    def fetch(self, url: str, params: dict[str, Any] | None = None) -> Seen:
        return self.probe.get(url, params, to_party=self.theirs, from_party=self.ours)

    def page(self, seen: Seen) -> bool:
        """Whether this answer, which must be a page, is one; looked at as every answer is."""
        good = answers.look(self.sheet, seen, a_list=True)
        if good:
            self.look_at_routing(seen)
        return good

    def look_at_routing(self, seen: Seen) -> None:
        """Whether a good answer names the parties as it has to."""
        if self.listing.routed:
            answers.routed(self.sheet, seen, needed=self.needs_routing)
        else:
            answers.unrouted(self.sheet, seen)

    @property
    def objects(self) -> list[dict[str, Any]]:
        """The different objects of the pages read, as many as the limits allow."""
        found = {key: item for page in self.pages for item in page.items for key in self.keys(item)}
        return list(found.values())[: self.limits.objects]

    def keys(self, item: Any) -> Iterator[tuple[str, ...]]:
        """What names an object: owner and id, for tokens their type; nothing for what is no object."""
        if not isinstance(item, dict) or self.listing.key not in item:
            return
        names = ["country_code", "party_id", self.listing.key]
        names += {"token": ["type"], "client_info": ["role"]}.get(self.listing.kind, [])
        parts = [str(item.get(name, "")) for name in names]
        yield tuple(parts if self.version == "2.1.1" else [part.upper() for part in parts])
