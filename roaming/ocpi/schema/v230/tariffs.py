"""What charging costs (section 4.4), and amounts of money."""

from typing import Annotated

from msgspec import Struct

from .. import enums as e
from .. import values as v
from ..values import NON_EMPTY
from .basics import DisplayText, EnergyMix


class TaxAmount(Struct, frozen=True, kw_only=True):
    name: v.Text
    account_number: v.Text | None = None
    percentage: v.Number | None = None
    amount: v.Number


class Price(Struct, frozen=True, kw_only=True):
    before_taxes: v.Number
    taxes: tuple[TaxAmount, ...] | None = None


class PriceLimit(Struct, frozen=True, kw_only=True):
    before_taxes: v.Number
    after_taxes: v.Number | None = None


class PriceComponent(Struct, frozen=True, kw_only=True):
    type: e.TariffDimensionType
    price: v.Number
    vat: v.Number | None = None
    step_size: v.Int


class TariffRestrictions(Struct, frozen=True, kw_only=True):
    start_time: v.ClockTime | None = None
    end_time: v.ClockTime | None = None
    start_date: v.Day | None = None
    end_date: v.Day | None = None
    min_kwh: v.Number | None = None
    max_kwh: v.Number | None = None
    min_current: v.Number | None = None
    max_current: v.Number | None = None
    min_power: v.Number | None = None
    max_power: v.Number | None = None
    min_duration: v.Int | None = None
    max_duration: v.Int | None = None
    day_of_week: tuple[e.DayOfWeek, ...] | None = None
    reservation: e.ReservationRestriction | None = None
    booking: e.BookingRestriction | None = None


class TariffElement(Struct, frozen=True, kw_only=True):
    price_components: Annotated[tuple[PriceComponent, ...], NON_EMPTY]
    restrictions: TariffRestrictions | None = None


class Tariff(Struct, frozen=True, kw_only=True):
    country_code: v.CountryCode
    party_id: v.PartyId
    id: v.Id36
    currency: v.Currency
    type: e.TariffType | None = None
    tariff_alt_text: tuple[DisplayText, ...] | None = None
    tariff_alt_url: v.Link | None = None
    min_price: PriceLimit | None = None
    max_price: PriceLimit | None = None
    elements: Annotated[tuple[TariffElement, ...], NON_EMPTY]
    tax_included: e.TaxIncluded
    start_date_time: v.Instant | None = None
    end_date_time: v.Instant | None = None
    energy_mix: EnergyMix | None = None
    preauthorize_amount: v.Number | None = None
    last_updated: v.Instant
