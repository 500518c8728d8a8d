"""Looking at what `date_from` and `date_to` find (T41, T42, T45)."""

from datetime import datetime, timedelta
from typing import Any

from roaming.conformance.paging import PAGE, look_at_filters
from roaming.conformance.seen import Seen
from roaming.conformance.subject import Subject
from roaming.exchange.crawl import same_origin
from roaming.ocpi.schema.values import format_time, parse_time

_FUTURE = timedelta(days=3650)
_SECOND = timedelta(seconds=1)


def look(subject: Subject) -> None:
    """Ask for the newest object that was read, for what came before it, and for what is still to come."""
    _future(subject)
    dated = [(moment, item) for item in subject.objects if (moment := changed_at(item))]
    if not dated:
        for code in ("date_from", "date_to", "filtered_count"):
            subject.sheet.leaves(code, "No object with a last_updated is listed.")
        return
    newest, item = max(dated, key=lambda pair: pair[0])
    _date_from(subject, newest, item)
    _date_to(subject, newest, item)
    if len(dated) > 1 and not subject.sheet.failed("date_from"):
        _on_the_next_page(subject, *sorted(dated, key=lambda pair: pair[0])[-2])


def changed_at(item: Any) -> datetime | None:
    """The last_updated of an object; None when it has none that can be read."""
    try:
        return parse_time(item["last_updated"])
    except (TypeError, KeyError, ValueError):
        return None


def _future(subject: Subject) -> None:
    seen = subject.ask(limit=PAGE, date_from=format_time(subject.probe.now + _FUTURE))
    if not subject.page(seen):
        sentence = seen.answering("A date_from in the future")
        subject.sheet.says("future", False, seen, sentence, "an empty page", str(seen))
        return
    subject.sheet.quirk("ignores_date_from", bool(seen.items))
    sentence = f"Objects are listed as changed after a day in the future: {len(seen.items)}."
    if subject.sheet.says("future", not seen.items, seen, sentence, "[]", f"{len(seen.items)} objects"):
        sentence = f"Nothing is listed, but X-Total-Count is {seen.total}."
        subject.sheet.says("filtered_count", seen.total in (0, None), seen, sentence, "0", str(seen.total))


def _date_from(subject: Subject, newest: datetime, item: Any) -> None:
    seen = subject.ask(limit=PAGE, date_from=item["last_updated"])
    if not subject.page(seen):
        subject.sheet.says("date_from", False, seen, seen.answering("A date_from"), "a page", str(seen))
        return
    older = [found for found in seen.items if (moment := changed_at(found)) and moment < newest]
    subject.sheet.quirk("ignores_date_from", bool(older))
    sentence = f"Objects are listed that changed before date_from: {len(older)}."
    if not subject.sheet.says("date_from", not older, seen, sentence, f"from {item['last_updated']} on", _times(older)):
        return
    _inclusive(subject, seen, item)
    if not seen.link and seen.total is not None:
        sentence = "X-Total-Count counts objects that the filter leaves out."
        good = seen.total == len(seen.items)
        subject.sheet.says("filtered_count", good, seen, sentence, str(len(seen.items)), str(seen.total))


def _inclusive(subject: Subject, seen: Seen, item: Any) -> None:
    """The object that changed at that very moment must be there, on this page or a later one."""
    present = _holds(subject, seen, item)
    if not present and seen.link:
        return
    subject.sheet.quirk("exclusive_date_from", not present)
    sentence = "The object that changed exactly at date_from is not listed."
    if present or subject.version != "2.1.1":
        subject.sheet.says("date_from", present, seen, sentence, item["last_updated"], _times(seen.items))
    else:
        subject.sheet.warns("date_from", seen, f"{sentence} OCPI 2.1.1 leaves that open.", item["last_updated"])


def _date_to(subject: Subject, newest: datetime, item: Any) -> None:
    seen = subject.ask(limit=PAGE, date_from=format_time(newest - _SECOND), date_to=item["last_updated"])
    if not subject.page(seen):
        subject.sheet.says("date_to", False, seen, seen.answering("A date_to"), "a page", str(seen))
        return
    newer = [found for found in seen.items if (moment := changed_at(found)) and moment > newest]
    exact = [found for found in seen.items if changed_at(found) == newest]
    subject.sheet.quirk("ignores_date_to", bool(newer or exact))
    if exact and not newer and subject.version == "2.1.1":
        subject.sheet.warns(
            "date_to", seen, "date_to is inclusive, which OCPI 2.1.1 leaves open.", item["last_updated"]
        )
        return
    sentence = f"Objects are listed that changed at date_to or later: {len(newer or exact)}."
    subject.sheet.says(
        "date_to", not newer and not exact, seen, sentence, f"before {item['last_updated']}", _times(newer or exact)
    )


def _on_the_next_page(subject: Subject, since: datetime, item: Any) -> None:
    """At least two objects changed since then: the second is on a page of its own, and the filter holds there too."""
    seen = subject.ask(limit=1, date_from=item["last_updated"])
    if not subject.page(seen) or not seen.link:
        return
    look_at_filters(subject, seen, seen.url)
    if not same_origin(seen.link, subject.url):
        return
    following = subject.fetch(seen.link)
    if not subject.page(following):
        return
    older = [found for found in following.items if (moment := changed_at(found)) and moment < since]
    sentence = f"The next page lists objects that changed before date_from: {len(older)}."
    expected = f"from {item['last_updated']} on"
    subject.sheet.says("link_filters", not older, following, sentence, expected, _times(older))


def _holds(subject: Subject, seen: Seen, item: Any) -> bool:
    wanted = set(subject.keys(item))
    return any(wanted & set(subject.keys(found)) for found in seen.items)


def _times(items: list[Any]) -> str:
    return ", ".join(str(item.get("last_updated")) for item in items[:5] if isinstance(item, dict)) or "nothing"
