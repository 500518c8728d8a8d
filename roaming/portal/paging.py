"""Keyset pages: as fast at the millionth row as at the first, and nothing is skipped or shown twice while rows
arrive."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import QueryDict

SIZE = 50
M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class KeysetPage(Generic[M]):
    """One page, newest first. `newer` and `older` are values of the parameters of that name, None where there is no
    more."""

    rows: list[M]
    newer: str | None
    older: str | None


def keyset(queryset: QuerySet[M], asked: QueryDict, *, field: str = "", size: int = SIZE) -> KeysetPage[M]:
    """The page of `queryset` that the query string asks for, in descending order of (`field`, id); only id without a
    field."""
    order = [f"-{field}", "-pk"] if field else ["-pk"]
    if (cursor := _read(asked.get("newer"), field)) is not None:
        forward = list(
            queryset.filter(_beyond(cursor, field, "gt")).order_by(*[name[1:] for name in order])[: size + 1]
        )
        rows, more_newer = forward[:size][::-1], len(forward) > size
        return KeysetPage(rows, _cursor(rows[:1], field) if more_newer else None, _cursor(rows[-1:], field))
    cursor = _read(asked.get("older"), field)
    if cursor is not None:
        queryset = queryset.filter(_beyond(cursor, field, "lt"))
    found = list(queryset.order_by(*order)[: size + 1])
    rows = found[:size]
    older = _cursor(rows[-1:], field) if len(found) > size else None
    return KeysetPage(rows, _cursor(rows[:1], field) if cursor is not None else None, older)


def by_position(rows: QuerySet[M], first: str, size: int = SIZE) -> dict[str, Any]:
    """Rows that have a `position` in a list of their own, from number `first` (of the query string) on: `page`, and
    where the pages `before` and `after` it begin, None where there is none."""
    start = int(first) if first.isascii() and first.isdigit() and len(first) < 10 else 1
    found = list(rows.filter(position__gte=start).order_by("position")[: size + 1])
    return {
        "page": found[:size],
        "before": max(1, start - size) if start > 1 else None,
        "after": start + size if len(found) > size else None,
    }


def _cursor(rows: list[M], field: str) -> str | None:
    if not rows:
        return None
    return f"{getattr(rows[0], field).isoformat()}_{rows[0].pk}" if field else str(rows[0].pk)


def _read(text: str | None, field: str) -> tuple[Any, int] | None:
    """A cursor from the query string; one that was tampered with counts as none."""
    try:
        value, _, pk = (text or "").rpartition("_")
        return (datetime.fromisoformat(value) if field else None), int(pk)
    except ValueError:
        return None


def _beyond(cursor: tuple[Any, int], field: str, direction: str) -> Q:
    value, pk = cursor
    if not field:
        return Q(**{f"pk__{direction}": pk})
    # The first condition alone lets the index on (field, id) bound the scan.
    edge = Q(**{f"{field}__{direction}e": value})
    return edge & (Q(**{f"{field}__{direction}": value}) | Q(**{field: value, f"pk__{direction}": pk}))
