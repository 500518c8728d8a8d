"""A sender's list: filtered, paged, with the headers a crawler needs."""

from datetime import datetime
from urllib.parse import urlencode

from roaming.simulator.server import Reply
from roaming.simulator.wire import Json, envelope, moment

PAGE_LIMIT = 50


def page(objects: list[Json], query: dict[str, str], *, url: str, at: datetime) -> Reply:
    """One page of `objects`; `url` is the list's own address, repeated in Link with every filter."""
    try:
        offset = max(int(query.get("offset", 0)), 0)
        limit = min(int(query.get("limit", PAGE_LIMIT)), PAGE_LIMIT)
        chosen = [o for o in objects if _within(o, query.get("date_from"), query.get("date_to"))]
    except ValueError:
        return Reply(200, envelope(at, 2001, message="offset, limit, date_from or date_to cannot be read."))
    limit = limit if limit > 0 else PAGE_LIMIT
    headers = {"X-Total-Count": str(len(chosen)), "X-Limit": str(PAGE_LIMIT)}
    if offset + limit < len(chosen):
        following = {**query, "offset": str(offset + limit), "limit": str(limit)}
        headers["Link"] = f'<{url}?{urlencode(following)}>; rel="next"'
    return Reply(200, envelope(at, 1000, chosen[offset : offset + limit]), headers)


def _within(data: Json, starts: str | None, ends: str | None) -> bool:
    changed = moment(data["last_updated"])
    return (not starts or changed >= moment(starts)) and (not ends or changed < moment(ends))
