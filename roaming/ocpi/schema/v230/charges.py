"""What was charged: sessions and CDRs (sections 4.2 and 4.3)."""

from typing import Annotated

from msgspec import Struct

from .. import enums as e
from .. import values as v
from ..values import NON_EMPTY
from .basics import GeoLocation
from .tariffs import Price, Tariff
from .tokens import CdrToken


class CdrDimension(Struct, frozen=True, kw_only=True):
    type: e.CdrDimensionType
    volume: v.Number


class ChargingPeriod(Struct, frozen=True, kw_only=True):
    start_date_time: v.Instant
    dimensions: Annotated[tuple[CdrDimension, ...], NON_EMPTY]
    tariff_id: v.Ci36 | None = None


class Session(Struct, frozen=True, kw_only=True):
    country_code: v.CountryCode
    party_id: v.PartyId
    id: v.Id36
    start_date_time: v.Instant
    end_date_time: v.Instant | None = None
    kwh: v.Number
    cdr_token: CdrToken
    auth_method: e.AuthMethod
    authorization_reference: v.Ci36 | None = None
    location_id: v.Id36
    evse_uid: v.Id36
    connector_id: v.Id36
    meter_id: v.Str255 | None = None
    currency: v.Currency
    charging_periods: tuple[ChargingPeriod, ...] | None = None
    total_cost: Price | None = None
    status: e.SessionStatus
    last_updated: v.Instant


class CdrLocation(Struct, frozen=True, kw_only=True):
    id: v.Id36
    name: v.Str255 | None = None
    address: v.Str45
    city: v.Str45
    postal_code: v.Str10 | None = None
    state: v.Str20 | None = None
    country: v.Country
    coordinates: GeoLocation
    evse_uid: v.Id36
    evse_id: v.Ci48
    connector_id: v.Id36
    connector_standard: v.OpenEnum
    connector_format: e.ConnectorFormat
    connector_power_type: e.PowerType


class SignedValue(Struct, frozen=True, kw_only=True):
    nature: v.Ci32
    plain_data: v.Str5000
    signed_data: v.Str5000


class SignedData(Struct, frozen=True, kw_only=True):
    encoding_method: v.Ci36
    encoding_method_version: v.Int | None = None
    public_key: v.Str512 | None = None
    signed_values: Annotated[tuple[SignedValue, ...], NON_EMPTY]
    url: v.Str512 | None = None


class Cdr(Struct, frozen=True, kw_only=True):
    country_code: v.CountryCode
    party_id: v.PartyId
    id: v.Id39
    start_date_time: v.Instant
    end_date_time: v.Instant
    session_id: v.Ci36 | None = None
    cdr_token: CdrToken
    auth_method: e.AuthMethod
    authorization_reference: v.Ci36 | None = None
    cdr_location: CdrLocation
    meter_id: v.Str255 | None = None
    currency: v.Currency
    tariffs: tuple[Tariff, ...] | None = None
    charging_periods: Annotated[tuple[ChargingPeriod, ...], NON_EMPTY]
    signed_data: SignedData | None = None
    total_cost: Price
    total_fixed_cost: Price | None = None
    total_energy: v.Number
    total_energy_cost: Price | None = None
    total_time: v.Number
    total_time_cost: Price | None = None
    total_parking_time: v.Number | None = None
    total_parking_cost: Price | None = None
    total_reservation_cost: Price | None = None
    remark: v.Str255 | None = None
    invoice_reference_id: v.Ci39 | None = None
    credit: bool | None = None
    credit_reference_id: v.Ci39 | None = None
    home_charging_compensation: bool | None = None
    booking_id: v.Ci36 | None = None
    last_updated: v.Instant
