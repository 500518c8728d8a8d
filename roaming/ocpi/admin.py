"""Stored OCPI objects in Django's admin: to look at, never to edit, for their owners are partners."""

from typing import Any, ClassVar

import msgspec
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from partners.people.admin_access import GrantedAdmin
from roaming.ocpi.models import OcpiObject


class OcpiObjectAdmin(GrantedAdmin):
    """Read-only, with the whole object as indented JSON."""

    list_select_related: ClassVar[tuple[str, ...]] = ("party",)
    list_per_page = 50
    show_full_result_count = False
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related(*self.list_select_related)

    @admin.display(description="object (OCPI 2.3.0)")
    def object_text(self, row: OcpiObject) -> SafeString:
        return format_html("<pre>{}</pre>", msgspec.json.format(row.body, indent=2))
