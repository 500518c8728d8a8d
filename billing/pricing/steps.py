"""What is billed comes in whole steps (spec: step_size): once per session for energy and once for time.

The quantity is rounded up, and what that adds falls to the last use, at its price and by its step. Where parking is
priced, parking is rounded and charging time is billed as it is. Reserved time is rounded by itself.
"""

from collections.abc import Iterable
from decimal import Decimal

from billing.pricing.exact import ZERO
from billing.pricing.metering import ENERGY, PARKING, RESERVED, TIME, Usage, Use
from billing.pricing.policy import ParkingUsed, PricingPolicy, StepSizeScope, StepSizeVolume, TimeStep

_WH = Decimal(1000)


def round_up(usage: Usage, policy: PricingPolicy) -> None:
    """Put on top of the uses what the steps add."""
    if policy.step_size_scope is StepSizeScope.NONE:
        return
    if policy.step_size_scope is StepSizeScope.PERIOD:
        for use in usage.uses:
            _add(use, use.quantity)
        return
    for kinds in ((ENERGY,), _timed(usage, policy), (RESERVED,)):
        _round_session(usage, kinds, policy)


def _timed(usage: Usage, policy: PricingPolicy) -> tuple[str, ...]:
    """Whose total is rounded: that of parking, of charging, or of whichever came last."""
    if policy.time_step is TimeStep.LAST:
        last = next((use.kind for use in reversed(usage.uses) if use.kind in (TIME, PARKING)), TIME)
        return (last,)
    parked = any(use.kind == PARKING for use in usage.uses)
    if policy.parking_used is ParkingUsed.PRESENCE:
        parked = parked or PARKING in usage.present
    return (PARKING,) if parked else (TIME,)


def _round_session(usage: Usage, kinds: tuple[str, ...], policy: PricingPolicy) -> None:
    uses = [use for use in usage.uses if use.kind in kinds]
    if not uses:
        return
    if policy.step_size_volume is StepSizeVolume.ALL:
        total = _sum(usage.metered.get(kind, ZERO) for kind in kinds)
    else:
        total = _sum(use.quantity for use in uses)
    _add(uses[-1], total)


def _sum(quantities: Iterable[Decimal]) -> Decimal:
    return sum(quantities, ZERO)


def _add(use: Use, total: Decimal) -> None:
    """Round `total` up to whole steps of the use's component; energy that flowed back is not rounded."""
    step = use.rate.component.step_size
    if not step or total <= 0 or use.kind == "FLAT":
        return
    if use.kind == ENERGY:
        over = total * _WH % step
        use.added = (step - over) / _WH if over else ZERO
    else:
        over = total % step
        use.added = step - over if over else ZERO
