"""The bookings extension (section 5.5)."""

from typing import Annotated

from msgspec import Struct

from .. import enums as e
from .. import values as v
from ..values import NON_EMPTY
from .tokens import CdrToken as BookingToken  # the same five fields


class Period(Struct, frozen=True, kw_only=True):
    start_date_time: v.Instant
    end_date_time: v.Instant


class Timeslot(Period, frozen=True, kw_only=True):
    min_power: v.Number | None = None
    max_power: v.Number | None = None
    green_energy_support: bool | None = None


class Calendar(Struct, frozen=True, kw_only=True):
    id: v.Id36
    begin_from: v.Instant
    end_before: v.Instant
    timeslot_increment: v.Int | None = None
    available_timeslots: Annotated[tuple[Timeslot, ...], NON_EMPTY]
    last_updated: v.Instant


class BookingOption(Struct, frozen=True, kw_only=True):
    evse_uid: v.Ci36 | None = None
    connector_id: v.Ci36 | None = None
    parking_id: v.Ci36 | None = None
    evse_position: tuple[e.EvsePosition, ...] | None = None
    vehicle_types: tuple[v.OpenEnum, ...] | None = None
    connector_format: tuple[e.ConnectorFormat, ...] | None = None
    connector_types: tuple[v.OpenEnum, ...] | None = None
    power_types: tuple[e.PowerType, ...] | None = None
    max_vehicle_weight: v.Number | None = None
    max_vehicle_height: v.Number | None = None
    max_vehicle_length: v.Number | None = None
    max_vehicle_width: v.Number | None = None
    min_parking_space_length: v.Number | None = None
    min_parking_space_width: v.Number | None = None
    dangerous_goods_allowed: bool | None = None
    drive_through: bool | None = None
    refrigeration_outlet: bool | None = None


class BookingTerms(Struct, frozen=True, kw_only=True):
    rfid_auth_required: bool | None = None
    token_groups_supported: bool | None = None
    remote_auth_supported: bool | None = None
    supported_access_methods: Annotated[tuple[e.AccessMethod, ...], NON_EMPTY]
    change_until_minutes: v.Number
    cancel_until_minutes: v.Number
    change_not_allowed: bool | None = None
    early_start_allowed: bool | None = None
    early_start_time: v.Number | None = None
    noshow_timeout: v.Number | None = None
    noshow_fee: bool | None = None
    late_stop_allowed: bool | None = None
    late_stop_time: v.Number | None = None
    overlapping_bookings_allowed: bool | None = None
    min_booking_duration: v.Number | None = None
    max_booking_duration: v.Number | None = None
    booking_terms: v.Link | None = None


class Policy(Struct, frozen=True, kw_only=True):
    reservation_required: bool
    ad_hoc: v.Number | None = None


class BookingLocation(Struct, frozen=True, kw_only=True):
    country_code: v.CountryCode
    party_id: v.PartyId
    id: v.Id36
    location_id: v.Id36
    booking_option: BookingOption | None = None
    policy: Policy | None = None
    tariff_ids: tuple[v.Id36, ...] | None = None
    booking_terms: BookingTerms | None = None
    calendars: tuple[Calendar, ...] | None = None
    last_updated: v.Instant


class AccessInformation(Struct, frozen=True, kw_only=True):
    method: e.AccessMethod
    value: v.Text | None = None


class Cancellation(Struct, frozen=True, kw_only=True):
    cancellation_reason: e.CanceledReason
    who_canceled: e.Role


class BookingRequest(Struct, frozen=True, kw_only=True):
    country_code: v.CountryCode
    party_id: v.PartyId
    request_id: v.Id36
    booking_option: BookingOption | None = None
    location_id: v.Id36
    booking_location_id: v.Id36
    tokens: tuple[BookingToken, ...] | None = None
    access_information: tuple[AccessInformation, ...] | None = None
    period: Period
    authorization_reference: v.Id36
    power_required: v.Int | None = None
    canceled: Cancellation | None = None


class BookingRequestStatus(Struct, frozen=True, kw_only=True):
    request_status: e.ReservationRequestStatus
    booking_request: BookingRequest
    request_received: v.Instant


class Booking(Struct, frozen=True, kw_only=True):
    id: v.Id36
    country_code: v.CountryCode
    party_id: v.PartyId
    request_id: v.Id36
    booking_option: BookingOption | None = None
    location_id: v.Id36
    booking_tokens: tuple[BookingToken, ...] | None = None
    tariff_ids: tuple[v.Id36, ...] | None = None
    period: Timeslot
    reservation_status: e.ReservationStatus
    canceled: Cancellation | None = None
    access_information: tuple[AccessInformation, ...] | None = None
    authorization_reference: v.Id36
    booking_terms: BookingTerms
    booking_requests: Annotated[tuple[BookingRequestStatus, ...], NON_EMPTY]
    last_updated: v.Instant
