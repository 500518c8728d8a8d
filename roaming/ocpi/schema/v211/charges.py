"""Tariffs, tokens, sessions and CDRs (sections 4.2 to 4.5). Amounts of money are plain numbers without VAT."""

from typing import Annotated

from msgspec import Struct

from .. import enums as e
from .. import values as v
from ..values import NON_EMPTY
from . import texts as t
from .basics import DisplayText, EnergyMix
from .locations import Location, LocationReferences


class PriceComponent(Struct, frozen=True, kw_only=True):
    type: e.TariffDimensionType
    price: v.Number
    step_size: v.Int


class TariffRestrictions(Struct, frozen=True, kw_only=True):
    start_time: v.ClockTime | None = None
    end_time: v.ClockTime | None = None
    start_date: v.Day | None = None
    end_date: v.Day | None = None
    min_kwh: v.Number | None = None
    max_kwh: v.Number | None = None
    min_power: v.Number | None = None
    max_power: v.Number | None = None
    min_duration: v.Int | None = None
    max_duration: v.Int | None = None
    day_of_week: tuple[e.DayOfWeek, ...] | None = None


class TariffElement(Struct, frozen=True, kw_only=True):
    price_components: Annotated[tuple[PriceComponent, ...], NON_EMPTY]
    restrictions: TariffRestrictions | None = None


class Tariff(Struct, frozen=True, kw_only=True):
    id: v.Id36
    currency: v.Currency
    tariff_alt_text: tuple[DisplayText, ...] | None = None
    tariff_alt_url: t.Link | None = None
    elements: Annotated[tuple[TariffElement, ...], NON_EMPTY]
    energy_mix: EnergyMix | None = None
    last_updated: v.Instant


class Token(Struct, frozen=True, kw_only=True):
    uid: v.Id36
    type: e.TokenType211
    auth_id: t.S36
    visual_number: t.S64 | None = None
    issuer: t.S64
    valid: bool
    whitelist: e.WhitelistType
    language: v.Language | None = None
    last_updated: v.Instant


class AuthorizationInfo(Struct, frozen=True, kw_only=True):
    allowed: e.AllowedType
    location: LocationReferences | None = None
    info: DisplayText | None = None


class CdrDimension(Struct, frozen=True, kw_only=True):
    type: e.CdrDimensionType211
    volume: v.Number


class ChargingPeriod(Struct, frozen=True, kw_only=True):
    start_date_time: v.Instant
    dimensions: Annotated[tuple[CdrDimension, ...], NON_EMPTY]


class Session(Struct, frozen=True, kw_only=True):
    id: v.Id36
    start_datetime: v.Instant
    end_datetime: v.Instant | None = None
    kwh: v.Number
    auth_id: t.S36
    auth_method: e.AuthMethod211
    location: Location
    meter_id: t.S255 | None = None
    currency: v.Currency
    charging_periods: tuple[ChargingPeriod, ...] | None = None
    total_cost: v.Number | None = None
    status: e.SessionStatus211
    last_updated: v.Instant


class Cdr(Struct, frozen=True, kw_only=True):
    id: v.Id36
    start_date_time: v.Instant
    stop_date_time: v.Instant
    auth_id: t.S36
    auth_method: e.AuthMethod211
    location: Location
    meter_id: t.S255 | None = None
    currency: v.Currency
    tariffs: tuple[Tariff, ...] | None = None
    charging_periods: Annotated[tuple[ChargingPeriod, ...], NON_EMPTY]
    total_cost: v.Number
    total_energy: v.Number
    total_time: v.Number
    total_parking_time: v.Number | None = None
    remark: t.S255 | None = None
    last_updated: v.Instant
