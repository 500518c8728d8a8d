from django.contrib import admin

from partners.people.admin_access import GrantedAdmin
from roaming.profiles.models import ActiveProfile


@admin.register(ActiveProfile)
class ActiveProfileAdmin(GrantedAdmin):
    """How fast sessions charge, as their stations said last: read only."""

    list_display = ("session", "begins_at", "received_at")
    list_select_related = ("session__party",)
    search_fields = ("session__ocpi_id",)
    readonly_fields = ("body",)
