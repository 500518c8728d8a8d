"""What a charge would cost: a plausible one is made up, cut where the tariff changes, and priced like any other.

The car takes what it may until it has its energy, and then stands there full until it is unplugged (PARKING_TIME).
Above what alternating current gives, the last fifth comes at half the power, as batteries ask for, if there is time.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from msgspec.structs import replace

from billing.pricing import zones
from billing.pricing.engine import price_by
from billing.pricing.errors import CannotPrice, TimeZoneUnknown, Unreadable
from billing.pricing.exact import MICROSECOND, ZERO, at_least, exactly, hours_of, plain
from billing.pricing.fields import is_countable
from billing.pricing.metering import end_of
from billing.pricing.outcome import PricedSession
from billing.pricing.periods import energy as energy_of
from billing.pricing.periods import split_at_thresholds
from billing.pricing.plan import compile
from billing.pricing.policy import RECOMMENDED, PricingPolicy
from billing.pricing.reading import YEARS
from billing.pricing.selection import prices_of
from billing.pricing.shapes import ENERGY, PARKING, TIME, Cdr, Period, Place, Tariff, Volume

# kW: the most that a car's own charger takes from a socket of alternating current (IEC 61851, mode 3).
MOST_AC_KW = Decimal(43)
LONGEST = timedelta(days=366)
_FIFTH = Decimal("0.2")
# A shorter charge does not slow down.
_WORTH_SLOWING = 60
_WH = Decimal("0.001")
_WH_IN_KW_MICROSECONDS = Decimal(3_600_000)
_LENGTH = re.compile(r"(?P<hours>\d{1,4}):(?P<minutes>[0-5]\d)(?::(?P<seconds>[0-5]\d))?", re.ASCII)


def quote(
    tariff: Tariff,
    *,
    energy_kwh: Decimal,
    starts_at: datetime,
    duration: timedelta,
    max_power_kw: Decimal,
    time_zone: str | None = None,
    policy: PricingPolicy = RECOMMENDED,
) -> PricedSession:
    """Price a charge of `energy_kwh` at no more than `max_power_kw`, plugged in from `starts_at` on for `duration`.

    The charge itself is `.cdr` of the result. `time_zone` is an IANA name, needed where the tariff asks for local time.
    Raises CannotPrice (paths are the names of the arguments) and TimeZoneUnknown.
    """
    _refuse(tariff, energy_kwh, starts_at, duration, max_power_kw)
    plan = compile([tariff], policy)
    if plan.needs_local_time and not time_zone:
        raise TimeZoneUnknown(
            "time_zone_unknown", "$.time_zone", "The tariff goes by the local time, but no zone is given."
        )
    with exactly():
        whole = _charge(tariff, energy_kwh, starts_at.astimezone(UTC), duration, max_power_kw, time_zone)
        zone = zones.zone_of(whole, time_zone) if time_zone else None
        cut, _ = split_at_thresholds(whole, prices_of(plan, whole), zone if plan.needs_local_time else None)
        cdr = replace(cut, periods=tuple(_metered(cut, _bounds(tariff))))
    return price_by(plan, cdr, time_zone=time_zone)


def full_at(cdr: Cdr) -> datetime | None:
    """When the car of a quoted charge has its energy and only stands there; None where it charges to the end."""
    return next((one.starts_at for one in cdr.periods if any(v.type == PARKING for v in one.dimensions)), None)


def read_duration(text: str) -> timedelta:
    """`2:30` or `2:30:00`, hours first. Raises Unreadable."""
    found = _LENGTH.fullmatch(text.strip())
    if found is None:
        raise Unreadable("bad_duration", "$.duration", f"{text[:40]!r} is not hours and minutes as 2:30.")
    return timedelta(**{name: int(digits) for name, digits in found.groupdict().items() if digits})


def _refuse(tariff: Tariff, energy_kwh: Decimal, starts_at: datetime, duration: timedelta, power: Decimal) -> None:
    if not is_countable(energy_kwh) or energy_kwh < 0:
        raise CannotPrice("bad_energy", "$.energy_kwh", "The energy is not a number of kWh from 0 on.")
    if not is_countable(power) or power <= 0:
        raise CannotPrice("bad_power", "$.max_power_kw", "The power is not a number of kW above 0.")
    if not timedelta() < duration <= LONGEST:
        said = f"A charge lasts longer than 0:00, and {LONGEST.days} days at most."
        raise CannotPrice("bad_duration", "$.duration", said)
    if starts_at.tzinfo is None or starts_at.year not in YEARS:
        raise CannotPrice("bad_time", "$.starts_at", "The start is not a time with its zone, between 1900 and 9000.")
    if not tariff.is_valid_at(starts_at):
        raise CannotPrice("no_active_tariff", "$.starts_at", f"Tariff {tariff.id} is not valid then.")
    if _seconds(energy_kwh, power) > Fraction(duration // MICROSECOND, 1_000_000):
        possible = Fraction(power) * (duration // MICROSECOND) / 3_600_000_000
        most = at_least(Decimal(int(possible * 1000)) * _WH, 0)
        raise CannotPrice(
            "too_much_energy",
            "$.energy_kwh",
            f"At {plain(power)} kW no more than {most} kWh can be charged in {duration}.",
        )


def _seconds(energy_kwh: Decimal, power: Decimal) -> Fraction:
    return Fraction(energy_kwh) / Fraction(power) * 3600


def _charge(
    tariff: Tariff, energy_kwh: Decimal, starts_at: datetime, duration: timedelta, power: Decimal, time_zone: str | None
) -> Cdr:
    """The charge in a period for each power; times are set when it is cut."""
    phases = _curve(energy_kwh, power, duration)
    periods, reached = [], timedelta()
    seconds = Fraction(0)
    for energy, kw in phases:
        periods.append(_period(tariff, starts_at + reached, kw, Volume(ENERGY, energy), Volume(TIME, ZERO)))
        seconds += _seconds(energy, kw)
        reached = max(int(seconds * 1_000_000), 1) * MICROSECOND
    if reached < duration:
        periods.append(_period(tariff, starts_at + reached, ZERO, Volume(PARKING, ZERO)))
    return Cdr(
        currency=tariff.currency,
        starts_at=starts_at,
        ends_at=starts_at + duration,
        periods=tuple(periods),
        place=Place(time_zone=time_zone),
    )


def _curve(energy_kwh: Decimal, power: Decimal, duration: timedelta) -> list[tuple[Decimal, Decimal]]:
    """What is charged at which power, one after the other."""
    if not energy_kwh:
        return []
    slow = energy_kwh * _FIFTH
    slowing = [(energy_kwh - slow, power), (slow, power / 2)]
    takes = sum(_seconds(energy, kw) for energy, kw in slowing)
    if power > MOST_AC_KW and _WORTH_SLOWING <= takes <= duration.total_seconds():
        return slowing
    return [(energy_kwh, power)]


def _period(tariff: Tariff, starts_at: datetime, power: Decimal, *volumes: Volume) -> Period:
    measured = (Volume("MIN_POWER", power), Volume("MAX_POWER", power))
    return Period(starts_at, (*volumes, *measured), tariff.id)


def _bounds(tariff: Tariff) -> frozenset[Decimal]:
    said = (element.restrictions for element in tariff.elements)
    return frozenset(bound for one in said for bound in (one.min_kwh, one.max_kwh) if bound is not None)


def _metered(cdr: Cdr, bounds: frozenset[Decimal]) -> Iterator[Period]:
    """As a meter tells it: energy in whole Wh where it is no bound of the tariff, and the time of the clock."""
    charged = flowed = read = ZERO
    total = sum((energy_of(period) for period in cdr.periods), ZERO)
    for index, period in enumerate(cdr.periods):
        before, starts, ends = read, period.starts_at - cdr.starts_at, end_of(cdr, index) - cdr.starts_at
        charged += energy_of(period)
        flowed += _power(period) * Decimal((ends - starts) // MICROSECOND)
        exact = charged == total or charged in bounds or not charged % _WH
        read = charged if exact else max(before, flowed // _WH_IN_KW_MICROSECONDS * _WH)
        hours = hours_of(ends) - hours_of(starts)
        known = {ENERGY: Decimal(plain(read - before)), TIME: hours, PARKING: hours}
        volumes = tuple(Volume(one.type, known.get(one.type, one.volume)) for one in period.dimensions)
        yield replace(period, dimensions=volumes)


def _power(period: Period) -> Decimal:
    return next(volume.volume for volume in period.dimensions if volume.type == "MAX_POWER")
