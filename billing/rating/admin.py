"""Ratings are computed and kept: the admin shows them."""

from django.contrib import admin

from billing.rating.models import Rating
from partners.people.admin_access import GrantedAdmin
from partners.people.permissions import Grant


@admin.register(Rating)
class RatingAdmin(GrantedAdmin):
    view_grant = Grant.VIEW_MONEY
    list_display = ["cdr", "verdict", "total", "difference", "currency", "agreement", "rated_at"]
    list_filter = ["verdict", "agreement"]
    list_select_related = ["cdr__party", "agreement"]
    search_fields = ["cdr__ocpi_id"]
    date_hierarchy = "rated_at"
