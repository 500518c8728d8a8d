"""A walk through the charging periods: what was used, under which rate, and how much of it is billed.

Volumes are read, never computed from times: a period may last two hours and hold half an hour of TIME. Restrictions are
asked once, at the start of a period, because a CPO shall start one at every moment that matters (spec: ChargingPeriod).
"""

from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal

from billing.pricing.errors import CannotPrice
from billing.pricing.exact import ZERO
from billing.pricing.moments import Moment
from billing.pricing.plan import Plan, Prices, Rate, Rates
from billing.pricing.policy import Flat, PricingPolicy
from billing.pricing.selection import prices_of
from billing.pricing.shapes import Cdr, Period, Volume

HOUR = Decimal(3600)
ONE = Decimal(1)
ENERGY, TIME, PARKING, RESERVED, FLAT = "ENERGY", "TIME", "PARKING_TIME", "RESERVATION_TIME", "FLAT"
TIMED = frozenset({TIME, PARKING, RESERVED})
# Measured beside the charging (OCPI CdrDimensionType); FLAT is a dimension in 2.1.1, where the tariff decides as well.
BESIDE = frozenset(
    {
        "CURRENT",
        "ENERGY_EXPORT",
        "ENERGY_IMPORT",
        "FLAT",
        "MAX_CURRENT",
        "MAX_POWER",
        "MIN_CURRENT",
        "MIN_POWER",
        "POWER",
        "STATE_OF_CHARGE",
        "RESERVATION_EXPIRES",
        "RESERVATION_OVERTIME",
    }
)
_NO_PRICES: tuple[Rates, Rates, Rates] = ({}, {}, {})


class Use:
    """A quantity under one rate in one period: kWh, seconds or a single fee. `added` is what a step puts on top.

    `kind` is the type of the volume, or FLAT.
    """

    __slots__ = ("added", "kind", "moment", "quantity", "rate")

    def __init__(self, moment: Moment, kind: str, rate: Rate, quantity: Decimal) -> None:
        self.moment = moment
        self.kind = kind
        self.rate = rate
        self.quantity = quantity
        self.added = ZERO

    @property
    def billed(self) -> Decimal:
        return self.quantity + self.added


@dataclass(slots=True)
class Usage:
    """`metered` are all volumes, `unpriced` those without a rate: kWh and seconds by type. `present` are the types that
    a priced period names, with whatever volume. `other_fees` became active after the first one and are not billed."""

    moments: list[Moment] = field(default_factory=list)
    prices: list[Prices | None] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    metered: dict[str, Decimal] = field(default_factory=dict)
    unpriced: dict[str, Decimal] = field(default_factory=dict)
    present: set[str] = field(default_factory=set)
    other_fees: list[Use] = field(default_factory=list)


def meter(cdr: Cdr, plan: Plan, zone: tzinfo | None, expired: bool) -> Usage:
    """Walk through the periods. Raises CannotPrice."""
    usage = Usage(prices=prices_of(plan, cdr))
    began = min(cdr.starts_at, cdr.periods[0].starts_at)
    kwh = ZERO
    for index, (period, prices) in enumerate(zip(cdr.periods, usage.prices, strict=True)):
        local = period.starts_at.astimezone(zone) if zone is not None else None
        moment = Moment(index, period, end_of(cdr, index), period.starts_at - began, kwh, local)
        usage.moments.append(moment)
        charging, used, ran_out = prices.at(moment) if prices is not None else _NO_PRICES
        reserved = ran_out if expired else used
        if charging or reserved:
            _use_fees(usage, moment, plan.policy, charging, reserved)
        kwh += _use_volumes(usage, moment, charging, reserved)
    return usage


def end_of(cdr: Cdr, index: int) -> datetime:
    """A period ends where the next one starts, the last one with the session."""
    if index + 1 < len(cdr.periods):
        return cdr.periods[index + 1].starts_at
    return cdr.ends_at or cdr.stops_at or cdr.periods[index].starts_at


def is_reserved_only(period: Period) -> bool:
    """Nothing but reserved time: the fees of charging are not due yet."""
    kinds = {volume.type for volume in period.dimensions}
    return RESERVED in kinds and kinds.isdisjoint((ENERGY, TIME, PARKING))


def _use_fees(usage: Usage, moment: Moment, policy: PricingPolicy, charging: Rates, reserved: Rates) -> None:
    """The fee of charging from its first period on, that of a reservation in a period with reserved time."""
    fee = charging.get(FLAT)
    if fee is not None and not is_reserved_only(moment.period):
        _use_fee(usage, moment, policy, fee)
    fee = reserved.get(FLAT)
    if fee is not None and any(volume.type == RESERVED for volume in moment.period.dimensions):
        _use_fee(usage, moment, policy, fee)


def _use_fee(usage: Usage, moment: Moment, policy: PricingPolicy, fee: Rate) -> None:
    """A fee is due once: the first one of charging and of a reservation, or (EACH) every different one."""
    for use in usage.uses:
        if use.kind == FLAT and (use.rate is fee or _same_fee(use.rate, fee, policy)):
            if use.rate is not fee and all(other.rate is not fee for other in usage.other_fees):
                usage.other_fees.append(Use(moment, FLAT, fee, ONE))
            return
    usage.uses.append(Use(moment, FLAT, fee, ONE))


def _same_fee(one: Rate, other: Rate, policy: PricingPolicy) -> bool:
    both_reserved = (one.reservation is None) is (other.reservation is None)
    return policy.flat is Flat.ONCE and both_reserved


def _use_volumes(usage: Usage, moment: Moment, charging: Rates, reserved: Rates) -> Decimal:
    """Add what the period measures; the energy in it."""
    kwh = ZERO
    for volume in moment.period.dimensions:
        kind, quantity = volume.type, volume.volume
        if kind == ENERGY:
            kwh += quantity
        elif kind in TIMED:
            if quantity < 0:
                raise _negative(volume, moment)
            quantity *= HOUR
        elif kind in BESIDE:
            continue
        else:
            raise _unknown(volume, moment)
        _use(usage, moment, kind, reserved.get(TIME) if kind == RESERVED else charging.get(kind), quantity)
    return kwh


def _use(usage: Usage, moment: Moment, kind: str, rate: Rate | None, quantity: Decimal) -> None:
    metered = usage.metered
    metered[kind] = metered[kind] + quantity if kind in metered else quantity
    if rate is None:
        usage.unpriced[kind] = usage.unpriced.get(kind, ZERO) + quantity
        return
    usage.present.add(kind)
    if quantity:
        usage.uses.append(Use(moment, kind, rate, quantity))


def _negative(volume: Volume, moment: Moment) -> CannotPrice:
    return CannotPrice(
        "negative_time",
        _path(volume, moment),
        f"Charging period {moment.index + 1} has {volume.type} of {volume.volume:f} hours.",
    )


def _unknown(volume: Volume, moment: Moment) -> CannotPrice:
    return CannotPrice(
        "unknown_dimension",
        _path(volume, moment),
        f"Charging period {moment.index + 1} measures {volume.type[:40]!r}, which is not known.",
    )


def _path(volume: Volume, moment: Moment) -> str:
    position = next(i for i, one in enumerate(moment.period.dimensions) if one is volume)
    return f"$.charging_periods[{moment.index}].dimensions[{position}]"
