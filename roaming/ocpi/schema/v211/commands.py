"""What an eMSP asks of a CPO and how it is answered (section 4.6)."""

from msgspec import Struct

from .. import enums as e
from .. import values as v
from . import texts as t
from .charges import Token


class StartSession(Struct, frozen=True, kw_only=True):
    response_url: v.HttpUrl
    token: Token
    location_id: t.PlaceId
    evse_uid: t.S36 | None = None


class StopSession(Struct, frozen=True, kw_only=True):
    response_url: v.HttpUrl
    session_id: v.Id36


class ReserveNow(Struct, frozen=True, kw_only=True):
    response_url: v.HttpUrl
    token: Token
    expiry_date: v.Instant
    reservation_id: v.Int
    location_id: t.PlaceId
    evse_uid: t.S36 | None = None


class UnlockConnector(Struct, frozen=True, kw_only=True):
    response_url: v.HttpUrl
    location_id: t.PlaceId
    evse_uid: t.PlaceId
    connector_id: v.Id36


class CommandResponse(Struct, frozen=True, kw_only=True):
    """The answer at once and, the same object again, what became of it."""

    result: e.CommandResponseType211
