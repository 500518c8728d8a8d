"""Every list of the portal: filters in the URL, a table, a keyset pager; HTMX replaces just the table."""

from typing import Any, ClassVar

import django_filters
import django_tables2
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from partners.people.permissions import Grant, may
from roaming.portal.access import Page
from roaming.portal.paging import keyset


class ListPage(Page):
    """Say what is listed; the rest is the same for all nouns."""

    template: ClassVar[str] = "portal/list.html"
    title: ClassVar[str]
    lede: ClassVar[str] = ""
    table_class: ClassVar[type[django_tables2.Table]]
    filter_class: ClassVar[type[django_filters.FilterSet]]
    newest_by: ClassVar[str] = ""
    money_columns: ClassVar[tuple[str, ...]] = ()  # left out for those who may not see money
    nothing: ClassVar[tuple[str, str]] = ("Nothing here yet", "")

    def queryset(self) -> QuerySet[Any]:
        """What the person may see."""
        raise NotImplementedError

    def hidden(self) -> tuple[str, ...]:
        """Columns that are not for this person."""
        return () if may(self.user, Grant.VIEW_MONEY) else self.money_columns

    def bulk(self) -> list[tuple[str, str, str]]:
        """What this person can do with rows that are ticked: (label, address of a page, class)."""
        return []

    def further(self) -> dict[str, Any]:
        """More context for the page head."""
        return {}

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        filters = self.filter_class(request.GET, queryset=self.queryset(), request=request)
        page = keyset(filters.qs, request.GET, field=self.newest_by)
        table = self.table_class(page.rows, orderable=False, request=request, exclude=self.hidden())
        chosen = any(request.GET.get(name) for name in filters.filters)
        head = {} if self.partial else self.further()
        return self.show(
            "portal/list.html#rows" if self.partial else self.template,
            view=self,
            title=self.title,
            lede=self.lede,
            filters=filters,
            page=page,
            table=table,
            chosen=chosen,
            bulk=self.bulk(),
            **head,
        )
