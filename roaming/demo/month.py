"""The plan of one month: which driver charges where and when, and what goes wrong."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from roaming.demo.stage import SEED, Estates
from roaming.simulator.charges import Charge, Fault, Faults, Spot, can_show, charge, spots
from roaming.simulator.wire import Json
from roaming.simulator.world import Estate

# How many drivers plug in at each hour of a day, relative to each other.
_HOURS = (2, 1, 1, 1, 1, 2, 5, 10, 13, 10, 7, 6, 7, 7, 6, 7, 9, 13, 12, 9, 7, 5, 4, 3)
_WEEKDAY, _WEEKEND = (5, 3), (3, 2)  # charges a day: at Volta's stations, at Polder Laden's

AT_LEAST = 2


@dataclass
class _Diary:
    """Until when a bay or a card is taken, so that nobody charges twice at once."""

    until: dict[str, datetime] = field(default_factory=dict)

    def free(self, key: str, at: datetime) -> bool:
        return self.until.get(key, at) <= at

    def take(self, made: Charge) -> None:
        for key in (made.spot.evse["uid"], made.token["uid"]):
            self.until[key] = made.ends_at + timedelta(minutes=10)


def plan(estates: Estates, first_day: date, days: int) -> list[Charge]:
    """Charges of the month in order of their start, times local to where they happen. The same month, the same plan."""
    random = Random(f"{SEED} {first_day}")
    made: list[Charge] = []
    for offset in range(days):
        day = first_day + timedelta(days=offset)
        at_volta, at_polder = _WEEKEND if day.weekday() >= 5 else _WEEKDAY
        made += _day(day, estates.vlt, estates.nmd, at_volta, random)
        made += _day(day, estates.pld, estates.vgo, at_polder, random)
    return _with_every_fault(_without_clashes(made), random)


def _day(day: date, cpo: Estate, emsp: Estate, count: int, random: Random) -> list[Charge]:
    bays, cards, faults = spots(cpo), list(emsp.tokens.values()), Faults(random)
    return [_one(day, random.choice(bays), random.choice(cards), random, faults) for _ in range(count)]


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


def _with_every_fault(made: list[Charge], random: Random) -> list[Charge]:
    """Each fault happens at least twice, however the dice fell: the demo has to show it."""
    for fault in Fault:
        missing = AT_LEAST - sum(one.fault is fault and one.token["valid"] for one in made)
        fit = [n for n, one in enumerate(made) if _may_get(one, fault)]
        for n in random.sample(fit, max(missing, 0)):
            made[n] = replace(made[n], fault=fault)
    return made


def _may_get(one: Charge, fault: Fault) -> bool:
    plain = one.fault is Fault.NONE and one.token["valid"] and not one.restricted
    return plain and can_show(fault, one.spot, one.parking_ticks)
