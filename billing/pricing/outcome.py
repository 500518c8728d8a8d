"""What pricing says: totals before and after tax, quantities, and lines and warnings when they are asked for."""

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from billing.pricing import limits, lines, warnings
from billing.pricing.exact import ZERO, Ratio, exactly, hours_of, quotient
from billing.pricing.limits import Cost
from billing.pricing.lines import Line
from billing.pricing.metering import HOUR, Usage, end_of
from billing.pricing.parts import Part
from billing.pricing.plan import Plan, Rate
from billing.pricing.shapes import ENERGY, FLAT, PARKING, RESERVED, TIME, Cdr
from billing.pricing.tariff_warnings import Warning


class Amounts(NamedTuple):
    """Before and after tax, with every digit they have (at most 20 decimals); None where it cannot be known."""

    excl: Decimal | None
    incl: Decimal | None


FREE = Amounts(ZERO, ZERO)


class PricedSession:
    """The price of a CDR or Session. Amounts are exact and in `currency`; nothing is rounded but by `rounding`.

    `total` is held by the minimum and maximum price of the tariff, `parts` are not. `limits` names those that applied.
    """

    def __init__(self, cdr: Cdr, plan: Plan, usage: Usage, expired: bool) -> None:
        self.cdr = cdr
        self.plan = plan
        self.usage = usage
        self.expired = expired
        self.cost, self.limits = limits.within(usage.limiting, _cost(usage.billed, plan), plan)
        self.total = amounts(self.cost)
        # Kept by hand: `cached_property` takes a lock, and forgets in compiled code.
        self._costs: dict[Part, Cost] | None = None
        self._parts: dict[Part, Amounts] | None = None
        self._lines: tuple[Line, ...] | None = None
        self._warnings: tuple[Warning, ...] | None = None

    @property
    def currency(self) -> str:
        return self.cdr.currency.upper()

    @property
    def tariff_ids(self) -> tuple[str, ...]:
        """Of the tariffs that priced it, each once, in their order."""
        return tuple(dict.fromkeys(prices.tariff.id for prices in self.usage.prices if prices is not None))

    def part(self, part: Part) -> Amounts:
        return self.parts.get(part, FREE)

    @property
    def parts(self) -> dict[Part, Amounts]:
        """Those that something was billed for."""
        if self._parts is None:
            self._parts = {part: amounts(cost) for part, cost in self.costs.items()}
        return self._parts

    @property
    def costs(self) -> dict[Part, Cost]:
        """The exact amounts of the parts that something was billed for."""
        if self._costs is None:
            with exactly():
                self._costs = {part: _cost(billed, self.plan) for part, billed in _by_part(self.usage.billed).items()}
        return self._costs

    @property
    def energy_kwh(self) -> Decimal:
        """All that was metered, priced or not."""
        return self.usage.metered(ENERGY)

    @property
    def hours(self) -> Decimal:
        """From the start to the end of the session; of one under way to the start of its last period."""
        return hours_of(end_of(self.cdr, len(self.cdr.periods) - 1) - self.cdr.starts_at)

    @property
    def charging_hours(self) -> Decimal:
        """What was metered as charging time, priced or not."""
        return _hours(self.usage.metered(TIME))

    @property
    def parking_hours(self) -> Decimal:
        return _hours(self.usage.metered(PARKING))

    @property
    def reserved_hours(self) -> Decimal:
        return _hours(self.usage.metered(RESERVED))

    @property
    def billed_energy_kwh(self) -> Decimal:
        return self.usage.billed_as(ENERGY)

    @property
    def billed_hours(self) -> Decimal:
        """Of charging time."""
        return _hours(self.usage.billed_as(TIME))

    @property
    def billed_parking_hours(self) -> Decimal:
        return _hours(self.usage.billed_as(PARKING))

    @property
    def billed_reserved_hours(self) -> Decimal:
        return _hours(self.usage.billed_as(RESERVED))

    @property
    def billed_fees(self) -> Decimal:
        """How many flat fees are due."""
        return self.usage.billed_as(FLAT)

    @property
    def lines(self) -> tuple[Line, ...]:
        """For each charging period and dimension the component that applied, and why."""
        if self._lines is None:
            with exactly():
                self._lines = tuple([lines.write(use, self.plan) for use in self.usage.uses()])
        return self._lines

    @property
    def warnings(self) -> tuple[Warning, ...]:
        """What a reader of the price should know."""
        if self._warnings is None:
            with exactly():
                self._warnings = tuple(warnings.find(self.usage, self.limits, self.plan.policy))
        return self._warnings


def _by_part(billed: Mapping[Rate, Decimal]) -> dict[Part, dict[Rate, Decimal]]:
    found: dict[Part, dict[Rate, Decimal]] = {}
    for rate, quantity in billed.items():
        found.setdefault(rate.part, {})[rate] = quantity
    return found


def _cost(billed: Mapping[Rate, Decimal], plan: Plan) -> Cost:
    """A single open price leaves its side open."""
    net: Decimal | None = ZERO
    gross: Decimal | None = ZERO
    for rate, quantity in billed.items():
        net = None if net is None or rate.net is None else net + rate.net * quantity
        gross = None if gross is None or rate.gross is None else gross + rate.gross * quantity
    return Cost(
        None if net is None else Ratio(net, plan.divisor), None if gross is None else Ratio(gross, plan.divisor)
    )


def amounts(cost: Cost) -> Amounts:
    return Amounts(None if cost.net is None else cost.net.decimal, None if cost.gross is None else cost.gross.decimal)


def _hours(seconds: Decimal) -> Decimal:
    return ZERO if not seconds else quotient(seconds, HOUR)
