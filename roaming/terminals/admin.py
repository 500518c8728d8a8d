from django.contrib import admin

from partners.people.permissions import Grant
from roaming.ocpi.admin import OcpiObjectAdmin
from roaming.terminals.models import FinancialAdvice, Terminal


@admin.register(Terminal)
class TerminalAdmin(OcpiObjectAdmin):
    list_select_related = ("party", "cpo")
    list_display = ("ocpi_id", "party", "cpo", "city", "reference", "customer_reference", "last_updated")
    list_filter = (("deactivated_at", admin.EmptyFieldListFilter), "party__connection")
    search_fields = ("ocpi_id", "reference", "customer_reference", "party__party_id")
    readonly_fields = ("object_text",)


@admin.register(FinancialAdvice)
class FinancialAdviceAdmin(OcpiObjectAdmin):
    view_grant = Grant.VIEW_MONEY
    list_select_related = ("party", "cpo")
    list_display = ("ocpi_id", "party", "cpo", "authorization_reference", "status", "total", "currency", "last_updated")
    list_filter = ("status", "currency", "party__connection")
    search_fields = ("ocpi_id", "authorization_reference", "party__party_id")
    readonly_fields = ("object_text",)
