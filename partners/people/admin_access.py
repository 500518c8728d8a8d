"""Django admin decided by the portal's own grants, so that nobody may do there what the pages refuse."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from partners.people.permissions import Grant, may


class GrantedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Give `view_grant`, and `edit_grant` for changing; None means that nobody adds, changes or deletes here."""

    view_grant: Grant = Grant.VIEW_ROAMING
    edit_grant: Grant | None = None
    deletable = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may(request.user, self.view_grant)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may(request.user, self.view_grant)

    def _may_edit(self, request: HttpRequest) -> bool:
        return self.edit_grant is not None and may(request.user, self.edit_grant)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may_edit(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_edit(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.deletable and self._may_edit(request)
