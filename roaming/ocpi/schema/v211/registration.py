"""Who speaks and how: credentials of one party, and endpoints without a role (chapters 2 and 3)."""

from typing import Annotated

from msgspec import Struct

from .. import values as v
from ..values import NON_EMPTY
from .basics import BusinessDetails


class Credentials(Struct, frozen=True, kw_only=True):
    token: v.CredentialsToken
    url: v.HttpUrl
    business_details: BusinessDetails
    party_id: v.PartyId
    country_code: v.CountryCode


class Endpoint(Struct, frozen=True, kw_only=True):
    identifier: v.OpenEnum
    url: v.HttpUrl


class VersionDetails(Struct, frozen=True, kw_only=True):
    version: v.Str10
    endpoints: Annotated[tuple[Endpoint, ...], NON_EMPTY]
