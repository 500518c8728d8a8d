"""Where one can charge (section 4.1)."""

from typing import Annotated

from msgspec import Struct

from .. import enums as e
from .. import values as v
from ..v230.locations import ExceptionalPeriod, RegularHours, StatusSchedule
from ..values import NON_EMPTY
from . import texts as t
from .basics import BusinessDetails, DisplayText, EnergyMix, GeoLocation, Image


class AdditionalGeoLocation(GeoLocation, frozen=True, kw_only=True):
    name: DisplayText | None = None


class Hours(Struct, frozen=True, kw_only=True):
    regular_hours: tuple[RegularHours, ...] | None = None
    twentyfourseven: bool | None = None
    exceptional_openings: tuple[ExceptionalPeriod, ...] | None = None
    exceptional_closings: tuple[ExceptionalPeriod, ...] | None = None


class Connector(Struct, frozen=True, kw_only=True):
    id: v.Id36
    standard: v.OpenEnum
    format: e.ConnectorFormat
    power_type: e.PowerType211
    voltage: v.Int
    amperage: v.Int
    tariff_id: t.S36 | None = None
    terms_and_conditions: t.Link | None = None
    last_updated: v.Instant


class Evse(Struct, frozen=True, kw_only=True):
    uid: t.PlaceId
    evse_id: t.S48 | None = None
    status: e.EvseStatus
    status_schedule: tuple[StatusSchedule, ...] | None = None
    capabilities: tuple[v.OpenEnum, ...] | None = None
    connectors: Annotated[tuple[Connector, ...], NON_EMPTY]
    floor_level: t.S4 | None = None
    coordinates: GeoLocation | None = None
    physical_reference: t.S16 | None = None
    directions: tuple[DisplayText, ...] | None = None
    parking_restrictions: tuple[e.ParkingRestriction221, ...] | None = None
    images: tuple[Image, ...] | None = None
    last_updated: v.Instant


class Location(Struct, frozen=True, kw_only=True):
    id: t.PlaceId
    type: e.LocationType211
    name: t.S255 | None = None
    address: t.S45
    city: t.S45
    postal_code: t.S10
    country: v.Country
    coordinates: GeoLocation
    related_locations: tuple[AdditionalGeoLocation, ...] | None = None
    evses: tuple[Evse, ...] | None = None
    directions: tuple[DisplayText, ...] | None = None
    operator: BusinessDetails | None = None
    suboperator: BusinessDetails | None = None
    owner: BusinessDetails | None = None
    facilities: tuple[v.OpenEnum, ...] | None = None
    time_zone: v.TimeZone | None = None
    opening_times: Hours | None = None
    charging_when_closed: bool | None = None
    images: tuple[Image, ...] | None = None
    energy_mix: EnergyMix | None = None
    last_updated: v.Instant


class LocationReferences(Struct, frozen=True, kw_only=True):
    location_id: t.PlaceId
    evse_uids: tuple[t.PlaceId, ...] | None = None
    connector_ids: tuple[v.Id36, ...] | None = None
