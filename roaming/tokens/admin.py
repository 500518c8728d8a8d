from django.contrib import admin

from partners.people.admin_access import GrantedAdmin
from roaming.ocpi.admin import OcpiObjectAdmin
from roaming.tokens.models import Authorization, OfflineCount, Token


@admin.register(Token)
class TokenAdmin(OcpiObjectAdmin):
    list_display = ("ocpi_id", "type", "party", "contract_id", "valid", "whitelist", "last_updated")
    list_filter = ("type", "valid", "whitelist", "party__connection")
    search_fields = ("ocpi_id", "contract_id", "party__party_id")
    readonly_fields = ("object_text",)


@admin.register(Authorization)
class AuthorizationAdmin(GrantedAdmin):
    """What CPOs asked of tokens, and what they were told: read only."""

    list_display = ("at", "token_uid", "outcome", "source", "connection", "emsp", "agreement", "duration_ms")
    list_filter = ("outcome", "source", "connection")
    list_select_related = ("connection", "emsp", "agreement")
    search_fields = ("token_uid", "authorization_reference", "correlation_id")
    show_full_result_count = False


@admin.register(OfflineCount)
class OfflineCountAdmin(GrantedAdmin):
    """How often drivers charged on a day while their eMSP could not be asked: read only."""

    list_display = ("date", "agreement", "token", "used", "most")
    list_select_related = ("agreement", "token__party")
    date_hierarchy = "date"
