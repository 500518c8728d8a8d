"""Who speaks and how: credentials, versions, endpoints, and who is behind a hub (chapters 2, 3 and 5.2)."""

from typing import Annotated

from msgspec import Struct

from .. import enums as e
from .. import values as v
from ..values import NON_EMPTY
from .basics import BusinessDetails


class CredentialsRole(Struct, frozen=True, kw_only=True):
    role: e.Role
    business_details: BusinessDetails
    party_id: v.PartyId
    country_code: v.CountryCode


class Credentials(Struct, frozen=True, kw_only=True):
    token: v.CredentialsToken
    url: v.HttpUrl
    hub_party_id: v.HubPartyId | None = None
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


class ClientInfo(Struct, frozen=True, kw_only=True):
    party_id: v.PartyId
    country_code: v.CountryCode
    role: e.Role
    status: e.ConnectionStatus
    last_updated: v.Instant
