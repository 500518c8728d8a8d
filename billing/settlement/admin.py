"""Settlement runs are made by the service; the admin shows them and leads to their document."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html

from billing.settlement.models import SettlementRun
from partners.people.admin_access import GrantedAdmin
from partners.people.permissions import Grant


@admin.register(SettlementRun)
class SettlementRunAdmin(GrantedAdmin):
    view_grant = Grant.VIEW_MONEY
    list_display = ["__str__", "agreement", "period_starts_date", "cdr_count", "document", "run_at", "run_by"]
    list_filter = ["agreement", "period_starts_date"]
    list_select_related = ["agreement", "invoice__agreement", "run_by"]
    search_fields = ["agreement__reference"]
    date_hierarchy = "period_starts_date"
    readonly_fields = ["document"]

    @admin.display(description="Document")
    def document(self, run: SettlementRun) -> str:
        """A link to the invoice or statement of the run; a dash for a run without CDRs."""
        invoice = getattr(run, "invoice", None)
        if invoice is None:
            return "–"
        return format_html('<a href="{}">{}</a>', reverse("admin:billing_invoice_change", args=[invoice.pk]), invoice)
