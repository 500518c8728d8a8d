"""Who may see what, worked out from the agreements in plain Python: neither the database nor routing is asked."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.roaming.visibility.world import Deal, Side, Thing, World

OWNED = {"location", "tariff", "token", "booking_location"}
PAYMENTS = {"terminal", "advice"}


class Oracle:
    """What one platform may see of a world."""

    def __init__(self, world: World, platform: str) -> None:
        self.world = world
        self.platform = platform
        self.mine = world.hosted(platform)

    def sees(self, thing: Thing) -> bool:
        """Whether it may be shown the thing at a sender's address."""
        if not thing.told or thing.owner in self.mine:
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
        ours = {side.code for side in self.world.sides if side.platform in self.world.own}
        near = {side.platform for side in self._joined() if side.role == "EMSP"}
        providers = {side.code for side in self.world.sides if side.role == "OTHER" and side.platform in near}
        return code in ours | providers | {side.code for side in self._joined()}

    def face(self) -> str | None:
        """The code of the one party that we are for it in 2.1.1."""
        if self.platform in self.world.faces:
            return self.world.faces[self.platform].code
        opposites = ["EMSP" if side.role == "CPO" else "CPO" for side in self.mine if side.role != "OTHER"]
        joined = self._joined()
        found = [side for role in opposites for side in self.world.sides if side in joined and side.role == role]
        ours = [side for side in self.world.sides if side.platform in self.world.own and side.role in opposites]
        return next((side.code for side in [*found, *ours]), None)

    def names(self) -> set[str]:
        """The codes that a sentence may mention unasked."""
        ours = {side.code for side in self.world.sides if side.platform in self.world.own}
        return ours | {side.code for side in [*self.mine, *self._joined()]}

    def clients(self) -> set[tuple[str, str]]:
        """Code and role of those whose connection status it is told."""
        joined = [deal for deal in self.world.deals if deal.state != "draft" and _covers(deal, self.world.at)]
        near = {deal.emsp for deal in joined if deal.cpo in self.mine} | {
            deal.cpo for deal in joined if deal.emsp in self.mine
        }
        near |= {side for side in self.world.sides if side.platform in self.world.own}
        return {(side.code, side.role) for side in near - set(self.mine)}

    def is_pushed(self, thing: Thing) -> bool:
        """Whether it may be sent the thing: what is to be settled is delivered whatever the history says."""
        if thing.kind in OWNED | PAYMENTS:
            return self.sees(thing)
        if thing.other not in self.mine or thing.owner in self.mine:
            return False
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
