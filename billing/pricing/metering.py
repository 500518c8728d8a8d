"""A walk through the charging periods: what was used, under which rate, and how much of it is billed.

Volumes are read, never computed from times: a period may last two hours and hold half an hour of TIME. Restrictions are
asked once, at the start of a period, because a CPO shall start one at every moment that matters (spec: ChargingPeriod).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import NamedTuple

from billing.pricing.errors import CannotPrice
from billing.pricing.exact import ENDLESS, ZERO, exactly, rounded
from billing.pricing.moments import Moment
from billing.pricing.plan import Plan, Prices, Rate, Rates
from billing.pricing.policy import Flat, PricingPolicy
from billing.pricing.shapes import Cdr, Period, Volume

HOUR = Decimal(3600)
ONE = Decimal(1)
ENERGY, TIME, PARKING, RESERVED, FLAT = "ENERGY", "TIME", "PARKING_TIME", "RESERVATION_TIME", "FLAT"
TIMED = frozenset({TIME, PARKING, RESERVED})
# What times are told by, in decimals of a second, and how far from it a part of an hour may be written.
_MICROSECOND = 6
_WRITTEN = Decimal("1e-15")
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


# Period, type of the volume (or FLAT), rate, and quantity in kWh, seconds or fees. A plain tuple: made by the million.
Record = tuple[int, str, Rate, Decimal]


class Use(NamedTuple):
    """A quantity under one rate in one period, as records tell it. `added` is what a step puts on top."""

    moment: Moment
    kind: str
    rate: Rate
    quantity: Decimal
    added: Decimal

    @property
    def billed(self) -> Decimal:
        return self.quantity + self.added


@dataclass(slots=True)
class Usage:
    """What a walk found: a moment for each period, and what was used under which rate.

    `added` is what steps put on top, by the place of the record. `fees` became active; `other_fees` are those of them
    that are not billed, because another one was there before.
    """

    cdr: Cdr
    prices: list[Prices | None]
    moments: list[Moment] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    added: dict[int, Decimal] = field(default_factory=dict)
    other_fees: list[Record] = field(default_factory=list)
    fees: list[Rate] = field(default_factory=list)
    _known: tuple[dict[str, Decimal], dict[str, Decimal]] | None = None

    def uses(self) -> Iterator[Use]:
        for place, (index, kind, rate, quantity) in enumerate(self.records):
            yield Use(self.moments[index], kind, rate, quantity, self.added.get(place, ZERO))

    def metered(self, kind: str) -> Decimal:
        """All of it, priced or not: kWh or seconds."""
        return self._sums()[0].get(kind, ZERO)

    def priced(self, kind: str) -> Decimal:
        """What of it has a rate, without what steps add."""
        return self._sums()[1].get(kind, ZERO)

    def billed(self, kind: str) -> Decimal:
        """What of it has a rate, with what steps add."""
        added = [more for place, more in self.added.items() if self.records[place][1] == kind]
        if not added:
            return self.priced(kind)
        with exactly():
            return sum(added, self.priced(kind))

    def _sums(self) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
        """What was metered and what was priced, by type; summed when it is first asked for."""
        if self._known is None:
            metered: dict[str, Decimal] = {}
            priced: dict[str, Decimal] = {}
            with exactly():
                for period in self.cdr.periods:
                    for one in period.dimensions:
                        if one.volume and (one.type == ENERGY or one.type in TIMED):
                            volume = one.volume if one.type == ENERGY else seconds_of(one.volume)
                            metered[one.type] = metered.get(one.type, ZERO) + volume
                for _, kind, _, quantity in self.records:
                    priced[kind] = priced.get(kind, ZERO) + quantity
            self._known = metered, priced
        return self._known


def meter(cdr: Cdr, plan: Plan, prices_of: list[Prices | None], zone: tzinfo | None, expired: bool) -> Usage:
    """Walk through the periods, each with its tariff (None: nothing prices it). Raises CannotPrice."""
    usage = Usage(cdr, prices_of)
    began = min(cdr.starts_at, cdr.periods[0].starts_at)
    kwh = ZERO
    for index, (period, prices) in enumerate(zip(cdr.periods, usage.prices, strict=True)):
        starts_at = period.starts_at
        local = starts_at.astimezone(zone) if zone is not None else None
        moment = Moment(index, period, starts_at - began, kwh, local)
        usage.moments.append(moment)
        charging, used, ran_out = prices.at(moment) if prices is not None else _NO_PRICES
        reserved = ran_out if expired else used
        fee, reserved_fee = charging.get(FLAT), reserved.get(FLAT)
        if fee is not None and fee not in usage.fees and not is_reserved_only(period):
            _use_fee(usage, moment, plan.policy, fee)
        if reserved_fee is not None and reserved_fee not in usage.fees and _has_reserved_time(period):
            _use_fee(usage, moment, plan.policy, reserved_fee)
        kwh += _use_volumes(usage.records, moment, charging, reserved)
    return usage


def seconds_of(hours: Decimal) -> Decimal:
    """Two thirds of an hour, which `Ratio` writes with 20 decimals, are 40 minutes again, and not a step more."""
    seconds = hours * HOUR
    if not hours.same_quantum(ENDLESS):
        return seconds
    whole = rounded(seconds, _MICROSECOND)
    return whole if abs(whole - seconds) < _WRITTEN else seconds


def end_of(cdr: Cdr, index: int) -> datetime:
    """A period ends where the next one starts, the last one with the session."""
    if index + 1 < len(cdr.periods):
        return cdr.periods[index + 1].starts_at
    return cdr.ends_at or cdr.stops_at or cdr.periods[index].starts_at


def is_reserved_only(period: Period) -> bool:
    """Nothing but reserved time: the fees of charging are not due yet."""
    kinds = {volume.type for volume in period.dimensions if volume.volume}
    return RESERVED in kinds and kinds.isdisjoint((ENERGY, TIME, PARKING))


def _use_fee(usage: Usage, moment: Moment, policy: PricingPolicy, fee: Rate) -> None:
    """A fee is due once: the first one of charging and of a reservation, or (EACH) every different one."""
    record = (moment.index, FLAT, fee, ONE)
    is_reserved = fee.reservation is not None
    if policy.flat is Flat.ONCE and any((one.reservation is not None) is is_reserved for one in usage.fees):
        usage.other_fees.append(record)
    else:
        usage.records.append(record)
    usage.fees.append(fee)


def _has_reserved_time(period: Period) -> bool:
    return any(volume.type == RESERVED and volume.volume > 0 for volume in period.dimensions)


def _use_volumes(records: list[Record], moment: Moment, charging: Rates, reserved: Rates) -> Decimal:
    """Add what the period measures; the energy in it."""
    kwh = ZERO
    for volume in moment.period.dimensions:
        kind, quantity = volume.type, volume.volume
        if kind == ENERGY:
            kwh += quantity
            rate = charging.get(ENERGY)
        elif kind in TIMED:
            if quantity < 0:
                raise _negative(volume, moment)
            quantity = seconds_of(quantity) if quantity.same_quantum(ENDLESS) else quantity * HOUR
            rate = reserved.get(TIME) if kind == RESERVED else charging.get(kind)
        elif kind in BESIDE:
            continue
        else:
            raise _unknown(volume, moment)
        if rate is not None and quantity:
            records.append((moment.index, kind, rate, quantity))
    return kwh


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
