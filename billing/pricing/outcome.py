"""What pricing says: totals before and after tax, quantities, and lines and warnings when they are asked for."""

from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from billing.pricing import limits, lines, warnings
from billing.pricing.exact import ZERO, Ratio, exactly, quotient
from billing.pricing.limits import Cost
from billing.pricing.lines import Line
from billing.pricing.metering import ENERGY, HOUR, PARKING, TIME, Usage, end_of
from billing.pricing.plan import Part, Plan, Rate
from billing.pricing.shapes import Cdr
from billing.pricing.warnings import Warning


class Amounts(NamedTuple):
    """Before and after tax, with every digit they have (at most 20 decimals); None where it cannot be known."""

    excl: Decimal | None
    incl: Decimal | None


class Units(NamedTuple):
    """A sum before and after tax in units of the plan; None where it is open."""

    net: Decimal | None
    gross: Decimal | None

    def plus(self, other: "Units") -> "Units":
        return Units(
            None if self.net is None or other.net is None else self.net + other.net,
            None if self.gross is None or other.gross is None else self.gross + other.gross,
        )


_NOTHING = Units(ZERO, ZERO)
_FREE = Amounts(ZERO, ZERO)


class PricedSession:
    """The price of a CDR or Session. Amounts are exact and in `currency`; nothing is rounded but by `rounding`.

    `total` is held by the minimum and maximum price of the tariff, `parts` are not. `limits` names those that applied.
    """

    def __init__(self, cdr: Cdr, plan: Plan, usage: Usage, expired: bool) -> None:
        self.cdr = cdr
        self.plan = plan
        self.usage = usage
        self.expired = expired
        self.units, total = summed(usage)
        first = usage.prices[0]
        self.cost, self.limits = limits.within(first.tariff if first is not None else None, cost(total, plan), plan)

    @property
    def currency(self) -> str:
        return self.cdr.currency.upper()

    @property
    def tariff_ids(self) -> tuple[str, ...]:
        """Of the tariffs that priced it, each once, in their order."""
        return tuple(dict.fromkeys(prices.tariff.id for prices in self.usage.prices if prices is not None))

    @cached_property
    def total(self) -> Amounts:
        return amounts(self.cost)

    def part(self, part: Part) -> Amounts:
        return self._parts.get(part, _FREE)

    @cached_property
    def _parts(self) -> dict[Part, Amounts]:
        return {part: amounts(cost) for part, cost in self.costs.items()}

    @cached_property
    def costs(self) -> dict[Part, Cost]:
        """The exact amounts of the parts that something was billed for."""
        return {part: cost(units, self.plan) for part, units in self.units.items()}

    @property
    def energy_kwh(self) -> Decimal:
        """All that was metered, priced or not."""
        return self.usage.metered(ENERGY)

    @property
    def hours(self) -> Decimal:
        """From the start to the end of the session; of one under way to the start of its last period."""
        lasted = end_of(self.cdr, len(self.cdr.periods) - 1) - self.cdr.starts_at
        return quotient(Decimal(lasted // timedelta(microseconds=1)), Decimal(3_600_000_000))

    @property
    def parking_hours(self) -> Decimal:
        return _hours(self.usage.metered(PARKING))

    @property
    def billed_energy_kwh(self) -> Decimal:
        return self.usage.billed(ENERGY)

    @property
    def billed_hours(self) -> Decimal:
        """Of charging time."""
        return _hours(self.usage.billed(TIME))

    @property
    def billed_parking_hours(self) -> Decimal:
        return _hours(self.usage.billed(PARKING))

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """For each charging period and dimension the component that applied, and why."""
        with exactly():
            return tuple(lines.write(use, self.plan) for use in self.usage.uses())

    @cached_property
    def warnings(self) -> tuple[Warning, ...]:
        """What a reader of the price should know."""
        with exactly():
            return tuple(warnings.find(self.cdr, self.plan.policy, self.usage, self.limits))


def summed(usage: Usage) -> tuple[dict[Part, Units], Units]:
    """Of each part and of all, in units of the plan. A single open price leaves its sums open."""
    quantities: dict[Rate, Decimal] = {}
    for _, _, rate, quantity in usage.records:
        known = quantities.get(rate)
        quantities[rate] = quantity if known is None else known + quantity
    for place, added in usage.added.items():
        quantities[usage.records[place][2]] += added
    parts: dict[Part, Units] = {}
    total = _NOTHING
    for rate, quantity in quantities.items():
        units = Units(
            None if rate.net is None else rate.net * quantity, None if rate.gross is None else rate.gross * quantity
        )
        parts[rate.part] = parts[rate.part].plus(units) if rate.part in parts else units
        total = total.plus(units)
    return parts, total


def cost(units: Units, plan: Plan) -> Cost:
    return Cost(
        None if units.net is None else Ratio(units.net, plan.divisor),
        None if units.gross is None else Ratio(units.gross, plan.divisor),
    )


def amounts(cost: Cost) -> Amounts:
    return Amounts(None if cost.net is None else cost.net.decimal, None if cost.gross is None else cost.gross.decimal)


def _hours(seconds: Decimal) -> Decimal:
    return ZERO if not seconds else quotient(seconds, HOUR)
