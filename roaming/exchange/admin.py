from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest

from partners.people.admin_access import GrantedAdmin, MovesAdmin
from partners.people.models import User
from partners.people.permissions import Grant
from roaming.exchange import dead_letters
from roaming.exchange.models import Exchange, Pull, Push, PushState
from roaming.kernel import clock


@admin.register(Push)
class PushAdmin(MovesAdmin):
    """What is on its way to partners. Nothing is edited; dead pushes are retried."""

    edit_grant = Grant.HANDLE_TRAFFIC
    list_display = [
        "id",
        "connection",
        "module",
        "method",
        "path",
        "state",
        "attempts",
        "next_attempt_at",
        "last_error",
    ]
    list_filter = ["state", "module", "connection"]
    list_select_related = ["connection"]
    search_fields = ["path", "object_key", "correlation_id"]
    readonly_fields = [field.name for field in Push._meta.fields]
    moves = {"retry": ("Retry", "retry")}
    refusals = (dead_letters.CannotRetry,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def open_moves(self, row: Push) -> list[str]:
        return ["retry"] if row.state == PushState.DEAD else []

    def retry(self, request: HttpRequest, row: Push) -> None:
        """Send a dead push again."""
        dead_letters.retry(push=row, by=cast(User, request.user), at=clock.now())


@admin.register(Exchange)
class ExchangeAdmin(GrantedAdmin):
    """The traffic journal: read only."""

    list_display = [
        "at",
        "direction",
        "connection",
        "method",
        "url",
        "http_status",
        "ocpi_status",
        "duration_ms",
        "error",
    ]
    list_filter = ["direction", "http_status", "connection"]
    list_select_related = ["connection"]
    search_fields = ["url", "request_id", "correlation_id"]
    show_full_result_count = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [field.name for field in Exchange._meta.fields]


@admin.register(Pull)
class PullAdmin(GrantedAdmin):
    """Readings of lists: read only; they are started, paused and stopped on the portal's page of the connection."""

    list_display = [
        "id",
        "connection",
        "module",
        "full",
        "since",
        "state",
        "pages",
        "new",
        "known",
        "broken",
        "gone",
        "heard_at",
        "reason",
    ]
    list_filter = ["state", "module", "cause", "connection"]
    list_select_related = ["connection"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [field.name for field in Pull._meta.fields]
