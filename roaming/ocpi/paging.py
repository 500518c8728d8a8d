"""Lists: `offset`, `limit`, `date_from`, `date_to`, and the headers that let a client crawl them (T40 to T47)."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from roaming.ocpi import envelope
from roaming.ocpi.errors import invalid
from roaming.ocpi.models import OcpiObject
from roaming.ocpi.schema import transforms, wire
from roaming.ocpi.schema.values import parse_time
from roaming.ocpi.versions import NEWEST_SHAPE

O = TypeVar("O", bound=OcpiObject)  # noqa: E741
_NUMBER = re.compile(r"[0-9]{1,30}")


@dataclass(frozen=True)
class Window:
    """Which part of a list is asked for. `date_from` is inclusive, `date_to` exclusive, both on `last_updated`."""

    offset: int
    limit: int
    date_from: datetime | None
    date_to: datetime | None


def page(request: Request | HttpRequest, queryset: QuerySet[O], *, kind: str, version: str) -> HttpResponse:
    """Answer one page of `queryset` (what the caller may see) in creation order, as `version` writes `kind`.

    Raises OcpiError 2001 naming the query parameter that cannot be used.
    """
    window = _window(request)
    if window.date_from is not None:
        queryset = queryset.filter(last_updated__gte=window.date_from)
    if window.date_to is not None:
        queryset = queryset.filter(last_updated__lt=window.date_to)
    total = queryset.order_by().count()
    headers = {"X-Total-Count": str(total), "X-Limit": str(settings.PAGE_LIMIT)}
    after = window.offset + window.limit
    if after < total:
        headers["Link"] = f'<{_next_url(request, after, window.limit)}>; rel="next"'
    texts = _bodies(queryset, window) if window.offset < total else []
    losses: list[transforms.Loss] = []
    if version != NEWEST_SHAPE:
        texts = [told for text in texts if (told := _downgraded(text, kind, version, losses)) is not None]
    response = envelope.success(envelope.raw_list(texts), headers=headers)
    response.losses = losses
    return response


def _bodies(queryset: QuerySet[O], window: Window) -> list[str]:
    """The texts of the page. Only ids are read under OFFSET; the long bodies are joined afterwards."""
    ids = queryset.order_by("pk").values("pk")[window.offset : window.offset + window.limit]
    return list(queryset.model._base_manager.filter(pk__in=ids).order_by("pk").values_list("body", flat=True))


def _downgraded(text: str, kind: str, version: str, losses: list[transforms.Loss]) -> str | None:
    """The object in the partner's version; None for one that cannot exist there, which is left out of the page.

    What is lost on the way is added to `losses`.
    """
    value = wire.decode(text.encode())
    assert isinstance(value, dict)
    try:
        told, lost = transforms.downgrade(version, kind, value)
    except transforms.NotExpressible as error:
        losses.append(transforms.Loss("$", f"left out: {error}"))
        return None
    losses += lost
    return wire.encode_text(told)


def _window(request: Request | HttpRequest) -> Window:
    limit = _number(request, "limit", settings.PAGE_LIMIT)
    if limit == 0:
        raise invalid("limit must be at least 1.")
    return Window(
        offset=_number(request, "offset", 0),
        limit=min(limit, settings.PAGE_LIMIT),
        date_from=_moment(request, "date_from"),
        date_to=_moment(request, "date_to"),
    )


def _number(request: Request | HttpRequest, name: str, default: int) -> int:
    text = request.GET.get(name)
    if text is None or text == "":
        return default
    if not _NUMBER.fullmatch(text):
        raise invalid(f"{name} must be a whole number of 0 or more, not '{text[:40]}'.")
    return int(text)


def _moment(request: Request | HttpRequest, name: str) -> datetime | None:
    text = request.GET.get(name)
    if not text:
        return None
    try:
        return parse_time(text)
    except ValueError:
        raise invalid(f"{name} must be a time in UTC like 2026-01-31T00:00:00Z, not '{text[:40]}'.") from None


def _next_url(request: Request | HttpRequest, offset: int, limit: int) -> str:
    """Absolute, works as it stands, and repeats every filter of the request (T43)."""
    asked: dict[str, Any] = {name: values for name, values in request.GET.lists() if name not in ("offset", "limit")}
    query = urlencode({**asked, "offset": offset, "limit": limit}, doseq=True)
    return f"{settings.PORTAL_URL}{quote(request.path)}?{query}"
