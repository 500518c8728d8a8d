from django.contrib import admin

from partners.connections.models import Connection
from partners.parties.models import Party
from partners.people.admin_access import GrantedAdmin
from partners.people.permissions import Grant


class PartyInline(admin.TabularInline[Party, Connection]):
    """Parties come by `add_connection` or by the partner's own credentials; here they are only shown."""

    model = Party
    fields = ("country_code", "party_id", "role", "business_details")
    readonly_fields = ("country_code", "party_id", "role", "business_details")
    extra = 0
    can_delete = False

    def has_add_permission(self, *args: object) -> bool:
        return False


@admin.register(Connection)
class ConnectionAdmin(GrantedAdmin):
    """Read-only: registration, rotation and suspension happen by OCPI and on the partner's page."""

    view_grant = Grant.VIEW_ROAMING
    list_display = ["name", "partner", "own", "state", "version", "last_heard_at"]
    list_filter = ["state", "own", "version"]
    search_fields = ["name", "partner__name", "parties__party_id"]
    inlines = [PartyInline]
    exclude = ["token_in_hash", "token_offered_hash", "token_out"]
