from django.contrib import admin

from roaming.bookings.models import Booking, BookingLocation
from roaming.ocpi.admin import OcpiObjectAdmin


@admin.register(BookingLocation)
class BookingLocationAdmin(OcpiObjectAdmin):
    list_display = ("ocpi_id", "party", "location_id", "calendar_count", "last_updated")
    list_filter = ("party__connection",)
    search_fields = ("ocpi_id", "location_id", "party__party_id")
    readonly_fields = ("object_text",)


@admin.register(Booking)
class BookingAdmin(OcpiObjectAdmin):
    list_select_related = ("party", "emsp")
    list_display = ("ocpi_id", "party", "emsp", "status", "location_id", "starts_at", "ends_at", "last_updated")
    list_filter = ("status", "party__connection")
    search_fields = ("ocpi_id", "request_id", "location_id", "party__party_id")
    date_hierarchy = "starts_at"
    readonly_fields = ("object_text",)
