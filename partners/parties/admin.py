from django.contrib import admin

from partners.parties.models import Party
from partners.people.admin_access import GrantedAdmin


@admin.register(Party)
class PartyAdmin(GrantedAdmin):
    list_display = ["code", "role", "connection"]
    list_filter = ["role", "country_code"]
    search_fields = ["country_code", "party_id"]
