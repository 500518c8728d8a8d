from django.contrib import admin

from partners.partners.models import Partner
from partners.people.admin_access import GrantedAdmin
from partners.people.permissions import Grant


@admin.register(Partner)
class PartnerAdmin(GrantedAdmin):
    edit_grant = Grant.EDIT_PARTNERS
    list_display = ["name", "legal_name", "country", "vat_id", "account_manager"]
    list_filter = ["country", "account_manager"]
    search_fields = ["name", "legal_name", "vat_id"]
