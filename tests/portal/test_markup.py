"""Every page as a browser gets it, found by following every link from home."""

from collections import Counter
from collections.abc import Callable

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import resolve

from partners.people.models import Role
from tests.portal import markup
from tests.portal.scene import Scene
from tests.portal.test_access import PAGES

SAME = 4  # addresses that differ in ids and values only, opened at most


def walk(browser: Client) -> dict[str, markup.Page]:
    """The pages a person comes to by links alone, by address. Fails at the first that does not open."""
    seen: dict[str, markup.Page] = {}
    alike: Counter[tuple[str, ...]] = Counter()
    waiting = ["/"]
    while waiting:
        url = waiting.pop(0)
        alike[_kind(url)] += 1
        if url in seen or alike[_kind(url)] > SAME:
            continue
        page = seen[url] = _opened(browser, url)
        base = url.partition("?")[0]
        inside = [base + link if link.startswith("?") else link for link in page.links]
        waiting += [
            link.partition("#")[0] for link in dict.fromkeys(inside) if link.startswith("/") and link not in seen
        ]
        waiting = [link for link in waiting if not link.startswith(("/admin/", "/static/"))]
    return seen


def _kind(url: str) -> tuple[str, ...]:
    """The view and the names of the parameters; an address that leads nowhere fails here."""
    path, _, query = url.partition("?")
    return (resolve(path).view_name, *sorted(QueryDict(query)))


def _opened(browser: Client, url: str) -> markup.Page:
    answer = browser.get(url)
    assert answer.status_code == 200, f"{url} is linked to, and answers {answer.status_code}"
    if not answer["Content-Type"].startswith("text/html"):
        return markup.Page(title="a file", headings=1)
    return markup.read(answer.content.decode())


@pytest.mark.parametrize("role", Role.values)
def test_every_link_leads_somewhere_and_every_page_is_sound(
    role: str, scene: Scene, signed_in: Callable[[str], Client]
) -> None:
    pages = walk(signed_in(role))
    assert {url: page.faults for url, page in pages.items() if page.faults} == {}
    assert [url for url, page in pages.items() if page.headings != 1] == []
    assert [url for url, page in pages.items() if not page.title.strip() or page.title.startswith("Portal")] == []
    if role == Role.ADMINISTRATOR:
        # Two are forms; the second stands on the page of the connection. The third is there while an offer is open.
        elsewhere = {"search", "connection_register", "connection_withdraw"}
        expected = {name for name, (_, how) in PAGES.items() if how == "GET"} - elsewhere
        assert expected - {resolve(url.partition("?")[0]).url_name for url in pages} == set()


def test_the_pages_outside_the_house_are_sound(scene: Scene, client: Client) -> None:
    for url, status in (("/login/", 200), ("/login/?next=/cdrs/", 200), ("/nowhere/", 404)):
        answer = client.get(url)
        assert answer.status_code == status
        assert markup.read(answer.content.decode()).faults == []
