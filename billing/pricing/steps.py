"""What is billed comes in whole steps (spec: step_size): once per session for energy and once for time.

The quantity is rounded up, and what that adds falls to the last use, at its price and by its step. Where parking is
priced, parking is rounded and charging time is billed as it is. Reserved time is rounded by itself.
"""

from decimal import Decimal

from billing.pricing.exact import ZERO
from billing.pricing.metering import ENERGY, FLAT, PARKING, RESERVED, TIME, Usage
from billing.pricing.policy import ParkingUsed, PricingPolicy, StepSizeScope, StepSizeVolume, TimeStep

_WH = Decimal(1000)


def round_up(usage: Usage, policy: PricingPolicy) -> None:
    """Put on top of the records what the steps add."""
    if policy.step_size_scope is StepSizeScope.SESSION:
        _round_session(usage, policy)
    elif policy.step_size_scope is StepSizeScope.PERIOD:
        for place, record in enumerate(usage.records):
            _add(usage, place, record[3])


def _round_session(usage: Usage, policy: PricingPolicy) -> None:
    totals: dict[str, Decimal] = {}
    last: dict[str, int] = {}
    for place, (_, kind, _, quantity) in enumerate(usage.records):
        totals[kind] = totals[kind] + quantity if kind in totals else quantity
        last[kind] = place
    for kind in (ENERGY, _timed(usage, policy, last), RESERVED):
        if kind in last:
            everything = policy.step_size_volume is StepSizeVolume.ALL
            _add(usage, last[kind], usage.metered(kind) if everything else totals[kind])


def _timed(usage: Usage, policy: PricingPolicy, last: dict[str, int]) -> str:
    """Whose total is rounded: that of parking, of charging, or of whichever came last."""
    if policy.time_step is TimeStep.LAST:
        return max((TIME, PARKING), key=lambda kind: last.get(kind, -1))
    if PARKING in last or (policy.parking_used is ParkingUsed.PRESENCE and _names_parking(usage)):
        return PARKING
    return TIME


def _names_parking(usage: Usage) -> bool:
    """Whether a period in which parking has a price names it, with whatever volume."""
    return any(
        prices is not None and PARKING in prices.at(moment)[0]
        for moment, prices in zip(usage.moments, usage.prices, strict=True)
        if any(volume.type == PARKING for volume in moment.period.dimensions)
    )


def _add(usage: Usage, place: int, total: Decimal) -> None:
    """Round `total` up to whole steps of the record's component; energy that flowed back is not rounded."""
    _, kind, rate, _ = usage.records[place]
    step = rate.component.step_size
    if not step or kind == FLAT or total <= ZERO:
        return
    if kind == ENERGY:
        over = total * _WH % step
        if over:
            usage.added[place] = (step - over) / _WH
    else:
        over = total % step
        if over:
            usage.added[place] = step - over
