"""Filters that several lists share. A filter is a query parameter, so every filtered list is a link."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import django_filters
from django import forms
from django.db.models import Model, Q, QuerySet

from partners.parties.models import Party
from partners.partners.models import Partner


def search(label: str, *fields: str) -> django_filters.CharFilter:
    """A search box over `fields` ("ocpi_id__istartswith", …)."""

    def narrow(queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        anywhere = Q()
        for field in fields:
            anywhere |= Q(**{field: value.strip()})
        return queryset.filter(anywhere)

    widget = forms.TextInput(attrs={"type": "search", "placeholder": label})
    return django_filters.CharFilter(method=narrow, label=label, widget=widget)


def choice(label: str, choices: Any, field: str | None = None) -> django_filters.ChoiceFilter:
    """A drop-down; the empty choice reads "Any state" and the like."""
    return django_filters.ChoiceFilter(
        field_name=field, choices=choices, label=label, empty_label=f"Any {label.lower()}"
    )


def party(label: str, role: str, field: str = "party") -> django_filters.ModelChoiceFilter:
    """A drop-down of the parties in one role."""
    return django_filters.ModelChoiceFilter(
        field_name=field,
        queryset=Party.objects.filter(role=role).select_related("connection"),
        label=label,
        empty_label=f"Any {label}",
    )


def late(field: str) -> django_filters.ChoiceFilter:
    """A drop-down of the rows that came late; `field` holds by how much, and nothing where they did not."""

    def narrow(queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(**{f"{field}__isnull": False})

    return django_filters.ChoiceFilter(
        choices=[("late", "Came late")], method=narrow, label="Arrival", empty_label="In time and late"
    )


def partner(*fields: str) -> django_filters.ModelChoiceFilter:
    """A drop-down of partners; a row fits when any of `fields` is the chosen one."""

    def narrow(queryset: QuerySet[Any], name: str, value: Partner | None) -> QuerySet[Any]:
        if value is None:
            return queryset
        anywhere = Q()
        for field in fields:
            anywhere |= Q(**{field: value})
        return queryset.filter(anywhere)

    return django_filters.ModelChoiceFilter(
        queryset=Partner.objects.all(), method=narrow, label="Partner", empty_label="Any partner"
    )


def days(field: str, label: str) -> dict[str, django_filters.DateFilter]:
    """Two date boxes, from (inclusive) and to (exclusive), in UTC days."""

    def box(word: str, lookup: str) -> django_filters.DateFilter:
        widget = forms.DateInput(attrs={"type": "date", "title": f"{label} {word} (UTC day)"})
        return django_filters.DateFilter(
            field_name=field, lookup_expr=f"date__{lookup}", label=f"{label} {word}", widget=widget
        )

    return {"since": box("from", "gte"), "before": box("before", "lt")}


def day(field: str, label: str) -> django_filters.DateFilter:
    """A date box for one UTC day, found by an index on the time."""

    def narrow(queryset: QuerySet[Any], name: str, value: date) -> QuerySet[Any]:
        start = datetime.combine(value, time.min, UTC)
        return queryset.filter(**{f"{field}__gte": start, f"{field}__lt": start + timedelta(days=1)})

    widget = forms.DateInput(attrs={"type": "date", "title": f"{label} (UTC day)"})
    return django_filters.DateFilter(method=narrow, label=label, widget=widget)


def since(field: str, label: str) -> django_filters.DateFilter:
    """Not shown: from the start of that UTC day on, for links from the figures of a period."""

    def narrow(queryset: QuerySet[Any], name: str, value: date) -> QuerySet[Any]:
        return queryset.filter(**{f"{field}__gte": datetime.combine(value, time.min, UTC)})

    return django_filters.DateFilter(method=narrow, label=label, widget=forms.HiddenInput())


def exactly(model: type[Model], label: str, field: str) -> django_filters.ModelChoiceFilter:
    """Not shown: the rows of one object, for links from its page."""
    return django_filters.ModelChoiceFilter(
        field_name=field, queryset=model._default_manager.all(), label=label, widget=forms.HiddenInput()
    )
