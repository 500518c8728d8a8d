"""What is asked for by its id: in any letter case, of any owner, also what the platform can only guess."""

from collections.abc import Iterator
from typing import Any

from tests.roaming.calls import Reply
from tests.roaming.visibility.visitor import NOBODY, NOTHING, Visitor, found_in
from tests.roaming.visibility.world import CODES, IDS

RECEIVERS = (
    ("locations", "location", "CPO"),
    ("tariffs", "tariff", "CPO"),
    ("tokens", "token", "EMSP"),
    ("sessions", "session", "CPO"),
    ("cdrs", "cdr", "CPO"),
    ("invoicereconciliation", "invoice_record", "CPO EMSP"),
    ("bookings", "booking", "CPO"),
    ("bookings/booking_locations", "booking_location", "CPO"),
)


class Guesses(Visitor):
    """What may be seen, or the same refusal as for what nobody has."""

    def by_id(self) -> None:
        if self.opens("sender", "locations"):
            self.locations_by_id()
        if self.opens("sender", "bookings"):
            self.places_by_id()
        self.payments_by_id()

    def locations_by_id(self) -> None:
        refused = self.get(f"/sender/locations/{NOTHING}")
        for name in IDS:
            same = [one for one in self.meant(self.oracle.listed("location")) if one.id.upper() == name.upper()]
            spelled = self.chance.choice((name.upper(), name.lower()))
            reply = self.get(f"/sender/locations/{spelled}{self.chance.choice(('', '/E1', '/e1/1'))}")
            if not same:
                self.same_as_nobody(reply, refused, spelled, instead=NOTHING)
            elif reply.http == 200:
                assert found_in(reply.data) == {same[0].marker}
            else:  # what is private cannot be told in 2.1.1
                assert self.version == "2.1.1" and not same[0].publish

    def places_by_id(self) -> None:
        refused = self.get(f"/sender/bookings/booking_locations/{NOTHING}")
        for name in IDS:
            same = {one.marker for one in self.oracle.listed("booking_location") if one.id.upper() == name.upper()}
            reply = self.get(f"/sender/bookings/booking_locations/{name}{self.chance.choice(('', '/c1'))}")
            if same:
                assert found_in(reply.data) <= same and reply.http == 200
            else:
                self.same_as_nobody(reply, refused, name, instead=NOTHING)

    def payments_by_id(self) -> None:
        """CPOs read what is at their stations, providers what they told."""
        for tail, kind in (("terminals", "terminal"), ("financial-advice-confirmations", "advice")):
            things = [one for one in self.world.things if one.kind == kind]
            told, own = self.oracle.listed(kind), [one for one in things if one.owner in self.oracle.mine]
            for side, shown in (("sender", told), ("receiver", own)):
                if not self.opens(side, "payments"):
                    continue
                refused = self.get(f"/{side}/payments/{tail}/{NOTHING}")
                name = self.chance.choice(IDS)
                same = {one.marker for one in shown if one.id.upper() == name.upper()}
                reply = self.get(f"/{side}/payments/{tail}/{name}")
                if same:
                    assert found_in(reply.data) <= same and reply.http == 200
                else:
                    self.same_as_nobody(reply, refused, name, instead=NOTHING)

    def read_back(self) -> None:
        """What receivers show: to its owner everything of its own, to others the same as of what nobody has."""
        for module, kind, role in self.receivers():
            refused = self.get(receiver(module, NOBODY, NOTHING))
            for code in sorted({self.chance.choice(CODES), *(side.code for side in self.oracle.mine)}):
                name = self.chance.choice(self.ids_of(kind))
                self.read(self.get(receiver(module, code, name)), refused, kind, role, code, name)

    def read(self, reply: Reply, refused: Reply, kind: str, role: str, code: str, name: str) -> None:
        mine = [side for side in self.oracle.mine if side.code == code and side.role in role.split()]
        own = [
            one
            for one in self.world.things
            if one.owner in mine and one.kind == kind and one.id.upper() == name.upper()
        ]
        shown = {one.marker for one in own if self.oracle.reads_back(one) and one.type in ("", "RFID")}
        if not mine:
            reply = Reply(reply.http, reply.status, reply.message.replace(code, NOBODY), reply.data, reply.headers)
            self.same_as_nobody(reply, refused, name, instead=NOTHING)
        elif reply.http == 200:
            assert shown <= found_in(reply.data) and found_in(reply.data) <= self.known
        else:
            assert reply.http == 404 and (not shown or self.version == "2.1.1")

    def receivers(self) -> Iterator[tuple[str, str, str]]:
        """Those that are there for it: module, kind of object, roles of its owners."""
        for path, kind, roles in RECEIVERS:
            if self.opens("receiver", path.split("/")[0]):
                yield path, kind, roles

    def ids_of(self, kind: str) -> list[str]:
        ids = {thing.id for thing in self.world.things if thing.kind == kind}
        return [one for name in sorted(ids) for one in (name.upper(), name.lower())] or [*IDS]

    def writing_for_others(self) -> None:
        """Deleting, patching and posting for a party of somebody else is refused as for one that nobody hosts."""
        foreign = [code for code in CODES if code not in {side.code for side in self.oracle.mine}]
        left = {side.code for side in self.world.sides if side.left and side.platform == self.platform}
        for module, _, _ in self.receivers():
            codes = sorted({self.chance.choice(foreign), *left})
            ways: list[Any] = [self.caller.delete, self.caller.patch, self.caller.put]
            for send in self.chance.sample(ways, 2):
                arguments: list[Any] = [] if send == self.caller.delete else [{"last_updated": "2026-12-01T00:00:00Z"}]
                refused = send(receiver(module, NOBODY, "A1"), *arguments)
                for code in codes:
                    reply = send(receiver(module, code, "A1"), *arguments)
                    reply = Reply(reply.http, reply.status, reply.message.replace(code, NOBODY), reply.data, {})
                    self.same_as_nobody(reply, refused, NOBODY)
        for marker, address in self.world.addresses.items():
            if marker not in self.known and self.chance.random() < 0.3:
                assert self.get(address).http == 404


def receiver(module: str, code: str, name: str) -> str:
    """Where an owner writes and reads back: `bookings/booking_locations` has the owner in its middle."""
    module, _, part = module.partition("/")
    return "/".join(["/receiver", module, *code.split("*"), *([part] if part else []), name])
