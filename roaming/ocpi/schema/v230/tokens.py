"""Who may charge (section 4.5)."""

from msgspec import Struct

from .. import enums as e
from .. import values as v
from .basics import DisplayText
from .locations import LocationReferences


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


class CdrToken(Struct, frozen=True, kw_only=True):
    country_code: v.CountryCode
    party_id: v.PartyId
    uid: v.Id36
    type: v.OpenEnum
    contract_id: v.Ci36


class AuthorizationInfo(Struct, frozen=True, kw_only=True):
    allowed: e.AllowedType
    token: Token
    location: LocationReferences | None = None
    authorization_reference: v.Ci36 | None = None
    info: DisplayText | None = None
