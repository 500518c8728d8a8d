from django.contrib import admin

from roaming.locations.models import Location
from roaming.ocpi.admin import OcpiObjectAdmin


@admin.register(Location)
class LocationAdmin(OcpiObjectAdmin):
    list_display = ("ocpi_id", "party", "name", "address", "city", "country", "evse_count", "last_updated")
    list_filter = ("publish", "country", "party__connection")
    search_fields = ("ocpi_id", "name", "address", "city", "party__party_id")
    readonly_fields = ("object_text",)
