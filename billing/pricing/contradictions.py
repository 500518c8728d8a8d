"""A CDR against itself: totals that its own periods, times or parts do not bear out. No tariff is needed."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from billing.pricing import rounding
from billing.pricing.carried import Billed
from billing.pricing.exact import ZERO, at_least, exactly, hours_of, plain, rounded
from billing.pricing.parts import COSTS
from billing.pricing.shapes import ENERGY, PARKING

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


def contradictions(billed: Billed, *, limited: bool = False) -> list[Contradiction]:
    """Energy and parking against the periods, time against start and end, the total against its parts.

    A hundredth of a unit, of money the smallest unit of its currency, is let pass; a dimension that no period measures
    is not compared, nor is a total that a minimum or maximum price (`limited`) sets.
    """
    return [*_energy(billed), *_parking(billed), *_time(billed), *(() if limited else _parts(billed))]


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
    charge = billed.charge
    ends_at = charge.ends_at or charge.stops_at
    if billed.total_time is None or ends_at is None:
        return
    hours = hours_of(ends_at - charge.starts_at)
    yield from _unless_near("total_time", billed.total_time, hours, _TIME_HOURS, "h", "from start to end it is")


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
        yield from _unless_near("total_cost", total.excl, computed, rounding.unit(currency), currency, source)


def _unless_near(
    field: str, carried: Decimal, computed: Decimal, tolerance: Decimal, unit: str, source: str
) -> Iterator[Contradiction]:
    if abs(carried - computed) > tolerance:
        shown = at_least(rounded(computed, 4), 0)
        sentence = f"The CDR says {field} is {plain(carried)} {unit}; {source} {shown} {unit}."
        yield Contradiction(field, carried, computed, sentence)
