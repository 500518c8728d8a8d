from django.contrib import admin

from roaming.ocpi.admin import OcpiObjectAdmin
from roaming.tokens.models import Token


@admin.register(Token)
class TokenAdmin(OcpiObjectAdmin):
    list_display = ("ocpi_id", "type", "party", "contract_id", "valid", "whitelist", "last_updated")
    list_filter = ("type", "valid", "whitelist", "party__connection")
    search_fields = ("ocpi_id", "contract_id", "party__party_id")
    readonly_fields = ("object_text",)
