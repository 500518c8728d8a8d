"""How much of each component a session used, and how much of it is billed (spec: step_size)."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from billing.pricing.shapes import Cdr, Component, Dimension, Tariff

# step_size counts Wh of a kWh, seconds of an hour.
_STEPS_IN_A_UNIT = {Dimension.ENERGY: 1000, Dimension.TIME: 3600, Dimension.PARKING_TIME: 3600}


@dataclass
class Use:
    """What one component of one tariff measured and bills, in kWh, hours or sessions, over the whole session."""

    dimension: Dimension
    tariff: Tariff
    component: Component
    measured: Fraction = Fraction(0)
    billed: Fraction = Fraction(0)

    def add(self, quantity: Fraction) -> None:
        self.measured += quantity
        self.billed += quantity


@dataclass
class Usage:
    """The uses in the order they began, the last one of each dimension, and what no component prices."""

    uses: list[Use]
    last: dict[Dimension, Use]
    unpriced: dict[Dimension, Fraction]


def usage(cdr: Cdr, tariff: Tariff) -> Usage:
    """Measure all periods, then round up to whole steps, once per session."""
    found = Usage(uses=[], last={}, unpriced={})
    for period in cdr.periods:
        active = active_components(tariff)
        if Dimension.FLAT in active and Dimension.FLAT not in found.last:
            _use(found, Dimension.FLAT, tariff, active[Dimension.FLAT]).add(Fraction(1))
        for dimension, quantity in _quantities(period.volumes):
            if dimension in active:
                _use(found, dimension, tariff, active[dimension]).add(quantity)
            else:
                found.unpriced[dimension] = found.unpriced.get(dimension, Fraction(0)) + quantity
    _round_up(found)
    return found


def active_components(tariff: Tariff) -> dict[Dimension, Component]:
    """Per dimension the first component in the order of the elements: different elements may serve at once."""
    active: dict[Dimension, Component] = {}
    for element in tariff.elements:
        for component in element.components:
            active.setdefault(Dimension(component.kind), component)
    return active


def _quantities(volumes: Iterable[tuple[str, Decimal]]) -> Iterator[tuple[Dimension, Fraction]]:
    for kind, volume in volumes:
        if kind in _STEPS_IN_A_UNIT and volume:
            yield Dimension(kind), Fraction(volume)


def _use(found: Usage, dimension: Dimension, tariff: Tariff, component: Component) -> Use:
    for use in found.uses:
        if use.component is component and use.tariff is tariff:
            break
    else:
        use = Use(dimension, tariff, component)
        found.uses.append(use)
    found.last[dimension] = use
    return use


def _round_up(found: Usage) -> None:
    """Energy by its last component; of time and parking only parking, where parking is priced."""
    timed = Dimension.PARKING_TIME if Dimension.PARKING_TIME in found.last else Dimension.TIME
    for dimension in (Dimension.ENERGY, timed):
        last = found.last.get(dimension)
        if last is not None and last.component.step_size:
            total = sum((use.measured for use in found.uses if use.dimension is dimension), Fraction(0))
            step = Fraction(last.component.step_size, _STEPS_IN_A_UNIT[dimension])
            last.billed += math.ceil(total / step) * step - total
