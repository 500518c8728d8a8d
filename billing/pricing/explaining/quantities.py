"""A charge as a biller may have taken it: in another unit than it is written in, by the totals of the CDR, by the
clock, or rounded before it was priced."""

from collections.abc import Iterator, Set
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import NamedTuple

from msgspec.structs import replace

from billing.pricing.carried import Billed
from billing.pricing.exact import HALF_UP, ZERO, exactly, hours_of, plain, quotient, rounded
from billing.pricing.explaining.question import Candidate, Explanation, Kind, Question, again
from billing.pricing.metering import end_of
from billing.pricing.shapes import ENERGY, PARKING, TIME, TIMED, Cdr, Period, Volume

_MINUTES = Decimal(60)
# Units of time that volumes are written in by mistake, and how many of them an hour has.
_UNITS = (("minutes", _MINUTES), ("seconds", Decimal(3600)))
_WH = Decimal(1000)
# No car takes more: kW.
_MOST_POWER = 1000
# Of an hour: what may be rounded away at either end of a session.
_SLACK = Decimal("0.02")


class Other(NamedTuple):
    """`change` is for programs, as that of an explanation."""

    change: str
    sentence: str
    charge: Cdr


def units(question: Question) -> Iterator[Candidate]:
    yield from _priced(question, in_other_units(question.billed, question.priced.hours))


def candidates(question: Question) -> Iterator[Candidate]:
    yield from _priced(question, by_totals(question.billed))
    yield from _priced(question, by_the_clock(question.billed.charge))
    yield from _priced(question, rounded_before(question.billed))


def _priced(question: Question, others: Iterator[Other]) -> Iterator[Candidate]:
    for one in others:
        yield Candidate(Explanation(Kind.QUANTITY, one.change, one.sentence), again(question, cdr=one.charge))


def in_other_units(billed: Billed, hours: Decimal) -> Iterator[Other]:
    """Only what cannot be kWh and hours: more than any car takes, and longer than the `hours` of the session."""
    charge = billed.charge
    kwh = billed.measured(ENERGY) or ZERO
    if kwh > (hours + _SLACK) * _MOST_POWER:
        sentence = "The periods are written in Wh and were priced so; OCPI has energy in kWh."
        yield Other("energy=Wh", sentence, _divided(charge, {ENERGY}, _WH))
    if sum((billed.measured(kind) or ZERO for kind in TIMED), ZERO) > hours + _SLACK:
        for unit, many in _UNITS:
            sentence = f"The periods are written in {unit} and were priced so; OCPI has time in hours."
            yield Other(f"time={unit}", sentence, _divided(charge, TIMED, many))


def by_totals(billed: Billed) -> Iterator[Other]:
    """Energy, parking and charging time as the totals of the CDR say them."""
    for kind, name, total in _totals(billed):
        measured = billed.measured(kind)
        if total is None or measured is None or total == measured or total < ZERO:
            continue
        noun, unit = ("energy", "kWh") if kind == ENERGY else (kind.lower(), "h")
        said, summed = plain(rounded(total, 4)), plain(rounded(measured, 4))
        sentence = f"Priced by {name} of {said} {unit}, not by the {summed} {unit} of the periods."
        yield Other(f"{noun}={name.replace(' ', '')}", sentence, _with_total(billed.charge, kind, total))


def by_the_clock(charge: Cdr) -> Iterator[Other]:
    """A period with one kind of time has as much of it as it lasts; one with several could not be told apart."""
    clocked = replace(charge, periods=tuple(_lasting(charge, index) for index in range(len(charge.periods))))
    if clocked != charge:
        sentence = "Time was taken by the clock, from the start of each period to its end, not as it is measured."
        yield Other("time=clock", sentence, clocked)


def rounded_before(billed: Billed) -> Iterator[Other]:
    """The energy of the session to whole kWh, or to one or two decimals; its time up to whole minutes."""
    measured = billed.measured(ENERGY) or ZERO
    found = {_to(measured, digits, rule) for digits in ("1", "0.1", "0.01") for rule in (ROUND_HALF_UP, ROUND_CEILING)}
    for total in sorted(found - {measured}):
        sentence = f"{plain(measured)} kWh were rounded to {plain(total)} kWh before they were priced."
        yield Other(f"energy={plain(total)}", sentence, _with_total(billed.charge, ENERGY, total))
    charge = billed.charge
    for kind in (TIME, PARKING):
        hours = billed.measured(kind) or ZERO
        with exactly():
            charge = _with_total(charge, kind, quotient(_to(hours * _MINUTES, "1", ROUND_CEILING), _MINUTES))
    if charge != billed.charge:
        yield Other("time=whole_minutes", "Time was rounded up to whole minutes before it was priced.", charge)


def _to(value: Decimal, digit: str, rule: str) -> Decimal:
    return value.quantize(Decimal(digit), rounding=rule, context=HALF_UP)


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
