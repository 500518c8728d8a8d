from billing.disputes.models import Dispute, DisputeMessage
from billing.invoices.models import Invoice, InvoiceFile, InvoiceLine, NumberSeries
from billing.rating.models import Rating
from billing.settlement.models import SettlementRun

__all__ = [
    "Dispute",
    "DisputeMessage",
    "Invoice",
    "InvoiceFile",
    "InvoiceLine",
    "NumberSeries",
    "Rating",
    "SettlementRun",
]
