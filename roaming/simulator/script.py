"""What a platform is told to play, and what it tells afterwards: plain JSON, for it may be a process of its own.

A script names the days, the seed, the shares of faults, and the routes: which eMSP's drivers charge at which CPO. Every
platform makes the same cards from the same seed, so no script has to list them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from roaming.simulator.charges import Fault, spots
from roaming.simulator.month import Route, plan
from roaming.simulator.play import Play, Story
from roaming.simulator.wire import Json
from roaming.simulator.world import PartyCard, emsp_estate

if TYPE_CHECKING:
    from roaming.simulator.platform import Platform

LATE_AFTER = timedelta(days=2, hours=5)


@dataclass(frozen=True)
class Drivers:
    """The drivers of one eMSP who charge at one CPO: every `stride`th of its cards from `start` on, so many times a
    day."""

    cpo: str
    emsp: PartyCard
    cards: int
    start: int
    stride: int
    daily: int

    def as_json(self) -> Json:
        return {
            "cpo": self.cpo,
            "emsp": {**self.emsp.owner, "name": self.emsp.name},
            "cards": self.cards,
            "start": self.start,
            "stride": self.stride,
            "daily": self.daily,
        }

    @classmethod
    def read(cls, data: Json) -> "Drivers":
        emsp = PartyCard(data["emsp"]["country_code"], data["emsp"]["party_id"], "EMSP", data["emsp"]["name"])
        return cls(data["cpo"], emsp, data["cards"], data["start"], data["stride"], data["daily"])


@dataclass(frozen=True)
class Script:
    """What one platform plays. `shares` of its charges go wrong; each of these faults happens once at least."""

    first_day: date
    days: int
    seed: int
    shares: Mapping[Fault, float]
    drivers: tuple[Drivers, ...]

    def as_json(self) -> Json:
        return {
            "first_day": self.first_day.isoformat(),
            "days": self.days,
            "seed": self.seed,
            "faults": {fault.slug: share for fault, share in self.shares.items()},
            "drivers": [one.as_json() for one in self.drivers],
        }

    @classmethod
    def read(cls, data: Json) -> "Script":
        """Raises KeyError and ValueError for what is no script."""
        by_slug = {fault.slug: fault for fault in Fault}
        return cls(
            first_day=date.fromisoformat(data["first_day"]),
            days=int(data["days"]),
            seed=int(data["seed"]),
            shares={by_slug[name]: float(share) for name, share in data["faults"].items()},
            drivers=tuple(Drivers.read(one) for one in data["drivers"]),
        )


def staged(platform: "Platform", script: Script) -> Play:
    """The charges that the script means for the CPOs of this platform."""
    weights = _weights(script.shares, platform.version)
    charges = []
    for estate in platform.estates:
        routes = [_route(platform, one, script) for one in script.drivers if one.cpo == estate.party.code]
        seed = f"{script.seed} {estate.party.code}"
        charges += plan(routes, script.first_day, script.days, seed=seed, weights=weights, at_least=1)
    return Play(lambda _: platform, charges, late_after=LATE_AFTER)


def _weights(shares: Mapping[Fault, float], version: str) -> dict[Fault, float]:
    """OCPI 2.1.1 has no credit CDRs."""
    possible = {fault: share for fault, share in shares.items() if version != "2.1.1" or fault is not Fault.CREDITED}
    return {Fault.NONE: 1 - sum(possible.values())} | possible


def _route(platform: "Platform", drivers: Drivers, script: Script) -> Route:
    """Charges under tariffs that cost the same whatever the time of day: their price is beyond doubt."""
    [estate] = [estate for estate in platform.estates if estate.party.code == drivers.cpo]
    plain = [spot for spot in spots(estate) if not any(e.get("restrictions") for e in spot.tariff["elements"])]
    cards = list(emsp_estate(drivers.emsp, count=drivers.cards, seed=script.seed, at=platform.clock()).tokens.values())
    return Route(plain, cards[drivers.start :: drivers.stride], drivers.daily, drivers.daily)


def told(story: Story) -> Json:
    """What became of one charge. Amounts are texts, before tax; `right` is what it costs as the platform reckons."""
    charge = story.charge
    amounts: dict[str, Any] = {}
    if story.cdr:
        amounts = {"billed": str(story.cdr["total_cost"]["excl_vat"]), "right": str(charge.cost().total["excl_vat"])}
    return {
        "key": charge.key,
        "cpo": f"{charge.spot.location['country_code']}*{charge.spot.location['party_id']}",
        "emsp": f"{charge.card['country_code']}*{charge.card['party_id']}",
        "fault": charge.fault.slug,
        "refused": story.refused,
        "unanswered": story.unanswered,
        "session": story.session["id"] if story.session else None,
        "ended": story.ended,
        "cdr": story.cdr["id"] if story.cdr else None,
        "credit": story.credit["id"] if story.credit else None,
        **amounts,
    }
