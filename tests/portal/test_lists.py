"""Lists: filters in the URL, pages by keyset, partial answers to HTMX, and as many queries for many rows as for few."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from partners.people.models import Role
from roaming.cdrs.models import Cdr
from roaming.portal import paging
from tests.billing import records
from tests.portal.scene import Scene, nomads

LISTS = (
    *("partners", "agreements", "locations", "tariffs", "tokens", "sessions", "cdrs", "findings", "pushes", "traffic"),
    "dead-letters",
    *("settlement", "invoices", "disputes", "people", "invoice-records"),
    "authorizations",
    *("bookings", "bookings/places", "terminals", "terminals/captures"),
)
HTMX = {"HX-Request": "true"}
MOST_QUERIES = 32


@pytest.fixture
def browser(signed_in: Callable[[str], Client]) -> Client:
    return signed_in(Role.ADMINISTRATOR)


def queries(browser: Client, url: str, **headers: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(url, headers=headers).status_code == 200
    return len(captured)


def more_cdrs(count: int) -> None:
    for number in range(count):
        records.received(f"MORE-{number:03}", ended=datetime(2026, 11, 2, 10, number % 60, tzinfo=UTC), **nomads())


@pytest.mark.parametrize("name", LISTS)
def test_a_list_stays_within_its_budget_of_queries(name: str, browser: Client) -> None:
    assert queries(browser, f"/{name}/") <= MOST_QUERIES
    assert queries(browser, f"/{name}/", **HTMX) <= 10


def test_more_rows_cost_no_more_queries(browser: Client) -> None:
    before = queries(browser, "/cdrs/")
    more_cdrs(20)
    assert queries(browser, "/cdrs/") == before


@pytest.mark.parametrize("name", LISTS)
def test_htmx_gets_the_rows_alone(name: str, browser: Client) -> None:
    whole, part = browser.get(f"/{name}/"), browser.get(f"/{name}/", headers=HTMX)
    assert b"<html" in whole.content
    assert b"<html" not in part.content
    assert b"<table" in part.content


def test_going_back_in_the_browser_never_shows_a_part(browser: Client) -> None:
    assert "HX-Request" in browser.get("/cdrs/").get("Vary", "")


def test_cdrs_are_found_by_state_partner_month_and_id(browser: Client, scene: Scene) -> None:
    def found(query: str) -> set[str]:
        page = browser.get(f"/cdrs/?{query}")
        return {cdr.ocpi_id for cdr in page.context["page"].rows}

    assert found("state=held") == {"VLT-20113", "VLT-20114", "VLT-20115"}
    assert found("q=vlt-30001") == {"VLT-30001"}
    assert found("month=2026-11") == {"VLT-30001"}
    assert found(f"partner={scene.nomad.partner_id}&state=accepted") == {"VLT-30001"}
    assert found("month=nonsense") == set(Cdr.objects.values_list("ocpi_id", flat=True))
    assert found("state=nonsense&q=") == set(Cdr.objects.values_list("ocpi_id", flat=True))


def test_a_count_at_home_leads_to_as_many_rows(browser: Client) -> None:
    home = browser.get("/").context
    rows = browser.get("/pushes/?state=undelivered").context["page"].rows
    assert home["undelivered"] == len(rows) > 0
    assert home["dead"] == len(browser.get("/dead-letters/").context["page"].rows) == 1
    assert home["contested_count"] == len(browser.get("/disputes/?state=open").context["page"].rows)
    assert home["drafts_count"] == len(browser.get("/invoices/?state=draft").context["page"].rows)


def test_a_filter_that_does_not_hold_is_named(browser: Client) -> None:
    html = browser.get("/cdrs/?month=1999-01").content.decode()
    assert "Month: Select a valid choice. 1999-01 is not one of the available choices. All rows are shown." in html


def test_who_is_no_longer_signed_in_signs_in_on_a_page_of_its_own(client: Client) -> None:
    """Not inside the part of a page that HTMX asked for."""
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/cdrs/?state=held"}
    answer = client.get("/cdrs/?state=rejected", headers=headers)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer["HX-Redirect"] == "/login/?next=/cdrs/%3Fstate%3Dheld"


def test_nothing_found_says_how_to_see_more(browser: Client) -> None:
    assert b"Nothing fits these filters" in browser.get("/cdrs/?q=no-such-cdr").content


def paged(cursor: str = "") -> paging.KeysetPage[Cdr]:
    asked = QueryDict(cursor.replace("+", "%2B"))
    return paging.keyset(Cdr.objects.all(), asked, field="ended_at", size=5)


def test_pages_show_every_row_once_in_both_directions(scene: Scene) -> None:
    rows = list(Cdr.objects.order_by("-ended_at", "-pk"))
    page, shown = paged(), []
    while True:
        shown += page.rows
        if page.older is None:
            break
        page = paged(f"older={page.older}")
    assert len(rows) > 15
    assert shown == rows
    last = len(rows) - len(page.rows)
    assert paged(f"newer={page.newer}").rows == rows[last - 5 : last]
    assert paged().newer is None


def test_a_row_that_arrives_while_somebody_reads_moves_nothing(scene: Scene) -> None:
    first = paged()
    arrived = records.received("JUST-NOW", ended=datetime(2026, 11, 20, 9, tzinfo=UTC), **nomads())
    second = paged(f"older={first.older}")
    assert {cdr.pk for cdr in first.rows} & {cdr.pk for cdr in second.rows} == set()
    assert paged().rows[0] == arrived


@pytest.mark.parametrize(
    "cursor", ["x", "2026-10-01_x", "_5", "%00", "9" * 40, "2026-10-01T00:00:00+00:00_" + "9" * 40]
)
def test_a_cursor_that_was_tampered_with_is_no_crash(cursor: str, browser: Client) -> None:
    assert browser.get("/cdrs/", {"older": cursor}).status_code == 200
    assert browser.get("/tokens/", {"newer": cursor}).status_code == 200


@pytest.mark.parametrize("text", ["\x00", "%", "'", "\\", "ä" * 3000])
def test_odd_searches_find_nothing_and_break_nothing(text: str, browser: Client) -> None:
    assert browser.get("/search/", {"q": text}).status_code == 200
    assert browser.get("/cdrs/", {"q": text}).status_code == 200


def test_one_exact_hit_leads_to_its_page(browser: Client, scene: Scene) -> None:
    answer = browser.get("/search/", {"q": "vlt-20113"})
    assert (answer.status_code, answer["Location"]) == (302, f"/cdrs/{scene.held.pk}/")


def test_the_search_keeps_money_from_those_who_may_not_see_it(signed_in: Callable[[str], Client]) -> None:
    assert b"Nothing begins with that" in signed_in(Role.OPERATOR).get("/search/", {"q": "VLT-20113"}).content
