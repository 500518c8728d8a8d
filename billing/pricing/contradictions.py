"""A CDR against itself: totals that its own periods, times or parts do not bear out. No tariff is needed."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from billing.pricing import rounding
from billing.pricing.carried import Billed
from billing.pricing.exact import ONE, ZERO, at_least, exactly, hours_of, plain, rounded
from billing.pricing.parts import COSTS
from billing.pricing.shapes import ENERGY, PARKING, TIME

# OCPI numbers carry four decimals, many senders two: a hundredth of a unit is spelling, not disagreement.
_ENERGY_KWH = Decimal("0.01")
_TIME_HOURS = Decimal("0.01")


@dataclass(frozen=True)
class Contradiction:
    """`field` is the OCPI name of the total that is not borne out by the rest."""

    field: str
    carried: Decimal
    computed: Decimal
    sentence: str

    def __str__(self) -> str:
        return self.sentence


def contradictions(billed: Billed, *, with_parts: bool = True) -> list[Contradiction]:
    """Energy and parking against the periods, time against start and end, the total against its parts.

    A hundredth of a unit is let pass, of money what rounding each part makes; a dimension that no period measures is
    not compared, nor are the parts where they need not add up (a minimum or maximum price, a part that is not told).
    """
    return [
        *_energy(billed),
        *_parking(billed),
        *_time(billed),
        *_measured_time(billed),
        *(_parts(billed) if with_parts else ()),
    ]


def _energy(billed: Billed) -> Iterator[Contradiction]:
    computed = billed.measured(ENERGY)
    if computed is not None and billed.total_energy is not None:
        yield from _unless_near(
            "total_energy", billed.total_energy, computed, _ENERGY_KWH, "kWh", "its periods add up to"
        )


def _parking(billed: Billed) -> Iterator[Contradiction]:
    computed = billed.measured(PARKING)
    if computed is not None and billed.total_parking_time is not None:
        yield from _unless_near(
            "total_parking_time", billed.total_parking_time, computed, _TIME_HOURS, "h", "its periods add up to"
        )


def _time(billed: Billed) -> Iterator[Contradiction]:
    hours = _hours(billed)
    if billed.total_time is not None and hours is not None:
        yield from _unless_near("total_time", billed.total_time, hours, _TIME_HOURS, "h", "from start to end it is")


def _measured_time(billed: Billed) -> Iterator[Contradiction]:
    """A car charges or stands there, not both at once."""
    hours = _hours(billed)
    with exactly():
        measured = (billed.measured(TIME) or ZERO) + (billed.measured(PARKING) or ZERO)
    if hours is not None and measured > hours + _TIME_HOURS:
        told, lasted = plain(rounded(measured, 4)), plain(rounded(hours, 4))
        sentence = f"The periods measure {told} h of charging and parking; from start to end it is {lasted} h."
        yield Contradiction("charging_periods", measured, hours, sentence)


def _hours(billed: Billed) -> Decimal | None:
    """From start to end; None for a session under way."""
    ends_at = billed.charge.ends_at or billed.charge.stops_at
    return None if ends_at is None else hours_of(ends_at - billed.charge.starts_at)


def _parts(billed: Billed) -> Iterator[Contradiction]:
    parts = [billed.costs[name].excl for name in COSTS if name in billed.costs]
    total = billed.costs.get("total_cost")
    if parts and total is not None:
        currency = billed.charge.currency
        with exactly():
            computed = sum(parts, ZERO)
        source = "its parts add up to"
        if billed.credit:  # it takes the total back and tells the parts as they were
            computed, source = -abs(computed), "it takes back parts of"
        roundings = max((len(parts) + 1) / Decimal(2), ONE) * rounding.unit(currency)
        yield from _unless_near("total_cost", total.excl, computed, roundings, currency, source)


def _unless_near(
    field: str, carried: Decimal, computed: Decimal, tolerance: Decimal, unit: str, source: str
) -> Iterator[Contradiction]:
    if abs(carried - computed) > tolerance:
        shown = at_least(rounded(computed, 4), 0)
        sentence = f"The CDR says {field} is {plain(carried)} {unit}; {source} {shown} {unit}."
        yield Contradiction(field, carried, computed, sentence)
