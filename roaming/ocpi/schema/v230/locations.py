"""Where one can charge (section 4.1)."""

from typing import Annotated

from msgspec import Struct

from .. import enums as e
from .. import values as v
from ..values import NON_EMPTY
from .basics import BusinessDetails, DisplayText, EnergyMix, GeoLocation, Image


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


class LocationReferences(Struct, frozen=True, kw_only=True):
    location_id: v.Id36
    evse_uids: tuple[v.Id36, ...] | None = None
