"""The payments extension (section 5.4). Its CiStrings that people read are any text here: Straße is no ASCII."""

from typing import Annotated

from msgspec import Struct

from .. import enums as e
from .. import values as v
from ..values import NON_EMPTY
from .basics import GeoLocation
from .tariffs import Price


class UnnamedTerminal(Struct, frozen=True, kw_only=True):
    """A terminal that has no id yet, or whose id stands in the address: activation and assignment."""

    terminal_id: v.Id36 | None = None
    customer_reference: v.Ci36 | None = None
    party_id: v.PartyId | None = None
    country_code: v.CountryCode | None = None
    address: v.Str45 | None = None
    city: v.Str45 | None = None
    postal_code: v.Str10 | None = None
    state: v.Str20 | None = None
    country: v.Country | None = None
    coordinates: GeoLocation | None = None
    invoice_base_url: v.Link | None = None
    invoice_creator: e.InvoiceCreator | None = None
    reference: v.Ci36 | None = None
    location_ids: tuple[v.Id36, ...] | None = None
    evse_uids: tuple[v.Id36, ...] | None = None
    last_updated: v.Instant


class Terminal(UnnamedTerminal, frozen=True, kw_only=True):
    terminal_id: v.Id36


class FinancialAdviceConfirmation(Struct, frozen=True, kw_only=True):
    id: v.Id36
    authorization_reference: v.Id36
    total_costs: Price
    currency: v.CiCurrency
    eft_data: Annotated[tuple[Annotated[v.Str255, NON_EMPTY], ...], NON_EMPTY]
    capture_status_code: e.CaptureStatusCode
    capture_status_message: v.Str255 | None = None
    last_updated: v.Instant
