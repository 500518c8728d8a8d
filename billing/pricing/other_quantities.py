"""A charge as a biller may have taken it: by the totals of the CDR, by the clock, or in another unit than it is written
in."""

from collections.abc import Iterator, Set
from decimal import Decimal
from typing import NamedTuple

from msgspec.structs import replace

from billing.pricing.carried import Billed
from billing.pricing.exact import ZERO, exactly, hours_of, plain, quotient, rounded
from billing.pricing.metering import end_of
from billing.pricing.shapes import ENERGY, PARKING, TIME, TIMED, Cdr, Period, Volume

# Units that volumes are written in by mistake, and how many of them OCPI's unit has.
_UNITS = (
    (frozenset({ENERGY}), "energy", "Wh", "kWh", Decimal(1000)),
    (TIMED, "time", "minutes", "hours", Decimal(60)),
    (TIMED, "time", "seconds", "hours", Decimal(3600)),
)


class Other(NamedTuple):
    """`change` is for programs, as that of an explanation."""

    change: str
    sentence: str
    charge: Cdr


def others(billed: Billed) -> Iterator[Other]:
    """Energy, parking and charging time as the totals of the CDR say them; all time by the clock; then other units."""
    for kind, name, total in _totals(billed):
        measured = billed.measured(kind)
        if total is None or measured is None or total == measured or total < ZERO:
            continue
        noun, unit = ("energy", "kWh") if kind == ENERGY else (kind.lower(), "h")
        said, summed = plain(rounded(total, 4)), plain(rounded(measured, 4))
        sentence = f"Priced by {name} of {said} {unit}, not by the {summed} {unit} of the periods."
        yield Other(f"{noun}={name.replace(' ', '')}", sentence, _with_total(billed.charge, kind, total))
    by_clock = _by_the_clock(billed.charge)
    if by_clock != billed.charge:
        sentence = "Time was taken by the clock, from the start of each period to its end, not as it is measured."
        yield Other("time=clock", sentence, by_clock)
    for kinds, noun, unit, ours, many in _UNITS:
        smaller = _divided(billed.charge, kinds, many)
        if smaller != billed.charge:
            sentence = f"The periods are written in {unit} and were priced so; OCPI has {noun} in {ours}."
            yield Other(f"{noun}={unit}", sentence, smaller)


def _totals(billed: Billed) -> Iterator[tuple[str, str, Decimal | None]]:
    time, parking = billed.total_time, billed.total_parking_time
    yield ENERGY, "total_energy", billed.total_energy
    yield PARKING, "total_parking_time", parking
    yield TIME, "total_time", time
    if time is not None and parking is not None:
        yield TIME, "total_time - total_parking_time", time - parking


def _with_total(charge: Cdr, kind: str, total: Decimal) -> Cdr:
    """What is more falls to the last period that has any of it; what is less is taken away from the end."""
    periods = list(charge.periods)
    with exactly():
        missing = total - sum((_of(period, kind) for period in periods), ZERO)
        for index in reversed(range(len(periods))):
            period = periods[index]
            if missing and any(one.type == kind for one in period.dimensions):
                change = max(missing, -_of(period, kind))
                rest = tuple(one for one in period.dimensions if one.type != kind)
                volume = Volume(kind, _of(period, kind) + change)
                periods[index] = replace(period, dimensions=(*rest, volume))
                missing -= change
    return replace(charge, periods=tuple(periods))


def _of(period: Period, kind: str) -> Decimal:
    return sum((one.volume for one in period.dimensions if one.type == kind), ZERO)


def _by_the_clock(charge: Cdr) -> Cdr:
    """A period with one kind of time has as much of it as it lasts; one with several could not be told apart."""
    return replace(charge, periods=tuple(_lasting(charge, index) for index in range(len(charge.periods))))


def _lasting(charge: Cdr, index: int) -> Period:
    period = charge.periods[index]
    if sum(one.type in TIMED and one.volume != ZERO for one in period.dimensions) != 1:
        return period
    hours = hours_of(end_of(charge, index) - period.starts_at)
    dimensions = tuple(
        Volume(one.type, hours) if one.type in TIMED and one.volume != ZERO else one for one in period.dimensions
    )
    return replace(period, dimensions=dimensions)


def _divided(charge: Cdr, kinds: Set[str], by: Decimal) -> Cdr:
    def taken(one: Volume) -> Volume:
        return Volume(one.type, quotient(one.volume, by)) if one.type in kinds else one

    periods = (replace(period, dimensions=tuple(map(taken, period.dimensions))) for period in charge.periods)
    return replace(charge, periods=tuple(periods))
