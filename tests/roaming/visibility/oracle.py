"""Who may see what, worked out from the agreements in plain Python: neither the database nor routing is asked."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.roaming.visibility.world import HUB, Deal, Side, Thing, World

OWNED = {"location", "tariff", "token", "booking_location"}
# By module: the version that it came with, the roles that own its objects, and those that are told of them.
MODULES = {
    "locations": ("2.1.1", {"CPO"}, {"EMSP"}),
    "tariffs": ("2.1.1", {"CPO"}, {"EMSP"}),
    "sessions": ("2.1.1", {"CPO"}, {"EMSP"}),
    "cdrs": ("2.1.1", {"CPO"}, {"EMSP"}),
    "tokens": ("2.1.1", {"EMSP"}, {"CPO"}),
    "commands": ("2.1.1", {"EMSP"}, {"CPO"}),
    "chargingprofiles": ("2.2.1", {"EMSP"}, {"CPO"}),
    "hubclientinfo": ("2.2.1", {"HUB"}, {"CPO", "EMSP", "OTHER"}),
    "invoicereconciliation": ("2.3.0", {"CPO", "EMSP"}, {"CPO", "EMSP"}),
    "payments": ("2.3.0", {"OTHER"}, {"CPO"}),
    "bookings": ("2.3.0", {"CPO"}, {"EMSP"}),
}
PAYMENTS = {"terminal", "advice"}


class Oracle:
    """What one platform may see of a world."""

    def __init__(self, world: World, platform: str) -> None:
        self.world = world
        self.platform = platform
        self.mine = world.hosted(platform)
        self.is_hub = any(side.hub_status for side in self.mine)

    def opens(self, side: str, module: str, version: str) -> bool:
        """Whether that interface of ours (`sender` or `receiver`) is there for it: its parties have the other half. A
        hub has all; in 2.1.1 there is none where its parties have both halves."""
        since, owning, told = MODULES[module]
        roles = {one.role for one in self.mine}
        halves = {"sender": self.is_hub or bool(roles & told), "receiver": self.is_hub or bool(roles & owning)}
        return version >= since and halves[side] and not (version == "2.1.1" and all(halves.values()))

    def sees(self, thing: Thing) -> bool:
        """Whether it may be shown the thing at a sender's address."""
        if not thing.told or thing.owner.platform == self.platform:
            return False
        if thing.kind in OWNED:
            return any(self._opens(deal, thing.owner) for deal in self.world.deals)
        if thing.other not in self.mine:
            return False
        if thing.kind in PAYMENTS:
            return any(self._serves(deal, thing) for deal in self.world.deals)
        joining = [
            deal for deal in self.world.deals if _joins(deal, thing.owner, thing.other) and deal.state != "draft"
        ]
        if thing.begins is not None:
            joining = [deal for deal in joining if _covers(deal, thing.begins)]
        return any(_readable(deal, self.world.at) for deal in joining)

    def listed(self, kind: str) -> list[Thing]:
        return [thing for thing in self.world.things if thing.kind == kind and self.sees(thing)]

    def reads_back(self, thing: Thing) -> bool:
        """Whether it may be shown the thing at a receiver's address: its own, as long as it is there."""
        return thing.owner in self.mine and (thing.told or thing.kind == "cdr")

    def may_know(self, version: str) -> set[str]:
        """The markers that any answer may contain. In 2.1.1 a session brings its location."""
        known = {thing.marker for thing in self.world.things if self.sees(thing) or self.reads_back(thing)}
        if version == "2.1.1":
            known |= {place.marker for session in self.listed("session") for place in self.places_of(session)}
        return known

    def places_of(self, session: Thing) -> list[Thing]:
        """The location of a session, where it is known."""
        same = [thing for thing in self.world.things if thing.kind == "location" and thing.owner == session.owner]
        return [thing for thing in same if thing.id.upper() == session.location_id.upper()]

    def told_in(self, version: str, things: Iterable[Thing]) -> list[Thing]:
        """Those that the version can say: in 2.1.1 a private location would be shown to the public, and a session must
        have a location."""
        if version != "2.1.1":
            return list(things)
        return [thing for thing in things if thing.publish and (thing.kind != "session" or self.places_of(thing))]

    def may_address(self, code: str) -> bool:
        """Whether routing headers may name that party: it is ours, or was ever joined to one of the platform's."""
        there = [*self.ours(), *self.providers(self._joined()), *self._joined()]
        return code in {side.code for side in there if not side.left}

    def may_speak_as(self, code: str) -> bool:
        """Whether a request of it may say that it is from that party."""
        return code in {side.code for side in self.mine} or (self.is_hub and code == HUB)

    def only_one_joined(self) -> str:
        """Who must be meant where nobody is named; nobody where there are several."""
        codes = {side.code for side in self._joined()}
        return codes.pop() if len(codes) == 1 else ""

    def ours(self) -> list[Side]:
        return [side for side in self.world.sides if side.platform in self.world.own and not side.left]

    def providers(self, joined: Iterable[Side]) -> list[Side]:
        """Payment providers on the platforms of these eMSPs."""
        near = {side.platform for side in joined if side.role == "EMSP"}
        return [side for side in self.world.sides if side.role == "OTHER" and side.platform in near]

    def providers_at_work(self) -> set[str]:
        """The codes of the providers that may have terminals at stations of its CPOs now."""
        return {side.code for side in self.providers(deal.emsp for deal in self._in_force() if deal.cpo in self.mine)}

    def asks(self, code: str) -> bool:
        """Whether the eMSP of that code may be asked about a driver now."""
        return any(deal.emsp.code == code and deal.cpo in self.mine for deal in self._in_force())

    def served(self, emsp: Side) -> set[Side]:
        """The CPOs at whose stations drivers of that eMSP may charge now."""
        return {deal.cpo for deal in self._in_force() if deal.emsp == emsp and deal.cpo.platform != self.platform}

    def face(self) -> str | None:
        """The code of the one party that we are for it in 2.1.1."""
        if self.platform in self.world.faces:
            return self.world.faces[self.platform].code
        opposites = ["EMSP" if side.role == "CPO" else "CPO" for side in self.mine if side.role != "OTHER"]
        joined = self._joined()
        found = [side for role in opposites for side in self.world.sides if side in joined and side.role == role]
        found = [side for side in found if not side.left]
        ours = [side for side in self.ours() if side.role in opposites]
        return next((side.code for side in [*found, *ours]), None)

    def names(self) -> set[str]:
        """The codes that a sentence may mention unasked."""
        return {side.code for side in [*self.ours(), *self.mine, *self._joined()]} | self.providers_at_work()

    def clients(self) -> set[tuple[str, str]]:
        """Code and role of those whose connection status it is told: nobody's where we are not its hub."""
        if not self.is_served():
            return set()
        near = {deal.emsp for deal in self._in_force() if deal.cpo in self.mine}
        near |= {deal.cpo for deal in self._in_force() if deal.emsp in self.mine}
        near |= {side for side in self.world.sides if side.platform in self.world.own}
        return {(side.code, side.role) for side in near if side.platform != self.platform}

    def is_served(self) -> bool:
        """Whether we are its hub: it is our own, or we stand between it and a platform of others."""
        ends = [{deal.cpo.platform, deal.emsp.platform} for deal in self._in_force()]
        between = any(self.platform in both and len(both) == 2 and not both & self.world.own for both in ends)
        return self.platform in self.world.own or between

    def is_pushed(self, thing: Thing) -> bool:
        """Whether it may be sent the thing: what is to be settled is delivered whatever the history says."""
        if thing.kind in OWNED:
            return self.sees(thing) and any(self._reaches(deal, thing.owner) for deal in self.world.deals)
        if thing.other not in self.mine or not thing.other.reachable or thing.owner.platform == self.platform:
            return False
        if thing.kind in PAYMENTS:
            return self.sees(thing)
        joining = [
            deal for deal in self.world.deals if deal.state != "draft" and _joins(deal, thing.owner, thing.other)
        ]
        if thing.kind == "invoice_record":
            return bool(joining)
        return thing.told and thing.begins is not None and any(_covers(deal, thing.begins) for deal in joining)

    def _opens(self, deal: Deal, owner: Side) -> bool:
        if deal.state == "draft" or not _covers(deal, self.world.at):
            return False
        return (deal.cpo, deal.emsp in self.mine) == (owner, True) or (deal.emsp, deal.cpo in self.mine) == (
            owner,
            True,
        )

    def _reaches(self, deal: Deal, owner: Side) -> bool:
        """Whether the agreement opens what the owner has to a party that can be sent it."""
        return self._opens(deal, owner) and (deal.emsp if owner.role == "CPO" else deal.cpo).reachable

    def _in_force(self) -> list[Deal]:
        return [deal for deal in self.world.deals if deal.state != "draft" and _covers(deal, self.world.at)]

    def _serves(self, deal: Deal, thing: Thing) -> bool:
        """Whether the agreement lets a provider serve the CPO: by an eMSP on the provider's platform."""
        near = deal.cpo == thing.other and deal.emsp.platform == thing.owner.platform
        return near and deal.state != "draft" and _covers(deal, self.world.at)

    def _joined(self) -> set[Side]:
        deals = [deal for deal in self.world.deals if deal.state != "draft"]
        return {deal.emsp for deal in deals if deal.cpo in self.mine} | {
            deal.cpo for deal in deals if deal.emsp in self.mine
        }


def _joins(deal: Deal, one: Side, other: Side | None) -> bool:
    return {one, other} == {deal.cpo, deal.emsp}


def _day(deal: Deal, moment: datetime) -> date:
    return moment.astimezone(ZoneInfo(deal.zone)).date()


def _covers(deal: Deal, moment: datetime) -> bool:
    day = _day(deal, moment)
    return deal.starts <= day and (deal.ends is None or day < deal.ends)


def _readable(deal: Deal, now: datetime) -> bool:
    if deal.ends is None or deal.history_days is None:
        return True
    return _day(deal, now) < deal.ends + timedelta(days=deal.history_days)
