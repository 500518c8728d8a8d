"""The plan of some days: which driver charges where and when, and what goes wrong."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from roaming.simulator.charges import Charge, Fault, Faults, Spot, can_show, charge, spots
from roaming.simulator.wire import Json
from roaming.simulator.world import Estate

# How many drivers plug in at each hour of a day, relative to each other.
_HOURS = (2, 1, 1, 1, 1, 2, 5, 10, 13, 10, 7, 6, 7, 7, 6, 7, 9, 13, 12, 9, 7, 5, 4, 3)


@dataclass(frozen=True)
class Route:
    """Cards that charge at the spots of a CPO, so many times on a working day and on one of a weekend."""

    spots: list[Spot]
    cards: list[Json]
    weekday: int
    weekend: int

    @classmethod
    def between(cls, cpo: Estate, emsp: Estate, *, weekday: int, weekend: int) -> "Route":
        return cls(spots(cpo), list(emsp.tokens.values()), weekday, weekend)


@dataclass
class _Diary:
    """Until when a bay or a card is taken, so that nobody charges twice at once."""

    until: dict[str, datetime] = field(default_factory=dict)

    def free(self, key: str, at: datetime) -> bool:
        return self.until.get(key, at) <= at

    def take(self, made: Charge) -> None:
        for key in (made.spot.evse["uid"], made.token["uid"]):
            self.until[key] = made.ends_at + timedelta(minutes=10)


def plan(
    routes: Iterable[Route],
    first_day: date,
    days: int,
    *,
    seed: int | str,
    weights: Mapping[Fault, float] = Faults.WEIGHTS,
    at_least: int = 2,
) -> list[Charge]:
    """Charges in order of their start, times local to where they happen. The same seed and days, the same plan.

    Each fault of `weights` happens `at_least` so often, where there are charges that it can show at.
    """
    random = Random(f"{seed} {first_day}")
    made: list[Charge] = []
    ways = list(routes)
    for offset in range(days):
        day = first_day + timedelta(days=offset)
        for route in ways:
            made += _day(day, route, Faults(random, weights), random)
    return _with_every_fault(_without_clashes(made), random, weights, at_least)


def _day(day: date, route: Route, faults: Faults, random: Random) -> list[Charge]:
    count = route.weekend if day.weekday() >= 5 else route.weekday
    return [_one(day, random.choice(route.spots), random.choice(route.cards), random, faults) for _ in range(count)]


def _one(day: date, spot: Spot, token: Json, random: Random, faults: Faults) -> Charge:
    hour = random.choices(range(24), weights=_HOURS)[0]
    local = datetime.combine(day, time(hour, random.randrange(60), random.randrange(60)))
    starts_at = local.replace(tzinfo=ZoneInfo(spot.location["time_zone"])).astimezone(UTC)
    number = random.randrange(100000)
    return charge(number, spot=spot, token=token, starts_at=starts_at, random=random, faults=faults)


def _without_clashes(made: list[Charge]) -> list[Charge]:
    diary, kept, keys = _Diary(), [], set[str]()
    for one in sorted(made, key=lambda c: c.starts_at):
        free = diary.free(one.spot.evse["uid"], one.starts_at) and diary.free(one.token["uid"], one.starts_at)
        if free and one.key not in keys:
            diary.take(one)
            keys.add(one.key)
            kept.append(one)
    return kept


def _with_every_fault(
    made: list[Charge], random: Random, weights: Mapping[Fault, float], at_least: int
) -> list[Charge]:
    """Each fault happens at least so often, however the dice fell: somebody wants to see it."""
    for fault in (fault for fault in Fault if weights.get(fault)):
        missing = at_least - sum(one.fault is fault and one.token["valid"] for one in made)
        fit = [n for n, one in enumerate(made) if _may_get(one, fault)]
        for n in random.sample(fit, min(max(missing, 0), len(fit))):
            made[n] = replace(made[n], fault=fault)
    return made


def _may_get(one: Charge, fault: Fault) -> bool:
    plain = one.fault is Fault.NONE and one.token["valid"] and not one.restricted
    return plain and can_show(fault, one.spot, one.parking_ticks)
