"""OCPI 2.2.1 as far as it differs from 2.3.0: another price, closed enumerations, no fields of later versions.

A struct that is not here is the same in both versions. ``Unknown`` marks a field of 2.3.0 that means nothing in 2.2.1:
whatever a partner puts there is an unknown field.
"""

# The older version narrows and replaces the types it inherits; no code takes one version's struct for the other's.
# mypy: disable-error-code="assignment"

from typing import Annotated, Any

from msgspec import Struct

from . import enums as e
from . import v230
from . import values as v
from .v230 import basics, charges, commands, locations, registration, tariffs, tokens
from .values import NON_EMPTY

Unknown = Any


class Image(basics.Image, frozen=True, kw_only=True):
    category: e.ImageCategory221


class BusinessDetails(basics.BusinessDetails, frozen=True, kw_only=True):
    logo: Image | None = None


class CredentialsRole(registration.CredentialsRole, frozen=True, kw_only=True):
    role: e.Role221
    business_details: BusinessDetails


class Credentials(registration.Credentials, frozen=True, kw_only=True):
    hub_party_id: Unknown = None
    roles: Annotated[tuple[CredentialsRole, ...], NON_EMPTY]


class ClientInfo(registration.ClientInfo, frozen=True, kw_only=True):
    role: e.Role221


class EnvironmentalImpact(basics.EnvironmentalImpact, frozen=True, kw_only=True):
    category: e.EnvironmentalImpactCategory221


class EnergyMix(basics.EnergyMix, frozen=True, kw_only=True):
    environ_impact: tuple[EnvironmentalImpact, ...] | None = None


class PublishToken(locations.PublishToken, frozen=True, kw_only=True):
    type: e.TokenType221 | None = None


class Connector(locations.Connector, frozen=True, kw_only=True):
    capabilities: Unknown = None


class Evse(locations.Evse, frozen=True, kw_only=True):
    connectors: Annotated[tuple[Connector, ...], NON_EMPTY]
    parking_restrictions: tuple[e.ParkingRestriction221, ...] | None = None
    parking: Unknown = None
    images: tuple[Image, ...] | None = None
    accepted_service_providers: Unknown = None


class Location(locations.Location, frozen=True, kw_only=True):
    publish_allowed_to: tuple[PublishToken, ...] | None = None
    parking_type: e.ParkingType221 | None = None
    evses: tuple[Evse, ...] | None = None
    parking_places: Unknown = None
    operator: BusinessDetails | None = None
    suboperator: BusinessDetails | None = None
    owner: BusinessDetails | None = None
    images: tuple[Image, ...] | None = None
    energy_mix: EnergyMix | None = None
    help_phone: Unknown = None


class Price(Struct, frozen=True, kw_only=True):
    excl_vat: v.Number
    incl_vat: v.Number | None = None


class TariffRestrictions(tariffs.TariffRestrictions, frozen=True, kw_only=True):
    booking: Unknown = None


class TariffElement(tariffs.TariffElement, frozen=True, kw_only=True):
    restrictions: TariffRestrictions | None = None


class Tariff(tariffs.Tariff, frozen=True, kw_only=True):
    min_price: Price | None = None
    max_price: Price | None = None
    elements: Annotated[tuple[TariffElement, ...], NON_EMPTY]
    tax_included: Unknown = None
    energy_mix: EnergyMix | None = None
    preauthorize_amount: Unknown = None


class Token(tokens.Token, frozen=True, kw_only=True):
    type: e.TokenType221


class AuthorizationInfo(tokens.AuthorizationInfo, frozen=True, kw_only=True):
    token: Token


class StartSession(commands.StartSession, frozen=True, kw_only=True):
    token: Token


class ReserveNow(commands.ReserveNow, frozen=True, kw_only=True):
    token: Token


class CdrToken(tokens.CdrToken, frozen=True, kw_only=True):
    type: e.TokenType221


class CdrDimension(charges.CdrDimension, frozen=True, kw_only=True):
    type: e.CdrDimensionType221


class ChargingPeriod(charges.ChargingPeriod, frozen=True, kw_only=True):
    dimensions: Annotated[tuple[CdrDimension, ...], NON_EMPTY]


class Session(charges.Session, frozen=True, kw_only=True):
    cdr_token: CdrToken
    charging_periods: tuple[ChargingPeriod, ...] | None = None
    total_cost: Price | None = None


class Cdr(charges.Cdr, frozen=True, kw_only=True):
    cdr_token: CdrToken
    tariffs: tuple[Tariff, ...] | None = None
    charging_periods: Annotated[tuple[ChargingPeriod, ...], NON_EMPTY]
    total_cost: Price
    total_fixed_cost: Price | None = None
    total_energy_cost: Price | None = None
    total_time_cost: Price | None = None
    total_parking_cost: Price | None = None
    total_reservation_cost: Price | None = None
    booking_id: Unknown = None


# Modules that came with 2.3.0.
_NEWER = {"invoice_reconciliation_record", "financial_advice_confirmation", "booking_request"}
_NEWER |= {"terminal", "terminal_activation", "terminal_assignment", "booking_location", "calendar", "booking"}

STRUCTS: dict[str, type[Struct]] = {kind: struct for kind, struct in v230.STRUCTS.items() if kind not in _NEWER} | {
    "location": Location,
    "evse": Evse,
    "connector": Connector,
    "tariff": Tariff,
    "token": Token,
    "session": Session,
    "cdr": Cdr,
    "credentials": Credentials,
    "client_info": ClientInfo,
    "authorization_info": AuthorizationInfo,
    "start_session": StartSession,
    "reserve_now": ReserveNow,
}
