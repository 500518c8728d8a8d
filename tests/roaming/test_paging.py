"""Lists while they are read: by links, by offset, with and without cursors, and while objects come and go."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import time_machine
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from partners.connections.models import Connection
from roaming.ocpi import cursors
from roaming.ocpi.cursors import Cursor
from tests import cast, wire
from tests.roaming.calls import Caller, Reply

pytestmark = pytest.mark.usefixtures("nomad")
LIST = "/sender/tariffs"


@pytest.fixture(autouse=True)
def small_pages(settings: Settings) -> None:
    settings.PAGE_LIMIT = 2


@pytest.fixture
def reader(nomad: Connection) -> Caller:
    """Nomad, in front of five tariffs of Volta's."""
    for number in range(5):
        put(number, f"2026-05-0{number + 1}T00:00:00Z")
    return Caller("Nomad")


def put(number: int, last_updated: str) -> None:
    tariff = {**wire.load("tariff_ac22"), "id": f"T{number}", "last_updated": last_updated}
    assert Caller("Volta").put(f"/receiver/tariffs/NL/VLT/T{number}", tariff).status == 1000


def ids(reply: Reply) -> list[str]:
    return [tariff["id"] for tariff in reply.data]


def link(reply: Reply) -> str:
    return reply.headers["Link"].removeprefix("<").removesuffix('>; rel="next"')


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def with_query(url: str, **changed: str) -> str:
    return f"{urlsplit(url).path}?{urlencode({**query(url), **changed})}"


def crawl(reader: Caller, first: Reply) -> Iterator[Reply]:
    """The pages from `first` on, by their links (T48)."""
    page = first
    while True:
        yield page
        if "Link" not in page.headers:
            return
        page = reader.follow(link(page))


def test_a_link_holds_place_filters_and_a_cursor_and_leads_to_the_end(reader: Caller, settings: Settings) -> None:
    """T42, T43, T45: offset and limit for everybody, and a cursor of ours beside them."""
    pages = list(crawl(reader, reader.get(LIST, date_from="2026-05-02T00:00:00.000Z", x="ü+&")))
    assert [ids(page) for page in pages] == [["T1", "T2"], ["T3", "T4"]]
    assert [page.headers["X-Total-Count"] for page in pages] == ["4", "4"]
    assert [page.headers["X-Limit"] for page in pages] == ["2", "2"]
    next_url = link(pages[0])
    assert next_url.startswith(f"{settings.PORTAL_URL}/ocpi/2.2.1/sender/tariffs?")
    assert "date_from=2026-05-02T00%3A00%3A00.000Z" in next_url and "x=%C3%BC%2B%26" in next_url
    place = query(next_url)
    assert (place["offset"], place["limit"], len(place["after"])) == ("2", "2", 48)


def test_a_smaller_limit_is_kept_and_a_larger_one_is_cut(reader: Caller) -> None:
    """T40, T44."""
    one = reader.get(LIST, limit=1)
    assert ids(one) == ["T0"] and query(link(one))["limit"] == "1"
    many = reader.get(LIST, limit=50)
    assert len(many.data) == 2 and query(link(many))["limit"] == "2"


def test_offsets_without_our_cursor_work_at_any_depth(reader: Caller) -> None:
    """T40, T45: a client may count for itself, and ask past the end."""
    assert [ids(reader.get(LIST, offset=offset)) for offset in (0, 2, 4, 5, 10**25)] == [
        ["T0", "T1"],
        ["T2", "T3"],
        ["T4"],
        [],
        [],
    ]
    for offset in (4, 5):
        assert "Link" not in reader.get(LIST, offset=offset).headers


def test_what_changes_under_a_crawl_is_neither_skipped_nor_repeated(reader: Caller) -> None:
    """T46: creation decides the order, not last_updated; what leaves the window moves nothing that is still to come."""
    pages = crawl(reader, reader.get(LIST, date_to="2026-06-01T00:00:00Z"))
    seen = ids(next(pages))
    put(0, "2026-07-01T00:00:00Z")
    put(3, "2026-05-20T00:00:00Z")
    put(5, "2026-05-06T00:00:00Z")
    seen += [name for page in pages for name in ids(page)]
    assert seen == ["T0", "T1", "T2", "T3", "T4", "T5"]


def test_a_client_that_steps_back_by_the_offset_gets_what_it_asks_for(reader: Caller) -> None:
    """T48: the cursor holds for its own offset only, so redoing a page with offset-1 repeats one object."""
    second = link(reader.get(LIST))
    assert ids(reader.follow(second)) == ["T2", "T3"]
    assert ids(reader.follow(with_query(second, offset="1"))) == ["T1", "T2"]


def test_a_cursor_of_somebody_else_or_made_up_is_as_good_as_none(reader: Caller) -> None:
    cast.connection("Hubert", "EMSP BE*HUB", url="http://hubert.invalid")
    cast.agreement("NL*VLT", "BE*HUB")
    second = link(reader.get(LIST))
    for after in ("", "x", "ü", "a" * 48, query(second)["after"][:-4] + "AAAA", "%00"):
        assert ids(reader.follow(with_query(second, after=after))) == ["T2", "T3"]
    put(5, "2026-05-06T00:00:00Z")
    theirs = with_query(link(Caller("Hubert").get(LIST, limit=1)), offset="2", limit="2")
    assert ids(reader.follow(theirs)) == ["T2", "T3"]
    assert ids(reader.follow(with_query(second, date_from="2026-05-02T00:00:00Z"))) == ["T3", "T4"]


def test_a_cursor_tells_nothing_and_cannot_be_changed() -> None:
    cursor = Cursor(pk=12, total=345, counted_at=cast.NOW)
    text = cursors.sealed(cursor, "tariffs")
    assert cursors.opened(text, "tariffs") == cursor
    assert cursors.opened(text, "tokens") is None
    assert text != cursors.sealed(Cursor(13, 345, cast.NOW), "tariffs")
    for place in range(len(text)):
        other = "A" if text[place] != "A" else "B"
        assert cursors.opened(text[:place] + other + text[place + 1 :], "tariffs") is None


def counts(reader: Caller, url: str) -> tuple[int, str]:
    """How often all objects were counted for that page, and what it says of their number."""
    with CaptureQueriesContext(database) as queries:
        reply = reader.follow(url)
    counting = [one for one in queries.captured_queries if "COUNT(" in one["sql"]]
    return len(counting), reply.headers["X-Total-Count"]


def test_a_crawl_counts_all_objects_once_and_again_after_a_while(reader: Caller) -> None:
    """T42, T48: X-Total-Count may grow while a client crawls."""
    with time_machine.travel(cast.NOW, tick=False):
        second = link(reader.get(LIST))
    put(5, "2026-05-06T00:00:00Z")
    for later, expected in ((1, (0, "5")), (6, (1, "6"))):
        with time_machine.travel(cast.NOW + timedelta(minutes=later), tick=False):
            assert counts(reader, second) == expected
    assert counts(reader, "/ocpi/2.2.1/sender/tariffs?offset=2") == (1, "6")


@pytest.mark.parametrize("form", ["", "Z", ".5", ".000Z"])
def test_times_come_with_and_without_zone_and_fraction(reader: Caller, form: str) -> None:
    """T41, T82: date_from is inclusive, date_to exclusive, both on last_updated."""
    assert ids(reader.get(LIST, date_to=f"2026-05-02T00:00:00{form}")) == (["T0", "T1"] if "5" in form[:2] else ["T0"])
    assert ids(reader.get(LIST, date_from="2026-05-04T00:00:00Z", date_to="2026-05-05T00:00:00Z")) == ["T3"]


@pytest.mark.parametrize("offset", ["+01:00", "%2B01:00", "-0500", "+00:00"])
def test_a_time_with_an_offset_is_refused_with_what_to_do(reader: Caller, offset: str) -> None:
    """T82: a + that is not encoded arrives as a space."""
    reply = reader.follow(f"/ocpi/2.2.1/sender/tariffs?date_from=2026-05-02T00:00:00{offset}")
    assert (reply.http, reply.status) == (200, 2001)
    assert reply.message.startswith("date_from must be a time in UTC") and "%2B" in reply.message


def test_in_2_1_1_the_dates_mean_the_same(reader: Caller) -> None:
    """T41."""
    older: Any = Caller("Nomad", "2.1.1").get(LIST, date_from="2026-05-02T00:00:00Z", date_to="2026-05-03T00:00:00Z")
    assert ids(older) == ["T1"]
