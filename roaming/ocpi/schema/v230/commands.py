"""What an eMSP asks of a CPO and how it is answered (section 4.6)."""

from msgspec import Struct

from .. import enums as e
from .. import values as v
from .basics import DisplayText
from .tokens import Token


class StartSession(Struct, frozen=True, kw_only=True):
    response_url: v.HttpUrl
    token: Token
    location_id: v.Id36
    evse_uid: v.Ci36 | None = None
    connector_id: v.Ci36 | None = None
    authorization_reference: v.Ci36 | None = None


class StopSession(Struct, frozen=True, kw_only=True):
    response_url: v.HttpUrl
    session_id: v.Id36


class ReserveNow(Struct, frozen=True, kw_only=True):
    response_url: v.HttpUrl
    token: Token
    expiry_date: v.Instant
    reservation_id: v.Id36
    location_id: v.Id36
    evse_uid: v.Ci36 | None = None
    authorization_reference: v.Ci36 | None = None


class CancelReservation(Struct, frozen=True, kw_only=True):
    response_url: v.HttpUrl
    reservation_id: v.Id36


class UnlockConnector(Struct, frozen=True, kw_only=True):
    response_url: v.HttpUrl
    location_id: v.Id36
    evse_uid: v.Id36
    connector_id: v.Id36


class CommandResponse(Struct, frozen=True, kw_only=True):
    result: e.CommandResponseType
    timeout: v.Int
    message: tuple[DisplayText, ...] | None = None


class CommandResult(Struct, frozen=True, kw_only=True):
    result: e.CommandResultType
    message: tuple[DisplayText, ...] | None = None
