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
DRAWN = [f"{country}*{party}" for country in ("NL", "DE", "BE") for party in ("ONE", "TWO", "TRI")]
HUB, GONE = "NL*HUB", "NL*GON"  # one platform is that hub; of another, credentials list that party no more
CODES = [*DRAWN, HUB, GONE]
# Few ids, so that several owners use one; letter case differs by chance.
IDS = ("A1", "b2", "C3")
ZONES = ("Europe/Amsterdam", "Pacific/Honolulu", "Pacific/Kiritimati")
HISTORIES = (None, 0, 10, 60, 100, 365)
# What the platforms host: several parties of one role, with different agreements, are the hardest to keep apart; those
# of one role can be spoken to in 2.1.1; the last one is a hub.
SHAPES = (
    ("EMSP", "EMSP", "CPO"),
    ("CPO", "CPO", "EMSP", "OTHER"),
    ("EMSP", "OTHER"),
    ("CPO",),
    ("CPO", "EMSP", "EMSP"),
)
STATUSES = ("CONNECTED", "OFFLINE", "SUSPENDED")  # what the hub says of the parties behind it
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
    "none": [],
}
# Between certain parties (platform and place on it), so that every world has what chance would often leave out: period
# and history. Where the period is over or never began, and within a platform, there is a CDR with its invoice records.
CERTAIN: dict[tuple[str, str], tuple[str, int | None]] = {
    # One sibling lost what the other still has: stations to charge at, and with the history also what was settled.
    ("1.0", "0.0"): ("ended", 10),
    ("1.0", "0.1"): ("in force", None),
    ("1.1", "0.0"): ("ended", 365),
    ("1.1", "0.1"): ("none", None),
    # The agreements of parties that left opened what no other party of their platform has.
    ("1.0", "0.3"): ("none", None),
    ("1.1", "0.3"): ("in force", None),
    ("0.4", "1.2"): ("in force", None),
    ("0.2", "1.2"): ("ended", 365),
    # What passes between two parties of one platform is neither sent nor listed to it: it is its own.
    ("0.2", "0.1"): ("in force", None),
    # For a platform that has our own CPO only, we are no hub; another one is still negotiating with it, and one left.
    # In 2.1.1 we are our own CPO for it, and for that one the party that was chosen, which is not the first it knows.
    ("0.2", "2.0"): ("draft", None),
    ("0.4", "2.0"): ("ended", 10),
    ("3.0", "2.0"): ("in force", None),
    ("3.0", "0.1"): ("in force", None),
    **{(cpo, "2.0"): ("none", None) for cpo in ("1.0", "1.1", "4.0")},
    # Behind the hub.
    ("1.0", "4.1"): ("in force", None),
    ("1.1", "4.2"): ("in force", None),
    ("4.0", "0.1"): ("in force", None),
}
OVER = ("ended", "draft")


@dataclass(frozen=True)
class Side:
    """A party: its code and role, and the name of the platform that hosts it, or did so before the party `left`."""

    code: str
    role: str
    platform: str
    left: bool = False
    hub_status: str = ""

    @property
    def reachable(self) -> bool:
        """Whether anything is sent to it."""
        return not self.left and self.hub_status in ("", "CONNECTED")


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
    # CPO, eMSP and how many days ago the driver of the former charged at the latter, whatever chance says.
    certain: list[tuple[Side, Side, int]] = field(default_factory=list)

    @property
    def platforms(self) -> list[str]:
        return list(dict.fromkeys(side.platform for side in self.sides))

    def hosted(self, platform: str) -> list[Side]:
        return [side for side in self.sides if side.platform == platform and not side.left]


def drawn(chance: random.Random, at: datetime) -> World:
    """Platforms with parties and the agreements between these, in plain values only."""
    world = World(at, sides=_sides(chance), own={"Platform 3"})
    world.own |= {name for name in world.platforms[:2] if chance.random() < 0.3}
    places = _places(world)
    for cpo_place, cpo in places.items():
        for emsp_place, emsp in places.items():
            if (cpo.role, emsp.role) == ROLES:
                _agree(chance, world, (cpo_place, emsp_place), cpo, emsp)
    there = [side for side in world.sides if not side.left]
    world.faces = {name: chance.choice(there) for name in world.platforms if chance.random() < 0.5}
    world.faces.pop("Platform 2", None)
    world.faces["Platform 3"] = places["2.0"]
    return world


def _sides(chance: random.Random) -> list[Side]:
    free = [(code, role) for code in DRAWN for role in (*ROLES, "OTHER")]
    chance.shuffle(free)
    sides = []
    for number, roles in enumerate(SHAPES):
        for place, role in enumerate(roles):
            code, _ = free.pop(next(place for place, side in enumerate(free) if side[1] == role))
            status = STATUSES[place] if number == len(SHAPES) - 1 else ""
            sides.append(Side(code, role, f"Platform {number}", hub_status=status))
    return [*sides, *(Side(GONE, role, "Platform 0", left=True) for role in reversed(ROLES))]


def _places(world: World) -> dict[str, Side]:
    """Every party by the number of its platform and its own there: 0.3 is the fourth of the first platform."""
    everywhere = ((name, [side for side in world.sides if side.platform == name]) for name in world.platforms)
    return {f"{name[-1]}.{place}": side for name, hosted in everywhere for place, side in enumerate(hosted)}


def _agree(chance: random.Random, world: World, places: tuple[str, str], cpo: Side, emsp: Side) -> None:
    zone, history = chance.choice(ZONES), chance.choice(HISTORIES)
    period = chance.choice(list(PERIODS)) if chance.random() < 0.4 else "none"
    if cpo.left or emsp.left:
        period = "none"  # but for the certain ones
    if places in CERTAIN:
        period, history = CERTAIN[places]
        if period in OVER or cpo.platform == emsp.platform:
            world.certain.append((cpo, emsp, 90))
    today = world.at.date()
    for first, last, state in PERIODS[period]:
        ends = None if last is None else today + timedelta(days=last)
        world.deals.append(Deal(cpo, emsp, state, today + timedelta(days=first), ends, zone, history))


def settled(world: World) -> None:
    """Platforms, parties and agreements of the world in the database."""
    from partners.agreements.models import Agreement
    from partners.connections.models import Connection
    from partners.parties.models import Party
    from roaming.exchange.models import Push
    from roaming.hub.models import ClientInfo

    for name in world.platforms:
        parties = [f"{side.role} {side.code}" for side in world.sides if side.platform == name]
        where: dict[str, Any] = {"own": name in world.own, "url": f"http://{name[-1]}.invalid", "version": "2.3.0"}
        row = cast.connection(name, *parties, partner="One company", **where)  # so that two share a code in two roles
        # Nobody can be asked anything; everybody is sent what changes.
        row.endpoints = [entry for entry in row.endpoints if entry["role"] == "RECEIVER"]
        row.hub_party_id = HUB.replace("*", "") if name == world.platforms[-1] else ""
        row.save(update_fields=["endpoints", "hub_party_id"])
    for name, face in world.faces.items():
        Connection.objects.filter(name=name).update(face=cast.party(face.code, face.role))
    for deal in world.deals:
        terms: dict[str, Any] = {"time_zone": deal.zone, "history_days": deal.history_days}
        agreed = cast.agreement(
            deal.cpo.code, deal.emsp.code, starts=deal.starts, active=False, ends_date=deal.ends, **terms
        )
        # Not by the services: activating tells each side what the other owns, which is nothing yet and takes long.
        ended_at = world.at if deal.state == "ended" else None
        Agreement.objects.filter(pk=agreed.pk).update(state=deal.state, ended_at=ended_at)
    for side in world.sides:
        state = {"left_at": world.at if side.left else None, "hub_status": side.hub_status}
        Party.objects.filter(pk=cast.party(side.code, side.role).pk).update(**state)
    # What was said of whom before there were agreements.
    Push.objects.all().delete()
    ClientInfo.objects.all().delete()
