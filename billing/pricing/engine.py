"""The one way to a price. Pure: values in, values out; counts exactly and rounds nothing."""

from collections.abc import Sequence

from billing.pricing import steps, zones
from billing.pricing.exact import exactly
from billing.pricing.metering import is_reserved_only, meter
from billing.pricing.outcome import PricedSession
from billing.pricing.periods import split_at_thresholds
from billing.pricing.plan import Plan, Prices, compile
from billing.pricing.policy import RECOMMENDED, PricingPolicy, ThresholdInsidePeriod
from billing.pricing.selection import prices_of
from billing.pricing.shapes import Cdr, Place, Tariff

# How an EVSE is called in the CDR of a reservation that nobody came for (spec: CdrLocation.evse_uid).
_NO_EVSE = "#NA"


def price(
    cdr: Cdr,
    tariffs: Sequence[Tariff],
    *,
    policy: PricingPolicy = RECOMMENDED,
    time_zone: str | None = None,
    location: Place | None = None,
    reservation_expired: bool | None = None,
) -> PricedSession:
    """Price a CDR or Session with the tariff that its periods name, else the first of `tariffs` valid at its start.

    Volumes are kWh and hours; the result is in the currency of the charge. `time_zone` is an IANA name; without it the
    zone is that of `location`, else of the CDR (see `zones`). `reservation_expired` is inferred when it is not given.
    Raises CannotPrice, TimeZoneUnknown. To price many, `compile` the tariffs and use `price_by`.
    """
    return price_by(
        compile(tariffs, policy),
        cdr,
        time_zone=time_zone,
        location=location,
        reservation_expired=reservation_expired,
    )


def price_by(
    plan: Plan,
    cdr: Cdr,
    *,
    time_zone: str | None = None,
    location: Place | None = None,
    reservation_expired: bool | None = None,
) -> PricedSession:
    """The same with compiled tariffs. A zone that is not given is looked for where one of those that price asks for the
    hour or day."""
    prices = prices_of(plan, cdr)
    asked = _ask_for_the_time(prices)
    # One that is given must be one, though nothing depends on it.
    found = zones.zone_of(cdr, time_zone, location) if asked or time_zone else None
    zone = found if asked else None
    numbers: Sequence[int] = range(len(cdr.periods))
    with exactly():
        if plan.policy.threshold_inside_period is ThresholdInsidePeriod.SPLIT:
            cdr, numbers = split_at_thresholds(cdr, prices, zone)
            prices = [prices[number] for number in numbers]
        expired = _looks_expired(cdr) if reservation_expired is None else reservation_expired
        usage = meter(cdr, plan, prices, numbers, zone, expired)
        steps.round_up(usage, plan.policy)
        return PricedSession(cdr, plan, usage, expired)


def _ask_for_the_time(prices: list[Prices | None]) -> bool:
    for one in prices:  # noqa: SIM110  # a generator takes twice as long
        if one is not None and one.needs_local_time:
            return True
    return False


def _looks_expired(cdr: Cdr) -> bool:
    """Nothing but reserved time, at no EVSE, in no session: nobody came."""
    place = cdr.place or cdr.location
    if cdr.session_id or place is None or place.evse_uid != _NO_EVSE:
        return False
    return all(is_reserved_only(period) for period in cdr.periods)
