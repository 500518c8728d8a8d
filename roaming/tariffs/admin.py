from django.contrib import admin

from partners.people.permissions import Grant
from roaming.ocpi.admin import OcpiObjectAdmin
from roaming.tariffs.models import Tariff


@admin.register(Tariff)
class TariffAdmin(OcpiObjectAdmin):
    view_grant = Grant.VIEW_MONEY
    list_display = ("ocpi_id", "party", "currency", "type", "starts_at", "ends_at", "last_updated", "deleted_at")
    list_filter = ("currency", "type", ("deleted_at", admin.EmptyFieldListFilter), "party__connection")
    search_fields = ("ocpi_id", "party__party_id")
    readonly_fields = ("object_text",)
