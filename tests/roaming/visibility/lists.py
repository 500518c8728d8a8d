"""What is listed: every list with every filter, along its own links and those of others."""

from typing import Any

from roaming.ocpi.schema.values import format_time
from tests.roaming.calls import Caller, Reply
from tests.roaming.visibility.visitor import Visitor, found_in
from tests.roaming.visibility.world import CODES, Thing

# Sender lists by address: the kind of object, and the version from which on there is such a list.
LISTS = {
    "locations": ("location", "2.1.1"),
    "tariffs": ("tariff", "2.1.1"),
    "tokens": ("token", "2.1.1"),
    "sessions": ("session", "2.1.1"),
    "cdrs": ("cdr", "2.1.1"),
    "invoicereconciliation": ("invoice_record", "2.3.0"),
    "bookings": ("booking", "2.3.0"),
    "bookings/booking_locations": ("booking_location", "2.3.0"),
    "payments/terminals": ("terminal", "2.3.0"),
    "payments/financial-advice-confirmations": ("advice", "2.3.0"),
}
# Parameters that OCPI does not know narrow nothing, and widen nothing.
UNKNOWN: tuple[dict[str, Any], ...] = ({}, {"party_id": "ONE", "owner": "NL*ONE", "id": "A1", "connection": 1})


class Lists(Visitor):
    """Exactly what the platform may see, and the right count of it."""

    def lists(self) -> None:
        for path, (kind, since) in LISTS.items():
            if self.is_there(path, since):
                self.one_list(f"/sender/{path}", kind)
            else:
                assert self.get(f"/sender/{path}").http == 404

    def is_there(self, path: str, since: str) -> bool:
        return self.version >= since and self.opens("sender", path.split("/")[0])

    def one_list(self, path: str, kind: str) -> None:
        visible = self.meant(self.oracle.listed(kind))
        if kind == "location" and self.version == "2.1.1":  # a private one is not even counted there
            visible = [thing for thing in visible if thing.publish]
        self.is_list(self.get(path, **self.chance.choice(UNKNOWN)), visible)
        self.crawl(path, visible)
        offset = self.chance.choice((1, len(visible), 10**29))
        reply = self.get(path, offset=offset)
        assert reply.headers["X-Total-Count"] == str(len(visible))
        assert len(reply.data) <= max(0, len(visible) - offset)
        ages = sorted(thing.updated for thing in self.world.things if thing.kind == kind)
        first, last = sorted(self.chance.choices(ages, k=2))
        within = [thing for thing in visible if first <= thing.updated < last]
        self.is_list(self.get(path, date_from=format_time(first), date_to=format_time(last)), within)
        if self.version != "2.1.1":
            self.addressed(path, kind, self.chance.choice(CODES))

    def addressed(self, path: str, kind: str, code: str) -> None:
        """The same, asked of one party by routing headers."""
        reply = self.to(code).get(path)
        self.harmless(reply, code)
        if self.oracle.may_address(code):
            self.is_list(reply, [thing for thing in self.oracle.listed(kind) if thing.owner.code == code])
        else:
            self.same_as_nobody(reply, self.unaddressable, code)

    def crawl(self, path: str, visible: list[Thing]) -> None:
        """A few at a time, along the links."""
        reply, markers = self.get(path, limit=self.chance.randint(2, 3)), set()
        for _ in range(len(visible)):
            assert reply.headers["X-Total-Count"] == str(len(visible))
            markers |= found_in(reply.data)
            if "Link" not in reply.headers:
                break
            reply = self.caller.follow(reply.headers["Link"].split(">")[0].lstrip("<"))
            self.harmless(reply)
        assert "Link" not in reply.headers
        self.shows(markers, visible)

    def pages_of_others(self) -> None:
        """A link that somebody else was given leads to one's own list."""
        other = self.chance.choice([name for name in self.world.platforms if name != self.platform])
        for path, (kind, since) in self.chance.sample(sorted(LISTS.items()), 5):
            if self.is_there(path, since):
                link = Caller(other, self.version).get(f"/sender/{path}", limit=1).headers.get("Link", "")
                if link:
                    reply = self.caller.follow(link.split(">")[0].lstrip("<"))
                    self.harmless(reply)
                    assert int(reply.headers["X-Total-Count"]) == len(self.meant(self.oracle.listed(kind)))

    def is_list(self, reply: Reply, expected: list[Thing]) -> None:
        self.harmless(reply)
        assert (reply.http, reply.status, reply.headers["X-Total-Count"]) == (200, 1000, str(len(expected)))
        self.shows(found_in(reply.data), expected)

    def shows(self, markers: set[str], expected: list[Thing]) -> None:
        embedded = {place.marker for thing in expected for place in self.oracle.places_of(thing)}
        told = {thing.marker for thing in self.oracle.told_in(self.version, expected)}
        assert told <= markers <= told | (embedded if self.version == "2.1.1" else set())

    def clients(self) -> None:
        """Whom it reaches through us, all of them and nobody else."""
        if self.version == "2.1.1":
            return
        reply = self.get("/sender/hubclientinfo")
        shown = {(f"{one['country_code']}*{one['party_id']}", one["role"]) for one in reply.data}
        assert shown == self.oracle.clients()
