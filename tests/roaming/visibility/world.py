"""A world made up by chance: platforms, parties, agreements of every kind, and what the parties own.

What is drawn is written down in plain values beside the database, so that an oracle can judge without it. Everything
that may be shown carries a marker of its own at every level, which no answer can contain by accident.
"""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from tests import cast

ROLES = ("CPO", "EMSP")
CODES = [f"{country}*{party}" for country in ("NL", "DE", "BE") for party in ("ONE", "TWO", "TRI")]
# Few ids, so that several owners use one; letter case differs by chance.
IDS = ("A1", "b2", "C3")
ZONES = ("Europe/Amsterdam", "Pacific/Honolulu", "Pacific/Kiritimati")
HISTORIES = (None, 0, 10, 60, 100, 365)
# What the first platforms host: several parties of one role, with different agreements, are the hardest to keep apart.
SHAPES = (("EMSP", "EMSP", "CPO"), ("CPO", "CPO", "EMSP", "OTHER"), ("EMSP", "OTHER"))
# First day and first day after (days from today), and what became of it.
PERIODS: dict[str, list[tuple[int, int | None, str]]] = {
    "draft": [(-100, None, "draft")],
    "in force": [(-300, None, "active")],
    "still in force": [(-300, 10, "active")],
    "run out": [(-300, -30, "active")],
    "ended": [(-300, -60, "ended")],
    "to end": [(-300, 10, "ended")],
    "from today": [(0, None, "active")],
    "until today": [(-300, 0, "active")],
    "ended today": [(-300, 0, "ended")],
    "to come": [(5, None, "active")],
    "renewed": [(-300, -100, "ended"), (-50, None, "active")],
}


@dataclass(frozen=True)
class Side:
    """A party: its code and role, and the name of the platform that hosts it."""

    code: str
    role: str
    platform: str


@dataclass(frozen=True)
class Deal:
    """An agreement as both would remember it."""

    cpo: Side
    emsp: Side
    state: str
    starts: date
    ends: date | None
    zone: str
    history_days: int | None


@dataclass(frozen=True)
class Thing:
    """One object. `begins` is when the charging starts.

    `other` is the eMSP of a session, CDR or booking, whom an invoice record bills, at whose stations a terminal is.
    `told` is False for what only its owner may see: a CDR not accepted, a deleted tariff.
    """

    kind: str
    owner: Side
    id: str
    marker: str
    updated: datetime
    type: str = ""
    other: Side | None = None
    begins: datetime | None = None
    told: bool = True
    publish: bool = True
    location_id: str = ""


@dataclass
class World:
    at: datetime
    sides: list[Side] = field(default_factory=list)
    own: set[str] = field(default_factory=set)
    deals: list[Deal] = field(default_factory=list)
    things: list[Thing] = field(default_factory=list)
    # The party that we are for a platform of 2.1.1, where one was chosen.
    faces: dict[str, Side] = field(default_factory=dict)
    # Where a CDR can be read, by marker.
    addresses: dict[str, str] = field(default_factory=dict)

    @property
    def platforms(self) -> list[str]:
        return list(dict.fromkeys(side.platform for side in self.sides))

    def hosted(self, platform: str) -> list[Side]:
        return [side for side in self.sides if side.platform == platform]


def drawn(chance: random.Random, platforms: int, at: datetime) -> World:
    """Platforms with parties and the agreements between these, in plain values only."""
    world = World(at)
    free = [(code, role) for code in CODES for role in (*ROLES, "OTHER")]
    chance.shuffle(free)
    for number in range(platforms):
        name = f"Platform {number}"
        if chance.random() < 0.3:
            world.own.add(name)
        roles = SHAPES[number] if number < len(SHAPES) else chance.choices(ROLES, k=chance.choice((1, 1, 2)))
        for role in roles:
            code, _ = free.pop(next(place for place, side in enumerate(free) if side[1] == role))
            world.sides.append(Side(code, role, name))
    for cpo in (side for side in world.sides if side.role == "CPO"):
        for emsp in (side for side in world.sides if side.role == "EMSP"):
            if chance.random() < 0.6:
                world.deals += _deals(chance, cpo, emsp, at.date())
    for name in world.platforms:
        if chance.random() < 0.5:
            world.faces[name] = chance.choice(world.sides)
    return world


def _deals(chance: random.Random, cpo: Side, emsp: Side, today: date) -> list[Deal]:
    zone, history = chance.choice(ZONES), chance.choice(HISTORIES)
    return [
        Deal(
            cpo,
            emsp,
            state,
            today + timedelta(days=first),
            None if last is None else today + timedelta(days=last),
            zone,
            history,
        )
        for first, last, state in PERIODS[chance.choice(list(PERIODS))]
    ]


def settled(world: World) -> None:
    """Platforms, parties and agreements of the world in the database."""
    from partners.agreements import services as agreements
    from partners.connections.models import Connection

    for name in world.platforms:
        parties = [f"{side.role} {side.code}" for side in world.hosted(name)]
        where: dict[str, Any] = {"own": name in world.own, "url": f"http://{name[-1]}.invalid", "version": "2.3.0"}
        row = cast.connection(name, *parties, partner="One company", **where)  # so that two share a code in two roles
        # Nobody can be asked anything; everybody is sent what changes.
        row.endpoints = [entry for entry in row.endpoints if entry["role"] == "RECEIVER"]
        row.save(update_fields=["endpoints"])
    for name, face in world.faces.items():
        Connection.objects.filter(name=name).update(face=cast.party(face.code, face.role))
    for deal in world.deals:
        terms: dict[str, Any] = {"time_zone": deal.zone, "history_days": deal.history_days}
        ends = None if deal.state == "ended" else deal.ends
        active = deal.state != "draft"
        agreed = cast.agreement(
            deal.cpo.code, deal.emsp.code, starts=deal.starts, active=active, ends_date=ends, **terms
        )
        if deal.state == "ended" and deal.ends is not None:
            agreements.end(agreement=agreed, ends_date=deal.ends, at=world.at)
