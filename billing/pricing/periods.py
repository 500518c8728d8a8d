"""Where a restriction changes inside a charging period, and the period cut there (ThresholdInsidePeriod.SPLIT)."""

import itertools
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta, tzinfo
from decimal import Decimal
from fractions import Fraction

from msgspec.structs import replace

from billing.pricing.exact import MICROSECOND, ZERO, Ratio
from billing.pricing.metering import end_of
from billing.pricing.moments import Moment, minutes_of
from billing.pricing.plan import Bounds, Prices, Rate
from billing.pricing.shapes import ENERGY, FLAT, RESERVED, TIME, TIMED, Cdr, Period, Volume

_MINUTE = timedelta(minutes=1)
_DAY = 86_400  # seconds
_LONG = timedelta(days=10_000)
# A period longer than this is looked at no further.
_MOST_DAYS = 400


def split_at_thresholds(
    cdr: Cdr, prices_of: Sequence[Prices | None], zone: tzinfo | None
) -> tuple[Cdr, tuple[int, ...]]:
    """The same charge with every period cut where a restriction of its tariff changes, all volumes flowing evenly; and
    for each period the number of the one that it is a part of."""
    began = min(cdr.starts_at, cdr.periods[0].starts_at)
    kwh = ZERO
    parts: list[Period] = []
    numbers: list[int] = []
    for index, (period, prices) in enumerate(zip(cdr.periods, prices_of, strict=True)):
        ends_at = end_of(cdr, index)
        shares = cuts(period, ends_at, prices, began=began, kwh=kwh, zone=zone)
        parts.extend(_cut(period, ends_at, shares))
        numbers.extend([index] * (len(shares) + 1))
        kwh += energy(period)
    return replace(cdr, periods=tuple(parts)), tuple(numbers)


def energy(period: Period) -> Decimal:
    return sum((volume.volume for volume in period.dimensions if volume.type == ENERGY), ZERO)


def cuts(
    period: Period, ends_at: datetime, prices: Prices | None, *, began: datetime, kwh: Decimal, zone: tzinfo | None
) -> list[Fraction]:
    """The shares of the period, between 0 and 1, after which an element comes into force or ends."""
    length = ends_at - period.starts_at
    if prices is None or length <= timedelta():
        return []
    bounds = prices.bounds
    found = {*_at_energies(bounds, kwh, energy(period)), *_at_times(bounds, period.starts_at, length, began, zone)}
    return sorted(share for share in found if 0 < share < 1)


def changes_inside(moment: Moment, ends_at: datetime, local_end: datetime | None, prices: Prices) -> bool:
    """Whether another rate would hold later in the period for what is used in it, or a fee would become due.

    `local_end` is the local time at which it ends, where it is known already.
    """
    if not _bound_inside(moment, ends_at, local_end, prices.bounds):
        return False
    period, zone = moment.period, moment.local.tzinfo if moment.local is not None else None
    began = period.starts_at - moment.elapsed
    now = _rates(prices, moment)
    shares = cuts(period, ends_at, prices, began=began, kwh=moment.kwh, zone=zone)
    return any(_differs(now, _rates(prices, _later(moment, ends_at, share))) for share in shares)


def _later(moment: Moment, ends_at: datetime, share: Fraction) -> Moment:
    """The moment at which so much of the period is over."""
    period = moment.period
    passed = timedelta(microseconds=int((ends_at - period.starts_at) // MICROSECOND * share))
    local = None if moment.local is None else (period.starts_at + passed).astimezone(moment.local.tzinfo)
    kwh = moment.kwh + _until(energy(period), share)
    minutes = 0 if local is None else minutes_of(local)
    return Moment(moment.index, moment.number, period, moment.elapsed + passed, kwh, local, minutes)


def _rates(prices: Prices, moment: Moment) -> dict[str, tuple[Rate | None, ...]]:
    charging, used, expired = prices.at(moment)
    rates: dict[str, tuple[Rate | None, ...]] = {FLAT: (charging.get(FLAT),)}
    for volume in moment.period.dimensions:
        if not volume.volume:
            continue
        if volume.type == RESERVED:
            rates[RESERVED] = (used.get(TIME), expired.get(TIME))
        elif volume.type == ENERGY or volume.type in TIMED:
            rates[volume.type] = (charging.get(volume.type),)
    return rates


def _differs(now: dict[str, tuple[Rate | None, ...]], later: dict[str, tuple[Rate | None, ...]]) -> bool:
    """A fee that is due already is not due again."""
    return any(rates != later[kind] for kind, rates in now.items() if kind != FLAT or rates == (None,))


def _bound_inside(moment: Moment, ends_at: datetime, local_end: datetime | None, bounds: Bounds) -> bool:
    """Whether a restriction changes after the start of the period and before its end, seen at a glance."""
    length = ends_at - moment.period.starts_at
    if bounds.energies:
        after = moment.kwh + energy(moment.period)
        if any(moment.kwh < bound < after for bound in bounds.energies):
            return True
    if bounds.spans and any(moment.elapsed < bound < moment.elapsed + length for bound in bounds.spans):
        return True
    if moment.local is None or not bounds.minutes:
        return False
    return _minute_inside(moment.local, local_end or ends_at.astimezone(moment.local.tzinfo), length, bounds.minutes)


def _minute_inside(local: datetime, local_end: datetime, length: timedelta, minutes: tuple[int, ...]) -> bool:
    """By the clock on the wall; where the clocks change themselves, it is always looked at closely."""
    if local_end - local != length:
        return True
    seconds = length.total_seconds()
    begin = local.hour * 3600 + local.minute * 60 + local.second
    for minute in minutes:  # noqa: SIM110  # a generator takes twice as long
        if 0 < (minute * 60 - begin) % _DAY < seconds:
            return True
    return False


def _at_energies(bounds: Bounds, before: Decimal, charged: Decimal) -> Iterator[Fraction]:
    if charged:
        for bound in bounds.energies:
            yield Fraction(bound - before) / Fraction(charged)


def _at_times(
    bounds: Bounds, starts_at: datetime, length: timedelta, began: datetime, zone: tzinfo | None
) -> Iterator[Fraction]:
    instants = [began + bound for bound in bounds.spans if abs(bound) < _LONG]
    if zone is not None:
        instants += _local_instants(bounds, starts_at, starts_at + length, zone)
    for instant in instants:
        yield Fraction((instant - starts_at) // MICROSECOND, length // MICROSECOND)


def _local_instants(bounds: Bounds, starts_at: datetime, ends_at: datetime, zone: tzinfo) -> Iterator[datetime]:
    """Every local time that an element asks for, on each day of the period, and a change of the clocks."""
    first, last = starts_at.astimezone(zone).date(), ends_at.astimezone(zone).date()
    for offset in range(min((last - first).days, _MOST_DAYS) + 1):
        midnight = datetime.combine(first + timedelta(days=offset), time(), tzinfo=zone)
        for minute in bounds.minutes:
            wall = midnight + minute * _MINUTE  # on the wall: a zone-aware sum moves the hands, not the instant
            yield from (wall, wall.replace(fold=1))
    yield from _change_of_clocks(starts_at, ends_at, zone)


def _change_of_clocks(starts_at: datetime, ends_at: datetime, zone: tzinfo) -> Iterator[datetime]:
    """The instant between the two at which the clocks change, if one does: a time that is skipped begins then."""
    before = starts_at.astimezone(zone).utcoffset()
    if before == ends_at.astimezone(zone).utcoffset():
        return
    while ends_at - starts_at > timedelta(seconds=1):
        middle = starts_at + (ends_at - starts_at) / 2
        if middle.astimezone(zone).utcoffset() == before:
            starts_at = middle
        else:
            ends_at = middle
    yield ends_at.replace(microsecond=0)


def _cut(period: Period, ends_at: datetime, shares: list[Fraction]) -> Iterator[Period]:
    length = (ends_at - period.starts_at) // MICROSECOND
    bounds = [Fraction(0), *shares, Fraction(1)]
    for begin, end in itertools.pairwise(bounds):
        yield replace(
            period,
            starts_at=period.starts_at + timedelta(microseconds=int(length * begin)),
            dimensions=tuple(_part(volume, begin, end) for volume in period.dimensions),
        )


def _part(volume: Volume, begin: Fraction, end: Fraction) -> Volume:
    """What flows between two shares; what is measured and not used up (power, current) stays as it is."""
    if volume.type != ENERGY and volume.type not in TIMED:
        return volume
    return Volume(volume.type, _until(volume.volume, end) - _until(volume.volume, begin))


def _until(volume: Decimal, share: Fraction) -> Decimal:
    """Exact where a decimal can be, so that a bound of energy is met to the last digit; parts always add up."""
    return Ratio(volume * share.numerator, Decimal(share.denominator)).decimal
