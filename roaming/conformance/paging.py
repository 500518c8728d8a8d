"""Looking at how a list is paged (T40 to T46)."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from roaming.conformance import slashes
from roaming.conformance.seen import Seen
from roaming.conformance.subject import Subject
from roaming.exchange.crawl import origin, same_origin
from roaming.ocpi.schema.values import parse_time

PAGE = 50
_FEW = 5
_FAR = 1000
_ANY_LIMIT = 1_000_000


def look(subject: Subject) -> Seen | None:
    """Read the first pages, and try the edges; the first page, or None when there is none to work with."""
    first = subject.ask(limit=PAGE)
    if not subject.page(first):
        return None
    subject.pages.append(first)
    _headers(subject, first)
    _limit(subject, first, PAGE)
    crawled = first
    if _more(first) is False and len(first.items) > 1:
        crawled = _in_halves(subject, first)
    elif len(first.items) > 1:
        _look_at_order(subject, first, subject.ask(limit=_FEW))
    _follow(subject, crawled)
    _past_end(subject, first)
    _limit_cap(subject, first)
    if len(subject.pages) == 1 and len(first.items) < 2:
        held = "one object" if first.items else "nothing"
        for code in ("link", "link_absolute", "link_host", "link_filters", "next_page", "no_repeats", "order"):
            subject.sheet.leaves(code, f"There is no second page: the list holds {held}.")
    return first


def look_at_slash(subject: Subject) -> None:
    """Whether the list works at the address as it is listed. From here on the form that works is used."""

    def ask(url: str) -> Seen:
        return subject.fetch(url, subject.query(limit=1))

    listed = subject.url
    subject.url, seen = slashes.look(subject.sheet, listed, ask, lambda seen: seen.page)
    subject.slashed = subject.url != listed and subject.url.endswith("/")
    if seen.page:
        subject.sheet.quirk("trailing_slash", subject.slashed)


def _headers(subject: Subject, seen: Seen) -> None:
    for code, name, quirk in (
        ("total_count", "X-Total-Count", "missing_total_count"),
        ("x_limit", "X-Limit", "missing_x_limit"),
    ):
        given = seen.headers.get(name)
        number = seen.total if code == "total_count" else seen.x_limit
        subject.sheet.quirk(quirk, number is None)
        sentence = f"{name} is absent." if given is None else f"{name} is “{given}”, which is no whole number."
        subject.sheet.says(code, number is not None, seen, sentence, f"{name}: a whole number", given or "absent")
    if seen.x_limit is not None and len(seen.items) > seen.x_limit:
        sentence = f"The page holds {len(seen.items)} objects although X-Limit is {seen.x_limit}."
        subject.sheet.says("x_limit", False, seen, sentence, f"at most {seen.x_limit}", str(len(seen.items)))
    if seen.total is not None and not _more(seen) and seen.total != len(seen.items) and not seen.link:
        subject.sheet.says(
            "total_count",
            False,
            seen,
            "X-Total-Count is not the number of objects listed.",
            str(len(seen.items)),
            str(seen.total),
        )


def _more(seen: Seen) -> bool | None:
    """Whether more objects follow this first page; None when nothing tells."""
    if seen.link:
        return True
    return seen.total > len(seen.items) if seen.total is not None else None


def _limit(subject: Subject, seen: Seen, limit: int) -> bool:
    honoured = len(seen.items) <= limit
    subject.sheet.quirk("ignores_limit", not honoured)
    sentence = f"The page holds {len(seen.items)} objects although limit was {limit}."
    return subject.sheet.says("limit", honoured, seen, sentence, f"at most {limit}", str(len(seen.items)))


def _in_halves(subject: Subject, first: Seen) -> Seen:
    """All fits on one page, so that we ask for smaller ones to see pages at all."""
    half = (len(first.items) + 1) // 2
    seen = subject.ask(limit=half)
    if subject.page(seen):
        _headers(subject, seen)
        _look_at_order(subject, first, seen)
        if _limit(subject, seen, half):
            subject.pages = [seen]
    return seen


def _look_at_order(subject: Subject, first: Seen, again: Seen) -> None:
    """A smaller page begins as a larger one does: who reads page by page relies on it (T46)."""
    if not again.page:
        return
    length = min(len(first.items), len(again.items))
    before, now = ([key for item in page.items[:length] for key in subject.keys(item)] for page in (first, again))
    sentence = "Asked again, the list begins in another order: who reads it page by page misses objects."
    subject.sheet.says("order", before == now, again, sentence, _named(before), _named(now))


def _follow(subject: Subject, seen: Seen) -> None:
    """From link to link, as far as the limits allow."""
    if not seen.page:
        return
    asked, read = seen.url, len(seen.items)
    for _ in range(subject.limits.pages):
        link = _look_at_link(subject, seen, asked, read)
        if link is None:
            return
        seen = subject.fetch(link)
        if not _look_at_next(subject, seen, link):
            return
        subject.pages.append(seen)
        read += len(seen.items)
    if not seen.link:
        _look_at_link(subject, seen, asked, read)


def _look_at_link(subject: Subject, seen: Seen, asked: str, read: int) -> str | None:
    """The URL of the next page if it can be followed."""
    sheet, total = subject.sheet, seen.total
    if seen.link is None:
        lost = total is not None and read < total and bool(seen.items)
        sheet.quirk("no_link_header", lost)
        sentence = f"The page gives no Link to the next one, although {read} of {total} objects were listed."
        sheet.says(
            "link" if lost else "list_ends", not lost, seen, sentence, '<https://…?offset=…>; rel="next"', "absent"
        )
        return None
    raw = seen.headers.get("Link", "")
    if total is not None and read >= total:
        sentence = f"The page gives a Link although all {total} objects were listed."
        sheet.says("list_ends", False, seen, sentence, "no Link on the last page", raw)
        return None
    sheet.quirk("no_link_header", False)
    sheet.says("link", True, seen, "")
    absolute = origin(raw.strip().lstrip("<").split(">")[0]) is not None
    sheet.says("link_absolute", absolute, seen, "The next page's URL is not absolute.", "https://…", raw)
    here = same_origin(seen.link, subject.url)
    sheet.says("link_host", here, seen, "The next page lies elsewhere; it was not read.", str(origin(subject.url)), raw)
    look_at_filters(subject, seen, asked)
    return seen.link if here else None


def look_at_filters(subject: Subject, seen: Seen, asked: str) -> None:
    """What was asked for must be asked for again (T43)."""
    wanted, given = _query(asked), _query(seen.link or "")
    lost = [
        name
        for name, value in wanted.items()
        if name not in ("offset", "limit") and not _same(value, given.get(name, ""))
    ]
    paged = "offset" in given
    sentence = "The next page's URL lacks offset." if not paged else f"The next page's URL lacks {', '.join(lost)}."
    subject.sheet.says("link_filters", paged and not lost, seen, sentence, asked, seen.link or "")


def _query(url: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(urlsplit(url).query).items()}


def _same(wanted: str, given: str) -> bool:
    """Also where they write the same time in other words."""
    try:
        return wanted == given or parse_time(wanted) == parse_time(given)
    except ValueError:
        return False


def _look_at_next(subject: Subject, seen: Seen, link: str) -> bool:
    if not subject.page(seen):
        sentence = seen.answering("The next page, as Link gives it,")
        subject.sheet.says("next_page", False, seen, sentence, "a page", str(seen))
        return False
    known = {key for page in subject.pages for item in page.items for key in subject.keys(item)}
    again = [key for item in seen.items for key in subject.keys(item) if key in known]
    new = bool(seen.items) and len(again) < len(seen.items)
    sentence = (
        "The next page is empty." if not seen.items else "The next page holds nothing but what was listed before."
    )
    subject.sheet.says(
        "next_page", new, seen, sentence, "further objects", f"{len(seen.items)} objects, {len(again)} known"
    )
    if new or again:
        sentence = f"Objects that are on this page and on one before: {len(again)}."
        subject.sheet.says("no_repeats", not again, seen, sentence, "each once", _named(again))
    return new


def _past_end(subject: Subject, first: Seen) -> None:
    read = max(len(first.items), first.total or 0)
    seen = subject.ask(limit=PAGE, offset=read + _FAR)
    if not subject.page(seen):
        sentence = seen.answering("An offset behind the last object")
        subject.sheet.says("past_end", False, seen, sentence, "an empty page", str(seen))
        return
    sentence = "A page behind the last object gives a Link."
    subject.sheet.says("list_ends", not seen.link, seen, sentence, "no Link", seen.headers.get("Link", ""))
    empty = not seen.items and not seen.link
    sentence = (
        "Behind the last object there is a Link." if not seen.items else "Behind the last object there are objects."
    )
    subject.sheet.says("past_end", empty, seen, sentence, "[] without Link", f"{len(seen.items)} objects")
    if seen.x_limit == 0:
        sentence = "X-Limit is 0 on an empty page: it must say how many objects fit, not how many came."
        subject.sheet.says("x_limit", False, seen, sentence, str(first.x_limit), "0")


def _limit_cap(subject: Subject, first: Seen) -> None:
    """More than X-Limit is asked for; from the last object on where a whole page would be too much for us."""
    cap = first.x_limit
    heavy = cap is None or cap > subject.limits.objects
    offset: dict[str, Any] = {"offset": max((first.total or 1) - 1, 0)} if heavy else {}
    seen = subject.ask(limit=_ANY_LIMIT if cap is None else cap + 1, **offset)
    if not subject.page(seen):
        subject.sheet.says("limit_cap", False, seen, seen.answering("A limit above X-Limit"), "a page", str(seen))
        return
    fits = cap is None or len(seen.items) <= cap
    sentence = f"The page holds {len(seen.items)} objects although X-Limit is {cap}."
    subject.sheet.says("limit_cap", fits, seen, sentence, f"at most {cap}", str(len(seen.items)))
    if offset and first.total and seen.items:
        sentence = "The page with the last object gives a Link."
        subject.sheet.says("list_ends", not seen.link, seen, sentence, "no Link", seen.headers.get("Link", ""))


def _named(keys: list[tuple[str, ...]]) -> str:
    return "; ".join(" ".join(key).strip() for key in keys[:10])
