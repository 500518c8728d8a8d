"""The objects of OCPI 2.3.0 (edition 2) as structs; the shape in which everything inside is kept.

Field names are OCPI's own. Unknown fields are tolerated (T86). Optional fields may be absent or null; a ``*`` list may
also be empty, a ``+`` list may not (T88). Fields of the payments and bookings extensions are there where they touch
these objects. Cross-field rules stand in ``rules``.
"""

from typing import Annotated

from msgspec import Meta, Struct

from . import enums as e
from . import values as v

NON_EMPTY = Meta(min_length=1)


class DisplayText(Struct, frozen=True, kw_only=True):
    language: v.Language
    text: v.Str512


class Image(Struct, frozen=True, kw_only=True):
    url: v.Link
    thumbnail: v.Link | None = None
    category: v.OpenEnum
    type: v.Ci4
    width: v.Int5 | None = None
    height: v.Int5 | None = None


class BusinessDetails(Struct, frozen=True, kw_only=True):
    name: v.Str100
    website: v.Link | None = None
    logo: Image | None = None


class CredentialsRole(Struct, frozen=True, kw_only=True):
    role: e.Role
    business_details: BusinessDetails
    party_id: v.PartyId
    country_code: v.CountryCode


class Credentials(Struct, frozen=True, kw_only=True):
    token: v.CredentialsToken
    url: v.HttpUrl
    hub_party_id: v.Ci5 | None = None
    roles: Annotated[tuple[CredentialsRole, ...], NON_EMPTY]


class Version(Struct, frozen=True, kw_only=True):
    version: v.Str10
    url: v.HttpUrl


class Endpoint(Struct, frozen=True, kw_only=True):
    identifier: v.OpenEnum
    role: e.InterfaceRole
    url: v.HttpUrl


class VersionDetails(Struct, frozen=True, kw_only=True):
    version: v.Str10
    endpoints: Annotated[tuple[Endpoint, ...], NON_EMPTY]


class EnergySource(Struct, frozen=True, kw_only=True):
    source: e.EnergySourceCategory
    percentage: v.Number


class EnvironmentalImpact(Struct, frozen=True, kw_only=True):
    category: v.OpenEnum
    amount: v.Number


class EnergyMix(Struct, frozen=True, kw_only=True):
    is_green_energy: bool
    energy_sources: tuple[EnergySource, ...] | None = None
    environ_impact: tuple[EnvironmentalImpact, ...] | None = None
    supplier_name: v.Str64 | None = None
    energy_product_name: v.Str64 | None = None


class GeoLocation(Struct, frozen=True, kw_only=True):
    latitude: v.Latitude
    longitude: v.Longitude


class AdditionalGeoLocation(Struct, frozen=True, kw_only=True):
    latitude: v.Latitude
    longitude: v.Longitude
    name: DisplayText | None = None


class RegularHours(Struct, frozen=True, kw_only=True):
    weekday: v.Weekday
    period_begin: v.ClockTime
    period_end: v.ClockTime


class ExceptionalPeriod(Struct, frozen=True, kw_only=True):
    period_begin: v.Instant
    period_end: v.Instant


class Hours(Struct, frozen=True, kw_only=True):
    twentyfourseven: bool
    regular_hours: tuple[RegularHours, ...] | None = None
    exceptional_openings: tuple[ExceptionalPeriod, ...] | None = None
    exceptional_closings: tuple[ExceptionalPeriod, ...] | None = None


class StatusSchedule(Struct, frozen=True, kw_only=True):
    period_begin: v.Instant
    period_end: v.Instant | None = None
    status: e.EvseStatus


class PublishToken(Struct, frozen=True, kw_only=True):
    uid: v.Ci36 | None = None
    type: v.OpenEnum | None = None
    visual_number: v.Str64 | None = None
    issuer: v.Str64 | None = None
    group_id: v.Ci36 | None = None


class Connector(Struct, frozen=True, kw_only=True):
    id: v.Id36
    standard: v.OpenEnum
    format: e.ConnectorFormat
    power_type: e.PowerType
    max_voltage: v.Int
    max_amperage: v.Int
    max_electric_power: v.Int | None = None
    tariff_ids: tuple[v.Id36, ...] | None = None
    terms_and_conditions: v.Link | None = None
    capabilities: tuple[v.OpenEnum, ...] | None = None
    last_updated: v.Instant


class EvseParking(Struct, frozen=True, kw_only=True):
    parking_id: v.Id36
    evse_position: e.EvsePosition | None = None


class Evse(Struct, frozen=True, kw_only=True):
    uid: v.Id36
    evse_id: v.Ci48 | None = None
    status: e.EvseStatus
    status_schedule: tuple[StatusSchedule, ...] | None = None
    capabilities: tuple[v.OpenEnum, ...] | None = None
    connectors: Annotated[tuple[Connector, ...], NON_EMPTY]
    floor_level: v.Str4 | None = None
    coordinates: GeoLocation | None = None
    physical_reference: v.Str16 | None = None
    directions: tuple[DisplayText, ...] | None = None
    parking_restrictions: tuple[v.OpenEnum, ...] | None = None
    parking: tuple[EvseParking, ...] | None = None
    images: tuple[Image, ...] | None = None
    accepted_service_providers: tuple[v.Str50, ...] | None = None
    last_updated: v.Instant


class Parking(Struct, frozen=True, kw_only=True):
    id: v.Id36
    physical_reference: v.Str12 | None = None
    vehicle_types: Annotated[tuple[v.OpenEnum, ...], NON_EMPTY]
    max_vehicle_weight: v.Number | None = None
    max_vehicle_height: v.Number | None = None
    max_vehicle_length: v.Number | None = None
    max_vehicle_width: v.Number | None = None
    parking_space_length: v.Number | None = None
    parking_space_width: v.Number | None = None
    dangerous_goods_allowed: bool | None = None
    direction: e.ParkingDirection | None = None
    drive_through: bool | None = None
    restricted_to_type: bool
    reservation_required: bool
    time_limit: v.Number | None = None
    roofed: bool | None = None
    images: tuple[Image, ...] | None = None
    lighting: bool | None = None
    refrigeration_outlet: bool | None = None
    standards: tuple[v.Ci36, ...] | None = None
    apds_reference: v.Ci255 | None = None


class Location(Struct, frozen=True, kw_only=True):
    country_code: v.CountryCode
    party_id: v.PartyId
    id: v.Id36
    publish: bool
    publish_allowed_to: tuple[PublishToken, ...] | None = None
    name: v.Str255 | None = None
    address: v.Str255
    city: v.Str45
    postal_code: v.Str10 | None = None
    state: v.Str45 | None = None
    country: v.Country
    coordinates: GeoLocation
    related_locations: tuple[AdditionalGeoLocation, ...] | None = None
    parking_type: v.OpenEnum | None = None
    evses: tuple[Evse, ...] | None = None
    parking_places: tuple[Parking, ...] | None = None
    directions: tuple[DisplayText, ...] | None = None
    operator: BusinessDetails | None = None
    suboperator: BusinessDetails | None = None
    owner: BusinessDetails | None = None
    facilities: tuple[v.OpenEnum, ...] | None = None
    time_zone: v.TimeZone
    opening_times: Hours | None = None
    charging_when_closed: bool | None = None
    images: tuple[Image, ...] | None = None
    energy_mix: EnergyMix | None = None
    help_phone: v.Ci25 | None = None
    last_updated: v.Instant


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


class EnergyContract(Struct, frozen=True, kw_only=True):
    supplier_name: v.Str64
    contract_id: v.Str64 | None = None


class Token(Struct, frozen=True, kw_only=True):
    country_code: v.CountryCode
    party_id: v.PartyId
    uid: v.Id36
    type: v.OpenEnum
    contract_id: v.Ci36
    visual_number: v.Str64 | None = None
    issuer: v.Str64
    group_id: v.Ci36 | None = None
    valid: bool
    whitelist: e.WhitelistType
    language: v.Language | None = None
    default_profile_type: e.ProfileType | None = None
    energy_contract: EnergyContract | None = None
    last_updated: v.Instant


class LocationReferences(Struct, frozen=True, kw_only=True):
    location_id: v.Id36
    evse_uids: tuple[v.Id36, ...] | None = None


class AuthorizationInfo(Struct, frozen=True, kw_only=True):
    allowed: e.AllowedType
    token: Token
    location: LocationReferences | None = None
    authorization_reference: v.Ci36 | None = None
    info: DisplayText | None = None


class CdrToken(Struct, frozen=True, kw_only=True):
    country_code: v.CountryCode
    party_id: v.PartyId
    uid: v.Id36
    type: v.OpenEnum
    contract_id: v.Ci36


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


STRUCTS: dict[str, type[Struct]] = {
    "location": Location,
    "evse": Evse,
    "connector": Connector,
    "tariff": Tariff,
    "token": Token,
    "session": Session,
    "cdr": Cdr,
    "credentials": Credentials,
    "version": Version,
    "version_details": VersionDetails,
    "location_references": LocationReferences,
    "authorization_info": AuthorizationInfo,
}
