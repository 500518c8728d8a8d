"""A walk through the charging periods: what was used, under which rate, and how much of it is billed.

Volumes are read, never computed from times: a period may last two hours and hold half an hour of TIME. Restrictions are
asked once, at the start of a period, because a CPO shall start one at every moment that matters (spec: ChargingPeriod).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import NamedTuple

from msgspec import Struct

from billing.pricing.errors import CannotPrice
from billing.pricing.exact import ENDLESS, ONE, ZERO, exactly, rounded
from billing.pricing.moments import Moment, minutes_of
from billing.pricing.plan import Plan, Prices, Rate, Rates
from billing.pricing.policy import Flat, PricingPolicy, WrittenHours
from billing.pricing.shapes import ENERGY, FLAT, PARKING, RESERVED, TIME, TIMED, Cdr, Period, Tariff, Volume

HOUR = Decimal(3600)
# What times are told by, in decimals of a second, and how far from it a part of an hour may be written.
_MICROSECOND = 6
_WRITTEN = Decimal("1e-15")
# Half of the last digit of an hour with four decimals, in seconds.
_HALF_A_DIGIT = Decimal("0.18")
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
    }
)
# How they are paid, the tariff chapter does not say.
OF_BOOKINGS = frozenset({"RESERVATION_EXPIRES", "RESERVATION_OVERTIME"})
_NO_PRICES: tuple[Rates, Rates, Rates] = ({}, {}, {})


# Place of the moment, type of the volume (or FLAT), rate, and kWh, seconds or fees. A plain tuple: made by the million.
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


class Usage(Struct):
    """What a walk found: a moment for each period, and what was used under which rate, or under none.

    `priced` is what has a rate, by its kind, and `unpriced` what has none; `billed` is the sum of each rate with what
    steps put on top, `added` that alone, by the place of the record. `fees` became active; `other_fees` are those of
    them that are not billed, because another one was there before. `bookings` are what only a booking is charged for,
    by the number of the period.
    """

    cdr: Cdr
    prices: list[Prices | None]
    moments: list[Moment] = []
    records: list[Record] = []
    unpriced: dict[str, Decimal] = {}
    bookings: list[tuple[int, str]] = []
    kwh: Decimal = ZERO
    priced: dict[str, Decimal] = {}
    billed: dict[Rate, Decimal] = {}
    added: dict[int, Decimal] = {}
    other_fees: list[Record] = []
    fees: list[Rate] = []

    def uses(self) -> Iterator[Use]:
        for place, (index, kind, rate, quantity) in enumerate(self.records):
            yield Use(self.moments[index], kind, rate, quantity, self.added.get(place, ZERO))

    @property
    def limiting(self) -> Tariff | None:
        """The tariff whose minimum and maximum price hold the session: the first that prices it."""
        for prices in self.prices:
            if prices is not None:
                return prices.tariff
        return None

    def metered(self, kind: str) -> Decimal:
        """All of it, priced or not: kWh or seconds."""
        priced, free = self.priced.get(kind), self.unpriced.get(kind)
        if priced is None or free is None:
            return priced or free or ZERO
        with exactly():
            return priced + free

    def billed_as(self, kind: str) -> Decimal:
        """What of it has a rate, with what steps add."""
        if kind not in self.priced:
            return ZERO
        with exactly():
            return sum([quantity for rate, quantity in self.billed.items() if rate.kind == kind], ZERO)


def meter(
    cdr: Cdr, plan: Plan, prices_of: list[Prices | None], numbers: Sequence[int], zone: tzinfo | None, expired: bool
) -> Usage:
    """Walk through the periods, each with its tariff (None: nothing prices it) and its number (see Moment). Raises
    CannotPrice."""
    usage = Usage(cdr, prices_of)
    moments, fees = usage.moments, usage.fees
    began = min(cdr.starts_at, cdr.periods[0].starts_at)
    kwh = ZERO
    local, minutes = None, 0
    snaps = plan.policy.written_hours is WrittenHours.WHOLE_SECONDS
    for index, (period, prices) in enumerate(zip(cdr.periods, prices_of, strict=True)):
        starts_at = period.starts_at
        if zone is not None:
            local = starts_at.astimezone(zone)
            minutes = minutes_of(local)
        moment = Moment(index, numbers[index], period, starts_at - began, kwh, local, minutes)
        moments.append(moment)
        charging, used, ran_out = prices.at(moment) if prices is not None else _NO_PRICES
        reserved = ran_out if expired else used
        fee = charging.get(FLAT)
        if fee is not None and fee not in fees and not is_reserved_only(period):
            _use_fee(usage, moment, plan.policy, fee)
        if reserved:
            fee = reserved.get(FLAT)
            if fee is not None and fee not in fees and _has_reserved_time(period):
                _use_fee(usage, moment, plan.policy, fee)
        kwh = _use_volumes(usage, moment, charging, reserved, snaps)
    usage.kwh = kwh
    _sum(usage)
    return usage


def _sum(usage: Usage) -> None:
    """By rate, and of these by kind: there are fewer of them."""
    billed, priced = usage.billed, usage.priced
    for _, _, rate, quantity in usage.records:
        known = billed.get(rate)
        billed[rate] = quantity if known is None else known + quantity
    for rate, quantity in billed.items():
        known = priced.get(rate.kind)
        priced[rate.kind] = quantity if known is None else known + quantity


def seconds_of(hours: Decimal) -> Decimal:
    """Two thirds of an hour, which `Ratio` writes with 20 decimals, are 40 minutes again, and not a step more."""
    seconds = hours * HOUR
    if not hours.same_quantum(ENDLESS):
        return seconds
    whole = rounded(seconds, _MICROSECOND)
    return whole if abs(whole - seconds) < _WRITTEN else seconds


def _whole(seconds: Decimal) -> Decimal:
    """The whole second that an hour of four decimals was rounded from, if one can be that."""
    whole = rounded(seconds, 0)
    return whole if abs(whole - seconds) <= _HALF_A_DIGIT else seconds


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


def _use_volumes(usage: Usage, moment: Moment, charging: Rates, reserved: Rates, snaps: bool) -> Decimal:
    """Add what the period measures; the energy charged at its end. With `snaps` times are whole seconds."""
    index, kwh, records = moment.index, moment.kwh, usage.records
    for volume in moment.period.dimensions:
        kind = volume.type
        quantity = volume.volume
        if kind == ENERGY:
            kwh += quantity
            rate = charging.get(ENERGY)
        elif kind in TIMED:
            if quantity < ZERO:
                raise _negative(volume, moment)
            quantity = seconds_of(quantity) if quantity.same_quantum(ENDLESS) else quantity * HOUR
            if snaps:
                quantity = _whole(quantity)
            rate = reserved.get(TIME) if kind == RESERVED else charging.get(kind)
        elif kind in BESIDE:
            continue
        elif kind in OF_BOOKINGS:
            if quantity:
                usage.bookings.append((moment.number, kind))
            continue
        else:
            raise _unknown(volume, moment)
        if rate is not None and quantity:
            records.append((index, kind, rate, quantity))
        elif quantity:
            known = usage.unpriced.get(kind)
            usage.unpriced[kind] = quantity if known is None else known + quantity
    return kwh


def _negative(volume: Volume, moment: Moment) -> CannotPrice:
    return CannotPrice(
        "negative_time",
        _path(volume, moment),
        f"Charging period {moment.number + 1} has {volume.type} of {volume.volume:f} hours.",
    )


def _unknown(volume: Volume, moment: Moment) -> CannotPrice:
    return CannotPrice(
        "unknown_dimension",
        _path(volume, moment),
        f"Charging period {moment.number + 1} measures {volume.type[:40]!r}, which is not known.",
    )


def _path(volume: Volume, moment: Moment) -> str:
    position = next(i for i, one in enumerate(moment.period.dimensions) if one is volume)
    return f"$.charging_periods[{moment.number}].dimensions[{position}]"
