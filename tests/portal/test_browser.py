"""The portal in a real browser: signing in, walking the pages, partial updates, both themes, and no complaint."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.portal import scene

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MAIN = (
    *("partners", "agreements", "locations", "tariffs", "tokens", "sessions", "cdrs", "findings", "pushes"),
    *("authorizations", "settlement", "invoices", "disputes", "people", "people/trail", "components"),
    *("dead-letters", "exchange", "traffic"),
)


@pytest.fixture
def complaints() -> list[str]:
    return []


@contextmanager
def window(chromium: "Browser", url: str, **options: Any) -> "Iterator[Page]":
    """A fresh window; closing it lets go of the server's threads and their database connections."""
    context = chromium.new_context(base_url=url, viewport={"width": 1440, "height": 900}, **options)
    try:
        yield context.new_page()
    finally:
        context.close()


@pytest.fixture
def page(chromium: "Browser", live_server: Any, complaints: list[str]) -> "Iterator[Page]":
    """A window at the sign-in page; console errors, exceptions and policy violations become complaints."""
    scene.furnish()
    with window(chromium, live_server.url) as page:
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(f"{request.url} failed: {request.failure}"))
        page.goto("/")
        yield page


def sign_in(page: "Page", name: str) -> None:
    page.get_by_label("E-mail").fill(f"{name.lower()}@volta.example")
    page.get_by_label("Password").fill(f"{name.lower()}-password")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("navigation", name="Main").wait_for()


def wait_for(page: "Page", selector: str, count: int) -> None:
    """A click answers when the new page begins to arrive; its rows may still be on their way."""
    from playwright.sync_api import expect

    expect(page.locator(selector)).to_have_count(count, timeout=30_000)


def test_people_walk_the_portal_without_a_complaint(page: "Page", complaints: list[str]) -> None:
    sign_in(page, "Hanna")
    for name in MAIN:
        page.goto(f"/{name}/")
        page.locator("h1").wait_for()
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, f"/{name}/ is {wider} px wider than the window"
    assert complaints == []


def test_a_list_is_filtered_and_paged_without_leaving_it(page: "Page", complaints: list[str]) -> None:
    sign_in(page, "Ada")
    page.goto("/cdrs/")
    page.evaluate("window.stayed = true")
    page.get_by_label("State").select_option("held")
    page.wait_for_url("**/cdrs/?*state=held*")
    wait_for(page, "#rows tbody tr", count=3)
    page.locator("#told", has_text="3 rows").wait_for(state="attached")
    assert page.evaluate("window.stayed") is True
    page.go_back()
    page.wait_for_function("document.querySelectorAll('#rows tbody tr').length > 3")
    wait_for(page, ".side", count=1)
    assert complaints == []


def test_a_list_that_cannot_be_loaded_says_so(page: "Page") -> None:
    sign_in(page, "Ada")
    page.goto("/cdrs/")
    page.context.set_offline(True)
    page.get_by_label("State").select_option("held")
    page.get_by_text("The list could not be loaded.").wait_for()
    page.context.set_offline(False)
    page.get_by_label("State").select_option("rejected")
    page.get_by_text("The list could not be loaded.").wait_for(state="hidden")


def test_a_held_cdr_is_decided_from_home_by_clicks_alone(page: "Page", complaints: list[str]) -> None:
    sign_in(page, "Ben")
    page.get_by_role("link", name="VLT-20113").first.click()
    page.get_by_role("link", name="Accept as billed").click()
    page.get_by_label("Why").fill("Agreed by phone.")
    page.get_by_role("button", name="Accept as billed").click()
    page.locator(".head .state", has_text="Accepted").wait_for()
    page.get_by_role("status").first.wait_for()
    assert complaints == []


def test_the_theme_is_kept_and_the_slash_focuses_the_search(page: "Page", complaints: list[str]) -> None:
    sign_in(page, "Ada")
    page.get_by_role("button", name="Switch light and dark").click()
    page.goto("/cdrs/")
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("vlt-20113")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cdrs/*/")
    page.get_by_role("button", name="Ada").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("E-mail").wait_for()
    assert complaints == []


def test_the_portal_works_without_javascript(chromium: "Browser", live_server: Any) -> None:
    scene.furnish()
    with window(chromium, live_server.url, java_script_enabled=False) as page:
        page.goto("/")
        sign_in(page, "Ada")
        page.goto("/cdrs/")
        page.get_by_label("State").select_option("held")
        page.get_by_role("button", name="Filter").click()
        wait_for(page, "#rows tbody tr", count=3)
        page.get_by_role("button", name="Sign out").click()
        page.get_by_label("E-mail").wait_for()
