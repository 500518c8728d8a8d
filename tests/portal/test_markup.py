"""Every page as a browser gets it, found by following every link from home."""

from collections.abc import Callable

import pytest
from django.test import Client

from partners.people.models import Role
from tests.portal import markup
from tests.portal.scene import Scene

pytestmark = pytest.mark.django_db

MOST = 400


def walk(browser: Client) -> dict[str, markup.Page]:
    """All pages a person comes to by links alone, by address. Fails at the first that does not open."""
    seen: dict[str, markup.Page] = {}
    waiting = ["/"]
    while waiting and len(seen) < MOST:
        url = waiting.pop(0)
        if url in seen:
            continue
        answer = browser.get(url)
        assert answer.status_code == 200, f"{url} is linked to, and answers {answer.status_code}"
        html = answer["Content-Type"].startswith("text/html")
        page = seen[url] = markup.read(answer.content.decode()) if html else markup.Page(title="a file", headings=1)
        base = url.partition("?")[0]
        inside = [base + link if link.startswith("?") else link for link in page.links]
        waiting += [link.partition("#")[0] for link in inside if link.startswith("/") and link not in seen]
        waiting = [link for link in waiting if not link.startswith(("/admin/", "/static/"))]
    assert len(seen) < MOST, "the walk did not end"
    return seen


@pytest.mark.parametrize("role", Role.values)
def test_every_link_leads_somewhere_and_every_page_is_sound(
    role: str, scene: Scene, signed_in: Callable[[str], Client]
) -> None:
    pages = walk(signed_in(role))
    assert {url: page.faults for url, page in pages.items() if page.faults} == {}
    assert [url for url, page in pages.items() if page.headings != 1] == []
    assert [url for url, page in pages.items() if not page.title.strip() or page.title.startswith("Portal")] == []


def test_the_administrator_comes_to_every_kind_of_page(scene: Scene, signed_in: Callable[[str], Client]) -> None:
    from roaming.portal import urls
    from tests.portal.test_access import PAGES, address

    walked = {url.partition("?")[0] for url in walk(signed_in(Role.ADMINISTRATOR))}
    # The search is a form; the token page follows only upon making a token.
    expected = {name for name, (_, how) in PAGES.items() if how == "GET"} - {"search", "connection_token"}
    assert {pattern.name for pattern in urls.urlpatterns} >= expected
    assert sorted(name for name in expected if address(name, scene) not in walked) == []


def test_the_pages_outside_the_house_are_sound(scene: Scene, client: Client) -> None:
    for url, status in (("/login/", 200), ("/login/?next=/cdrs/", 200), ("/nowhere/", 404)):
        answer = client.get(url)
        assert answer.status_code == status
        assert markup.read(answer.content.decode()).faults == []


def test_every_page_carries_a_strict_content_security_policy(client: Client, db: None) -> None:
    policy = client.get("/login/")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy
