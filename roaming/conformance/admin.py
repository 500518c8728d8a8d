from django.contrib import admin

from partners.people.admin_access import GrantedAdmin
from partners.people.permissions import Grant
from roaming.conformance.models import CheckResult, ConformanceRun


@admin.register(ConformanceRun)
class ConformanceRunAdmin(GrantedAdmin):
    view_grant = Grant.VIEW_ROAMING
    list_display = ["connection", "state", "version", "calls", "created_at", "finished_at", "requested_by"]
    list_filter = ["state", "connection"]


@admin.register(CheckResult)
class CheckResultAdmin(GrantedAdmin):
    view_grant = Grant.VIEW_ROAMING
    list_display = ["run", "module", "title", "outcome", "section", "requirement"]
    list_filter = ["outcome", "module", "area"]
    list_select_related = ["run__connection"]
