"""What is billed comes in whole steps (spec: step_size): once per session for energy and once for time.

The quantity is rounded up, and what that adds falls to the last use, at its price and by its step. Where parking is
priced, parking is rounded and charging time is billed as it is. Reserved time is rounded by itself.
"""

from decimal import Decimal

from billing.pricing.exact import ZERO
from billing.pricing.metering import Usage
from billing.pricing.policy import ParkingUsed, PricingPolicy, StepSizeScope, StepSizeVolume, TimeStep
from billing.pricing.shapes import ENERGY, PARKING, RESERVED, TIME


def round_up(usage: Usage, policy: PricingPolicy) -> None:
    """Put on top of the records what the steps add."""
    if policy.step_size_scope is StepSizeScope.SESSION:
        _round_session(usage, policy)
    elif policy.step_size_scope is StepSizeScope.PERIOD:
        for place, record in enumerate(usage.records):
            _add(usage, place, record[3])


def _round_session(usage: Usage, policy: PricingPolicy) -> None:
    everything = policy.step_size_volume is StepSizeVolume.ALL
    for kind in (ENERGY, _timed(usage, policy), RESERVED):
        if kind in usage.priced:
            _add(usage, _last(usage, kind), usage.metered(kind) if everything else usage.priced[kind])


def _timed(usage: Usage, policy: PricingPolicy) -> str:
    """Whose total is rounded: that of parking, of charging, or of whichever came last."""
    if policy.time_step is TimeStep.LAST:
        return max((TIME, PARKING), key=lambda kind: _last(usage, kind))
    if PARKING in usage.priced or (policy.parking_used is ParkingUsed.PRESENCE and _names_parking(usage)):
        return PARKING
    return TIME


def _last(usage: Usage, kind: str) -> int:
    """The place of its last record, -1 if there is none."""
    for place in range(len(usage.records) - 1, -1, -1):
        if usage.records[place][1] == kind:
            return place
    return -1


def _names_parking(usage: Usage) -> bool:
    """Whether a period in which parking has a price names it, with whatever volume."""
    return any(
        prices is not None and PARKING in prices.at(moment)[0]
        for moment, prices in zip(usage.moments, usage.prices, strict=True)
        if any(volume.type == PARKING for volume in moment.period.dimensions)
    )


def _add(usage: Usage, place: int, total: Decimal) -> None:
    """Round `total` up to whole steps of the record's component; energy that flowed back is not rounded."""
    rate = usage.records[place][2]
    if rate.step is None or total <= ZERO:
        return
    over = total % rate.step
    if over:
        usage.added[place] = rate.step - over
        usage.billed[rate] += rate.step - over
