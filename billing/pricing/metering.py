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
from billing.pricing.shapes import Cdr, Dimension, Period, Volume

HOUR = Decimal(3600)
ONE = Decimal(1)
ENERGY, TIME, PARKING, RESERVED = "ENERGY", "TIME", "PARKING_TIME", "RESERVATION_TIME"
PRICED = {ENERGY: Dimension.ENERGY, TIME: Dimension.TIME, PARKING: Dimension.PARKING_TIME, RESERVED: Dimension.TIME}
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
    for index, period in enumerate(cdr.periods):
        local = period.starts_at.astimezone(zone) if zone is not None else None
        moment = Moment(index, period, end_of(cdr, index), period.starts_at - began, kwh, local)
        usage.moments.append(moment)
        kwh += _use_period(usage, moment, usage.prices[index], expired)
    _keep_fees(usage, plan.policy)
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


def _use_period(usage: Usage, moment: Moment, prices: Prices | None, expired: bool) -> Decimal:
    """Add the uses of one period; the energy that it adds."""
    charging, used, ran_out = prices.at(moment) if prices is not None else ({}, {}, {})
    reserved = ran_out if expired else used
    dimensions = moment.period.dimensions
    if Dimension.FLAT in charging and not is_reserved_only(moment.period):
        usage.uses.append(Use(moment, "FLAT", charging[Dimension.FLAT], ONE))
    kwh = ZERO
    for volume in dimensions:
        kind = volume.type
        if kind == ENERGY:
            kwh += volume.volume
            _use(usage, moment, kind, charging, volume.volume)
        elif kind in PRICED:
            _refuse_negative(volume, moment)
            if kind == RESERVED and Dimension.FLAT in reserved:
                usage.uses.append(Use(moment, "FLAT", reserved[Dimension.FLAT], ONE))
            _use(usage, moment, kind, reserved if kind == RESERVED else charging, volume.volume * HOUR)
        elif kind not in BESIDE:
            raise _unknown(volume, moment)
    return kwh


def _use(usage: Usage, moment: Moment, kind: str, rates: Rates, quantity: Decimal) -> None:
    rate = rates.get(PRICED[kind])
    usage.metered[kind] = usage.metered.get(kind, ZERO) + quantity
    if rate is None:
        usage.unpriced[kind] = usage.unpriced.get(kind, ZERO) + quantity
        return
    usage.present.add(kind)
    if quantity:
        usage.uses.append(Use(moment, kind, rate, quantity))


def _keep_fees(usage: Usage, policy: PricingPolicy) -> None:
    """A fee is due once: the first one of charging and of a reservation, or (EACH) every different one."""
    seen: set[object] = set()
    kept: list[Use] = []
    for use in usage.uses:
        if use.kind == "FLAT":
            key = use.rate if policy.flat is Flat.EACH else use.rate.reservation
            if key in seen:
                if all(use.rate is not other.rate for other in (*kept, *usage.other_fees)):
                    usage.other_fees.append(use)
                continue
            seen.add(key)
        kept.append(use)
    usage.uses = kept


def _refuse_negative(volume: Volume, moment: Moment) -> None:
    if volume.volume < 0:
        raise CannotPrice(
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
