from django.contrib import admin

from partners.people.admin_access import GrantedAdmin
from roaming.findings.models import Finding


@admin.register(Finding)
class FindingAdmin(GrantedAdmin):
    list_display = (
        "found_at",
        "severity",
        "title",
        "sentence",
        "cdr",
        "connection",
        "subject",
        "money_at_risk",
        "currency",
        "withdrawn_at",
    )
    list_select_related = ("cdr__party", "connection")
    list_filter = ("severity", "code", "connection", ("withdrawn_at", admin.EmptyFieldListFilter))
    search_fields = ("title", "sentence", "subject", "cdr__ocpi_id")
    date_hierarchy = "found_at"
