"""Lists: `offset`, `limit`, `date_from`, `date_to`, and the headers that let a client crawl them (T40 to T47)."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from roaming.ocpi import cursors, envelope, translation
from roaming.ocpi.cursors import Cursor
from roaming.ocpi.errors import invalid
from roaming.ocpi.models import OcpiObject
from roaming.ocpi.schema.values import parse_time

O = TypeVar("O", bound=OcpiObject)  # noqa: E741
_NUMBER = re.compile(r"[0-9]{1,30}")
_OFFSET = re.compile(r"T.*[ +-][0-9]{2}:?[0-9]{2}$")
_COUNTED_FOR = timedelta(minutes=5)
_CURSOR = "after"
_PLACE = ("offset", "limit", _CURSOR)


@dataclass(frozen=True)
class Window:
    """Which part of a list is asked for. `date_from` is inclusive, `date_to` exclusive, both on `last_updated`.

    `cursor` is there when the client followed our Link; it comes before `offset`.
    """

    offset: int
    limit: int
    date_from: datetime | None
    date_to: datetime | None
    cursor: Cursor | None


def page(request: Request, queryset: QuerySet[O], *, kind: str, version: str, at: datetime) -> HttpResponse:
    """Answer one page of `queryset` (what the caller may see) in creation order, as `version` writes `kind`.

    All objects are counted for the first page, and again when that is a while ago: counting takes far longer than
    reading a page. Raises OcpiError 2001 naming the query parameter that cannot be used.
    """
    window = _window(request)
    if window.date_from is not None:
        queryset = queryset.filter(last_updated__gte=window.date_from)
    if window.date_to is not None:
        queryset = queryset.filter(last_updated__lt=window.date_to)
    total, counted_at = _total(queryset, window.cursor, at)
    headers = {"X-Total-Count": str(total), "X-Limit": str(settings.PAGE_LIMIT)}
    rows, more = _rows(queryset, window, total)
    if more:
        headers["Link"] = f'<{_next_url(request, window, Cursor(rows[-1][0], total, counted_at))}>; rel="next"'
    texts, losses = translation.told_texts(version, kind, [body for _, body in rows])
    response = envelope.success(envelope.raw_list(texts), headers=headers)
    response.losses = losses
    return response


def _total(queryset: QuerySet[O], cursor: Cursor | None, at: datetime) -> tuple[int, datetime]:
    """How many objects there are, and when that was found out."""
    if cursor is not None and timedelta() <= at - cursor.counted_at < _COUNTED_FOR:
        return cursor.total, cursor.counted_at
    return queryset.order_by().count(), at


def _rows(queryset: QuerySet[O], window: Window, total: int) -> tuple[list[tuple[int, str]], bool]:
    """Keys and texts of the page, and whether others follow. Behind a cursor nothing is counted off, so the last page
    costs what the first does, and objects that come or go meanwhile move nothing. Only ids are read under OFFSET; the
    long bodies are joined afterwards."""
    ids = queryset.order_by("pk").values("pk")
    if window.cursor is not None:
        ids = ids.filter(pk__gt=window.cursor.pk)[: window.limit + 1]
    elif window.offset < total:
        ids = ids[window.offset : window.offset + window.limit + 1]
    else:
        return [], False
    rows = list(queryset.model._base_manager.filter(pk__in=ids).order_by("pk").values_list("pk", "body"))
    return rows[: window.limit], len(rows) > window.limit


def _window(request: Request) -> Window:
    limit = _number(request, "limit", settings.PAGE_LIMIT, least=1)
    offset = _number(request, "offset", 0, least=0)
    return Window(
        offset=offset,
        limit=min(limit, settings.PAGE_LIMIT),
        date_from=moment(request, "date_from"),
        date_to=moment(request, "date_to"),
        cursor=cursors.opened(request.GET.get(_CURSOR, ""), _question(request, offset)),
    )


def _number(request: Request | HttpRequest, name: str, default: int, *, least: int) -> int:
    text = request.GET.get(name)
    if text is None or text == "":
        return default
    if not _NUMBER.fullmatch(text) or int(text) < least:
        raise invalid(f"{name} must be a whole number of {least} or more, not '{text[:40]}'.")
    return int(text)


def moment(request: Request | HttpRequest, name: str) -> datetime | None:
    """The time that a query parameter gives; None without one. Raises OcpiError 2001 for what is no time."""
    text = request.GET.get(name)
    if not text:
        return None
    try:
        return parse_time(text)
    except ValueError:
        sentence = f"{name} must be a time in UTC like 2026-01-31T00:00:00Z, not '{text[:40]}'."
        if _OFFSET.search(text):
            sentence += " Times in OCPI have no offset; a + that is not written as %2B arrives as a space."
        raise invalid(sentence) from None


def _next_url(request: Request, window: Window, cursor: Cursor) -> str:
    """Absolute, works as it stands, and repeats every filter of the request (T43)."""
    offset = window.offset + window.limit
    place = {"offset": offset, "limit": window.limit, _CURSOR: cursors.sealed(cursor, _question(request, offset))}
    query = urlencode({**_filters(request), **place}, doseq=True)
    return f"{settings.PORTAL_URL}{quote(request.path)}?{query}"


def _question(request: Request, offset: int) -> str:
    """What a cursor holds for: this caller, list and filters, and this offset, so that a client which steps back by the
    offset (T48) is not held where it was."""
    return f"{request.user.pk} {request.path} {urlencode(_filters(request), doseq=True)} {offset}"


def _filters(request: Request) -> dict[str, list[str]]:
    return {name: values for name, values in request.GET.lists() if name not in _PLACE}
