from django.contrib import admin

from partners.people.permissions import Grant
from roaming.invoice_records.models import InvoiceRecord
from roaming.ocpi.admin import OcpiObjectAdmin


@admin.register(InvoiceRecord)
class InvoiceRecordAdmin(OcpiObjectAdmin):
    view_grant = Grant.VIEW_MONEY
    list_select_related = ("party", "counterparty")
    list_display = ("ocpi_id", "party", "counterparty", "invoice_id", "last_updated", "deleted_at")
    list_filter = (("deleted_at", admin.EmptyFieldListFilter), "party__connection")
    search_fields = ("ocpi_id", "invoice_id", "party__party_id")
    readonly_fields = ("object_text",)
