"""Tariffs made ready to price many charges: compiled once, kept by whoever prices.

Amounts are counted in units of 1/`divisor` of the currency, so that prices per second and taxes within prices stay
whole: divisor = 3600 × the least common multiple of the (100 + VAT) of prices that include tax.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from billing.pricing.conditions import Condition, Test, conditions, every, span
from billing.pricing.exact import at_least, exactly, plain
from billing.pricing.moments import Moment
from billing.pricing.parts import Part
from billing.pricing.policy import RECOMMENDED, PricingPolicy, Selection, TaxWithoutRate
from billing.pricing.shapes import RESERVED, Component, Dimension, Reservation, Tariff, TaxIncluded
from billing.pricing.tariff_warnings import Warning, of_tariff

_PARTS = {
    Dimension.ENERGY: Part.ENERGY,
    Dimension.TIME: Part.TIME,
    Dimension.PARKING_TIME: Part.PARKING,
    Dimension.FLAT: Part.FIXED,
}
_UNITS = {
    Dimension.ENERGY: "kWh",
    Dimension.TIME: "hour",
    Dimension.PARKING_TIME: "hour",
    Dimension.FLAT: "session",
}
_HOUR = 3600
_WH = 1000
# Sets of matching elements whose rates are remembered; a real tariff has a handful.
_MOST_SETS = 1000
_LOCAL = frozenset({"start_time", "end_time", "start_date", "end_date", "day_of_week"})


InFront = tuple[tuple[int, tuple[Condition, ...]], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Rate:
    """A component ready to use: what a kWh, a second or a session costs, in units of the plan, before and after tax,
    of which kind of volume, in which steps (kWh or seconds, None for none), and to which part of the total it belongs.
    `says` is the price in words.

    None where the tariff leaves it open. `in_front` are the elements that come first for the same dimension.
    """

    tariff: Tariff
    element: int
    component: Component
    kind: str
    step: Decimal | None
    part: Part
    says: str
    conditions: tuple[Condition, ...]
    reservation: Reservation | None
    net: Decimal | None
    gross: Decimal | None
    in_front: InFront


# By the OCPI name of the dimension: plain texts, because the hash of an enum member is slow.
Rates = Mapping[str, Rate]


@dataclass(slots=True, eq=False)
class _Element:
    """`bit` marks it in the set of those that match."""

    bit: int
    conditions: tuple[Condition, ...]
    rates: tuple[Rate, ...]
    reservation: Reservation | None


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where the elements of a tariff come into force or end: kWh, time since the start, minutes of the local day."""

    energies: tuple[Decimal, ...]
    spans: tuple[timedelta, ...]
    minutes: tuple[int, ...]


@dataclass(slots=True, eq=False)
class Prices:
    """A tariff of a plan: which rate holds for which dimension at a moment. `measures` are the quantities beside energy
    and time that it asks for: power, current."""

    tariff: Tariff
    elements: tuple[_Element, ...]
    policy: PricingPolicy
    bounds: Bounds
    measures: tuple[str, ...]
    needs_local_time: bool
    always: int  # the bits of elements without restrictions
    restricted: tuple[tuple[int, Test], ...]  # those of the others, and when they match
    warnings: tuple[Warning, ...]
    _known: dict[int, tuple[Rates, Rates, Rates]] = field(default_factory=dict)

    def at(self, moment: Moment) -> tuple[Rates, Rates, Rates]:
        """The rates of charging, of a reservation that was used, and of one that ran out."""
        matching = self.always
        for bit, test in self.restricted:
            if test(moment):
                matching |= bit
        found = self._known.get(matching)
        if found is None:
            found = self._chosen(matching)
            if len(self._known) < _MOST_SETS:
                self._known[matching] = found
        return found

    def rates(self) -> Iterator[Rate]:
        return (rate for element in self.elements for rate in element.rates)

    def _chosen(self, matching: int) -> tuple[Rates, Rates, Rates]:
        active = [element for element in self.elements if element.bit & matching]
        used = [one for one in active if one.reservation is Reservation.RESERVATION]
        expired = [one for one in active if one.reservation is Reservation.RESERVATION_EXPIRES]
        charging = [one for one in active if one.reservation is None]
        return self._first(charging), self._first(used), self._first([*expired, *used])

    def _first(self, elements: list[_Element]) -> Rates:
        """Of each dimension the first: components of several elements are in force at once."""
        if self.policy.selection is Selection.ELEMENT:
            elements = elements[:1]
        rates: dict[str, Rate] = {}
        for element in elements:
            for rate in element.rates:
                rates.setdefault(rate.component.type.value, rate)
        return rates


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that does not depend on the charge. Make it with `compile`."""

    policy: PricingPolicy
    tariffs: tuple[Prices, ...]
    divisor: Decimal
    by_id: Mapping[str, tuple[Prices, ...]]
    needs_local_time: bool


def compile(tariffs: Sequence[Tariff], policy: PricingPolicy = RECOMMENDED) -> Plan:
    """Make tariffs ready under a policy. Pure and reusable, by one thread or several."""
    with exactly():
        divisor = _divisor(tariffs)
        prices = tuple(_prices(tariff, policy, divisor) for tariff in tariffs)
    return Plan(
        policy=policy,
        tariffs=prices,
        divisor=Decimal(divisor),
        by_id=_by_id(prices),
        needs_local_time=any(one.needs_local_time for one in prices),
    )


def _by_id(prices: Iterable[Prices]) -> dict[str, tuple[Prices, ...]]:
    found: dict[str, tuple[Prices, ...]] = {}
    for one in prices:
        key = one.tariff.id.upper()
        found[key] = (*found.get(key, ()), one)
    return found


def _divisor(tariffs: Iterable[Tariff]) -> int:
    factors = (
        Fraction(100 + component.vat).numerator
        for tariff in tariffs
        if tariff.tax_included is TaxIncluded.YES
        for element in tariff.elements
        for component in element.components
        if component.vat is not None
    )
    return _HOUR * math.lcm(*factors)


def _prices(tariff: Tariff, policy: PricingPolicy, divisor: int) -> Prices:
    in_front: dict[tuple[Dimension, Reservation | None], InFront] = {}
    elements = []
    for index, element in enumerate(tariff.elements):
        asked, reservation = conditions(element.restrictions, policy), element.restrictions.reservation
        rates = tuple(
            Rate(
                tariff=tariff,
                element=index,
                component=component,
                kind=RESERVED if reservation is not None and component.type is Dimension.TIME else component.type.value,
                step=_step(component),
                part=_PARTS[component.type] if reservation is None else Part.RESERVATION,
                says=_says(tariff, component),
                conditions=asked,
                reservation=reservation,
                net=net,
                gross=gross,
                in_front=in_front.get((component.type, reservation), ()),
            )
            for component in element.components
            for net, gross in [_net_and_gross(tariff, component, _price(component, divisor), policy)]
        )
        in_front |= {(rate.component.type, reservation): (*rate.in_front, (index, asked)) for rate in rates}
        elements.append(_Element(1 << index, asked, rates, reservation))
    return Prices(
        tariff=tariff,
        elements=tuple(elements),
        policy=policy,
        bounds=_bounds(tariff),
        measures=_measures(tariff),
        # Of elements that price nothing too: whether they match is asked all the same.
        needs_local_time=any(_LOCAL.intersection(asked.fields) for element in elements for asked in element.conditions),
        always=sum(element.bit for element in elements if not element.conditions),
        warnings=tuple(of_tariff(tariff, policy)),
        restricted=tuple((element.bit, every(element.conditions)) for element in elements if element.conditions),
    )


def _bounds(tariff: Tariff) -> Bounds:
    """Every midnight is one where a day decides, or where a time stands alone: it lasts to midnight, or from it."""
    said = [element.restrictions for element in tariff.elements]
    spans = [bound for one in said for bound in (one.min_duration, one.max_duration)]
    minutes = [bound for one in said for bound in (one.start_time, one.end_time)]
    alone = any((one.start_time is None) is not (one.end_time is None) for one in said)
    if alone or any(one.day_of_week or one.start_date or one.end_date for one in said):
        minutes.append(0)
    return Bounds(
        energies=tuple(bound for one in said for bound in (one.min_kwh, one.max_kwh) if bound is not None),
        spans=tuple(span(seconds) for seconds in spans if seconds is not None),
        minutes=tuple(sorted({bound for bound in minutes if bound is not None})),
    )


def _measures(tariff: Tariff) -> tuple[str, ...]:
    said = [element.restrictions for element in tariff.elements]
    power = any(one.min_power is not None or one.max_power is not None for one in said)
    current = any(one.min_current is not None or one.max_current is not None for one in said)
    return ("power",) * power + ("current",) * current


def _says(tariff: Tariff, component: Component) -> str:
    """`0.4900 EUR per kWh`."""
    text = f"{at_least(component.price, 4)} {tariff.currency.upper()} per {_UNITS[component.type]}"
    if tariff.tax_included is TaxIncluded.YES and component.vat is not None:
        text += f" including {plain(component.vat)} % VAT"
    return text


def _price(component: Component, divisor: int) -> Decimal:
    """Per kWh, second or session, in units of the plan."""
    timed = component.type in (Dimension.TIME, Dimension.PARKING_TIME)
    return component.price * (divisor // _HOUR if timed else divisor)


def _step(component: Component) -> Decimal | None:
    if not component.step_size or component.type is Dimension.FLAT:
        return None
    return Decimal(component.step_size) / (_WH if component.type is Dimension.ENERGY else 1)


def _net_and_gross(
    tariff: Tariff, component: Component, price: Decimal, policy: PricingPolicy
) -> tuple[Decimal | None, Decimal | None]:
    """`price` is in units of the plan, as the tariff writes it: before tax, after tax, or without any."""
    if not price or tariff.tax_included is TaxIncluded.NOT_APPLICABLE:
        return price, price
    vat = component.vat
    if tariff.tax_included is TaxIncluded.YES:
        if vat is None:
            return None, price
        share = Fraction(100) / Fraction(100 + vat)
        return price * share.numerator / share.denominator, price
    if vat is None:
        return price, price if policy.tax_without_rate is TaxWithoutRate.NONE_APPLIES else None
    return price, price + price * vat / 100
