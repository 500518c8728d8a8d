"""A CDR against our price, and against itself (no tariff needed)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from billing.pricing.exact import at_least, decimal, rounded
from billing.pricing.outcome import Priced
from billing.pricing.shapes import Cdr

# OCPI numbers carry four decimals, many senders two: a cent of a unit is spelling, not disagreement.
_ENERGY_KWH = Decimal("0.01")
_TIME_HOURS = Decimal("0.01")


@dataclass(frozen=True)
class Comparison:
    """`difference` is what the CDR carries minus ours, before tax, ours rounded to four decimals."""

    within: bool
    difference: Decimal
    carried: Decimal
    ours: Decimal
    sentence: str


@dataclass(frozen=True)
class Contradiction:
    """A total of the CDR that its own periods or times do not bear out; `field` is its OCPI name."""

    field: str
    carried: Decimal
    computed: Decimal
    sentence: str

    def __str__(self) -> str:
        return self.sentence


def compare(carried: Decimal, outcome: Priced, *, tolerance: Decimal) -> Comparison:
    """Is the CDR's total before tax within `tolerance` (money, in its currency) of ours, above or below?

    Both are rounded once, half up, to the four decimals of an OCPI number before they are compared.
    """
    ours = rounded(outcome.total_excl, 4)
    difference = rounded(carried, 4) - ours
    return Comparison(
        within=abs(difference) <= tolerance,
        difference=difference,
        carried=carried,
        ours=ours,
        sentence=_compared(carried, ours, outcome.currency),
    )


def verify_self(cdr: Cdr) -> list[Contradiction]:
    """Where the CDR contradicts itself: energy and parking against the periods, the time against start and end.

    A hundredth of a kWh or hour is let pass; a dimension that no period measures is not compared.
    """
    return list(_contradictions(cdr))


def _contradictions(cdr: Cdr) -> Iterator[Contradiction]:
    energy = _measured(cdr, "ENERGY")
    if energy is not None:
        yield from _unless_near("total_energy", cdr.total_energy, energy, _ENERGY_KWH, "kWh", "its periods add up to")
    parked = _measured(cdr, "PARKING_TIME")
    if parked is not None and cdr.total_parking_time is not None:
        yield from _unless_near(
            "total_parking_time", cdr.total_parking_time, parked, _TIME_HOURS, "h", "its periods add up to"
        )
    elapsed = (cdr.ends_at - cdr.starts_at) // timedelta(microseconds=1)
    hours = decimal(Fraction(elapsed, 3_600_000_000))
    yield from _unless_near("total_time", cdr.total_time, hours, _TIME_HOURS, "h", "from start to end it is")


def _measured(cdr: Cdr, kind: str) -> Decimal | None:
    """The sum of a dimension over all periods; None where no period has it."""
    found = [Fraction(volume) for period in cdr.periods for name, volume in period.volumes if name == kind]
    return decimal(sum(found, Fraction(0))) if found else None


def _unless_near(
    field: str, carried: Decimal, computed: Decimal, tolerance: Decimal, unit: str, source: str
) -> Iterator[Contradiction]:
    if abs(carried - computed) > tolerance:
        shown = at_least(rounded(computed, 4), 0)
        sentence = f"The CDR says {field} is {at_least(carried, 0)} {unit}; {source} {shown} {unit}."
        yield Contradiction(field, carried, computed, sentence)


def _compared(carried: Decimal, ours: Decimal, currency: str) -> str:
    difference = carried - ours
    if not difference:
        return f"Billed {at_least(carried, 2)} {currency}, exactly our price."
    word = "more" if difference > 0 else "less"
    gap = at_least(abs(difference), 2)
    return f"Billed {at_least(carried, 2)} {currency}, {gap} {word} than our price of {at_least(ours, 2)} {currency}."
