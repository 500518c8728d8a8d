from django.contrib import admin

from roaming.ocpi.admin import OcpiObjectAdmin
from roaming.sessions.models import Session


@admin.register(Session)
class SessionAdmin(OcpiObjectAdmin):
    list_select_related = ("party", "emsp")
    list_display = ("ocpi_id", "party", "emsp", "status", "started_at", "ended_at", "energy_kwh", "cost", "currency")
    list_filter = ("status", "currency", "party__connection")
    search_fields = ("ocpi_id", "token_uid", "location_id", "party__party_id")
    date_hierarchy = "started_at"
    readonly_fields = ("object_text",)
