from django.contrib import admin

from partners.people.admin_access import GrantedAdmin
from roaming.commands.models import Command, Reservation


@admin.register(Command)
class CommandAdmin(GrantedAdmin):
    """What was asked of stations: read only; help is given on the portal's pages."""

    list_display = ("asked_at", "type", "state", "cpo", "emsp", "asker", "by", "answer", "result")
    list_filter = ("type", "state", "asker")
    list_select_related = ("cpo", "emsp", "asker", "by")
    search_fields = ("token_uid", "evse_uid", "correlation_id", "session__ocpi_id", "location__ocpi_id")
    readonly_fields = ("key", "body", "answer_body", "result_body")
    show_full_result_count = False


@admin.register(Reservation)
class ReservationAdmin(GrantedAdmin):
    """The ids of eMSPs beside the one that the CPO knows."""

    list_display = ("our_id", "emsp", "ocpi_id", "location", "expires_at", "reserved_at")
    list_select_related = ("emsp", "location__party")
    search_fields = ("ocpi_id", "location__ocpi_id")
