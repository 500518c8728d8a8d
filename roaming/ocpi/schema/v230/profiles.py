"""How fast to charge: what the driver prefers (section 4.2) and charging profiles (section 5.1)."""

from msgspec import Struct

from .. import enums as e
from .. import values as v


class ChargingPreferences(Struct, frozen=True, kw_only=True):
    profile_type: e.ProfileType
    departure_time: v.Instant | None = None
    energy_need: v.Number | None = None
    discharge_allowed: bool | None = None


class ChargingProfilePeriod(Struct, frozen=True, kw_only=True):
    start_period: v.Int
    limit: v.Number


class ChargingProfile(Struct, frozen=True, kw_only=True):
    start_date_time: v.Instant | None = None
    duration: v.Int | None = None
    charging_rate_unit: e.ChargingRateUnit
    min_charging_rate: v.Number | None = None
    charging_profile_period: tuple[ChargingProfilePeriod, ...] | None = None


class ActiveChargingProfile(Struct, frozen=True, kw_only=True):
    start_date_time: v.Instant
    charging_profile: ChargingProfile


class SetChargingProfile(Struct, frozen=True, kw_only=True):
    charging_profile: ChargingProfile
    response_url: v.HttpUrl


class ChargingProfileResponse(Struct, frozen=True, kw_only=True):
    result: e.ChargingProfileResponseType
    timeout: v.Int


class ActiveChargingProfileResult(Struct, frozen=True, kw_only=True):
    result: e.ChargingProfileResultType
    profile: ActiveChargingProfile | None = None


class ChargingProfileResult(Struct, frozen=True, kw_only=True):
    result: e.ChargingProfileResultType


class ClearProfileResult(Struct, frozen=True, kw_only=True):
    result: e.ChargingProfileResultType
