from django.contrib import admin

from roaming.hub.models import ClientInfo, HubNotice
from roaming.ocpi.admin import OcpiObjectAdmin


@admin.register(HubNotice)
class HubNoticeAdmin(OcpiObjectAdmin):
    list_display = ("party", "ocpi_id", "status", "last_updated")
    list_filter = ("status", "party__connection")
    search_fields = ("party__party_id",)
    readonly_fields = ("object_text",)


@admin.register(ClientInfo)
class ClientInfoAdmin(OcpiObjectAdmin):
    list_display = ("party", "ocpi_id", "status", "last_updated")
    list_filter = ("status", "party__connection")
    search_fields = ("party__party_id",)
    readonly_fields = ("object_text",)
