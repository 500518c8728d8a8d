"""Restrictions as questions to a moment: whether they are met, and what decided it, in words.

Bounds include their start and exclude their end (spec: TariffRestrictions). Durations are real time, clock times local.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from billing.pricing.exact import plain
from billing.pricing.moments import Moment
from billing.pricing.policy import EqualTimes, MissingMeasurement, PricingPolicy, Straddling
from billing.pricing.shapes import Restrictions

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_CENTURY = Decimal(3_155_760_000)
Test = Callable[[Moment], bool]


@dataclass(frozen=True, slots=True)
class Condition:
    """One restriction of an element. `fields` are its OCPI names, `says` it in words, `because` what decided it."""

    fields: tuple[str, ...]
    says: str
    test: Test
    because: Callable[[Moment], str]


def conditions(restrictions: Restrictions, policy: PricingPolicy) -> tuple[Condition, ...]:
    """Everything that must be true; nothing for an element that is always in force."""
    return tuple(_conditions(restrictions, policy))


def every(conditions: Sequence[Condition]) -> Test:
    """Whether all of them are met; there is at least one."""
    if len(conditions) == 1:
        return conditions[0].test
    tests = tuple(one.test for one in conditions)

    def all_are_met(moment: Moment) -> bool:
        for test in tests:  # noqa: SIM110  # a generator takes twice as long
            if not test(moment):
                return False
        return True

    return all_are_met


def _conditions(said: Restrictions, policy: PricingPolicy) -> Iterator[Condition]:
    if said.unknown:
        asked = ", ".join(said.unknown)
        yield Condition(said.unknown, f"by {asked}", lambda moment: False, lambda moment: "which cannot be told")
    yield from _kwh(said)
    yield from _duration(said)
    yield from _measured("power", "kW", said.min_power, said.max_power, policy)
    yield from _measured("current", "A", said.min_current, said.max_current, policy)
    if said.day_of_week:
        yield _weekday(frozenset(said.day_of_week))
    yield from _dates(said.start_date, said.end_date)
    yield from _times(said.start_time, said.end_time, policy)


def _kwh(said: Restrictions) -> Iterator[Condition]:
    def because(moment: Moment) -> str:
        return f"{plain(moment.kwh)} kWh had been charged"

    low, high = said.min_kwh, said.max_kwh
    if low is not None:
        yield Condition(("min_kwh",), f"from {plain(low)} kWh", lambda moment: moment.kwh >= low, because)
    if high is not None:
        yield Condition(("max_kwh",), f"below {plain(high)} kWh", lambda moment: moment.kwh < high, because)


def _duration(said: Restrictions) -> Iterator[Condition]:
    def because(moment: Moment) -> str:
        return f"the session had lasted {clock(moment.elapsed)}"

    if said.min_duration is not None:
        low = span(said.min_duration)
        yield Condition(("min_duration",), f"after {clock(low)}", lambda moment: moment.elapsed >= low, because)
    if said.max_duration is not None:
        high = span(said.max_duration)
        yield Condition(("max_duration",), f"before {clock(high)}", lambda moment: moment.elapsed < high, because)


def span(seconds: Decimal) -> timedelta:
    """Of a number of seconds; one beyond a century is a century, which no session reaches."""
    return timedelta(microseconds=int(min(max(seconds, -_CENTURY), _CENTURY) * 1_000_000))


def clock(length: timedelta) -> str:
    """`1:05:00`: hours, minutes and seconds."""
    seconds = length // timedelta(seconds=1)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def hours(minutes: int) -> str:
    """`08:30` of minutes since midnight."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _measured(
    quantity: str, unit: str, low: Decimal | None, high: Decimal | None, policy: PricingPolicy
) -> Iterator[Condition]:
    """A bound asks the side of the period that is most in its favour, or its namesake; else the only value there is."""
    if_missing = policy.missing_measurement is MissingMeasurement.MATCH
    opposite = policy.straddling is Straddling.OPPOSITE

    def value(moment: Moment, of_min: bool) -> Decimal | None:
        lowest, highest, only = moment.measured(quantity)
        first, second = (highest, lowest) if of_min is opposite else (lowest, highest)
        return first if first is not None else only if only is not None else second

    def at_least_low(moment: Moment) -> bool:
        asked = value(moment, True)
        return if_missing if asked is None or low is None else asked >= low

    def below_high(moment: Moment) -> bool:
        asked = value(moment, False)
        return if_missing if asked is None or high is None else asked < high

    def because(of_min: bool) -> Callable[[Moment], str]:
        def told(moment: Moment) -> str:
            asked = value(moment, of_min)
            return f"the {quantity} was not measured" if asked is None else f"the {quantity} was {plain(asked)} {unit}"

        return told

    if low is not None:
        yield Condition((f"min_{quantity}",), f"from {plain(low)} {unit}", at_least_low, because(True))
    if high is not None:
        yield Condition((f"max_{quantity}",), f"below {plain(high)} {unit}", below_high, because(False))


def _weekday(days: frozenset[int]) -> Condition:
    def test(moment: Moment) -> bool:
        return moment.local is not None and moment.local.weekday() in days

    def because(moment: Moment) -> str:
        return f"it was {DAY_NAMES[moment.local.weekday()]}" if moment.local is not None else ""

    says = "on " + ", ".join(DAY_NAMES[day] for day in sorted(days))
    return Condition(("day_of_week",), says, test, because)


def _dates(first: date | None, end: date | None) -> Iterator[Condition]:
    def because(moment: Moment) -> str:
        return f"it was {moment.local:%Y-%m-%d}" if moment.local is not None else ""

    if first is not None:
        yield Condition(("start_date",), f"from {first}", lambda moment: _day(moment) >= first, because)
    if end is not None:
        yield Condition(("end_date",), f"before {end}", lambda moment: _day(moment) < end, because)


def _day(moment: Moment) -> date:
    assert moment.local is not None, "a plan with dates needs the local time"
    return moment.local.date()


def _times(start: int | None, end: int | None, policy: PricingPolicy) -> Iterator[Condition]:
    """An end of 00:00 is the end of the day: alone it restricts nothing. An end before the start is after midnight."""

    def because(moment: Moment) -> str:
        return f"it was {hours(moment.minutes)} local time"

    if start is not None and end is not None:
        yield from _window(start, end, policy, because)
    elif start is not None:
        yield Condition(("start_time",), f"from {hours(start)}", lambda moment: moment.minutes >= start, because)
    elif end:
        yield Condition(("end_time",), f"until {hours(end)}", lambda moment: moment.minutes < end, because)


def _window(start: int, end: int, policy: PricingPolicy, because: Callable[[Moment], str]) -> Iterator[Condition]:
    names, says = ("start_time", "end_time"), f"{hours(start)}–{hours(end)}"
    if start == end:
        if policy.equal_times is EqualTimes.NEVER:
            yield Condition(names, says, lambda moment: False, because)
    elif start < end:
        yield Condition(names, says, lambda moment: start <= moment.minutes < end, because)
    else:
        yield Condition(names, says, lambda moment: moment.minutes >= start or moment.minutes < end, because)
