from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from roaming.cdrs.models import Cdr
from roaming.ocpi.admin import OcpiObjectAdmin


@admin.register(Cdr)
class CdrAdmin(OcpiObjectAdmin):
    """Decisions about a CDR are made on its page in the portal; here is the evidence."""

    list_select_related = ("party", "emsp", "agreement")
    list_display = (
        "ocpi_id",
        "party",
        "emsp_code",
        "state",
        "state_reason",
        "ended_at",
        "energy_kwh",
        "total_cost",
        "currency",
        "agreement",
    )
    list_filter = ("state", "via", "credit", "currency", "party__connection")
    search_fields = ("ocpi_id", "session_id", "token_uid", "contract_id", "location_id", "party__party_id")
    date_hierarchy = "ended_at"
    readonly_fields = ("object_text", "as_received")

    @admin.display(description="body exactly as received")
    def as_received(self, cdr: Cdr) -> SafeString:
        return format_html("<pre>{}</pre>", bytes(cdr.raw).decode(errors="replace"))
