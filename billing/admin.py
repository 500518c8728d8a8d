from billing.disputes import admin as disputes_admin
from billing.invoices import admin as invoices_admin
from billing.rating import admin as rating_admin
from billing.settlement import admin as settlement_admin

__all__ = ["disputes_admin", "invoices_admin", "rating_admin", "settlement_admin"]
