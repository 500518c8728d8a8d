"""Django admin decided by the portal's own grants, so that nobody may do there what the pages refuse."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from partners.people.permissions import Grant, may


class GrantedAdmin(admin.ModelAdmin[Any]):
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


class MovesAdmin(GrantedAdmin):
    """An admin whose rows have states: a button for each move of `moves`, on the row's page and for chosen rows.

    `moves` maps a name to (label, method of this class); the method takes (request, row) and calls the service. What
    the
    service refuses is shown as an error, and nothing changed.
    """

    moves: dict[str, tuple[str, str]] = {}
    refusals: tuple[type[Exception], ...] = ()
    change_form_template = "admin/moves_change_form.html"

    def open_moves(self, row: Any) -> list[str]:
        """Names of the moves that make sense for `row` now."""
        raise NotImplementedError

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        if self._may_edit(request):
            for name, (label, _) in self.moves.items():
                actions[name] = (_act_on_chosen, name, label)
        return actions

    def make_move(self, request: HttpRequest, name: str, row: Any) -> bool:
        """Do one move through its service; tell the person what happened."""
        label, method = self.moves[name]
        try:
            getattr(self, method)(request, row)
        except self.refusals as error:
            self.message_user(request, f"{row}: {error}", messages.ERROR)
            return False
        self.message_user(request, f"{row}: {label.lower()} done.", messages.SUCCESS)
        return True

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        chosen = next((name for name in self.moves if f"_move_{name}" in request.POST), None)
        if row is not None and chosen and self.has_change_permission(request, row):
            self.make_move(request, chosen, row)
            return HttpResponseRedirect(request.path)
        names = self.open_moves(row) if row is not None and self.has_change_permission(request, row) else []
        buttons = [(name, self.moves[name][0]) for name in names]
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "moves": buttons})


def _act_on_chosen(modeladmin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> None:
    for row in queryset:
        modeladmin.make_move(request, request.POST["action"], row)
