"""Which CDRs an invoice is about (section 5.3)."""

from typing import Annotated

from msgspec import Struct

from .. import values as v
from ..values import NON_EMPTY


class InvoiceReconciliationRecord(Struct, frozen=True, kw_only=True):
    country_code: v.CountryCode
    party_id: v.PartyId
    id: v.Id36
    invoice_id: Annotated[v.Ci255, NON_EMPTY]
    # The text says 36, but the ids of credit CDRs may have 39 (I4).
    cdrs: Annotated[tuple[v.Id39, ...], NON_EMPTY]
    last_updated: v.Instant
