"""Who may open which page: every address of the portal, every role."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from partners.people.models import Role
from partners.people.permissions import GRANTS, Grant
from roaming.portal import urls
from tests.portal.scene import Scene

# What each page asks for, told a second time on purpose. A page that only takes POST says so.
PAGES: dict[str, tuple[Grant, str]] = {
    **dict.fromkeys(("home", "search", "partners", "partner", "components"), (Grant.VIEW_ROAMING, "GET")),
    **dict.fromkeys(("locations", "location", "commands", "command"), (Grant.VIEW_ROAMING, "GET")),
    "location_unlock": (Grant.HELP_DRIVERS, "GET"),
    "session_stop": (Grant.HELP_DRIVERS, "POST"),
    **dict.fromkeys(("authorizations", "authorization"), (Grant.VIEW_ROAMING, "GET")),
    **dict.fromkeys(("tokens", "token", "sessions", "session", "pushes", "push"), (Grant.VIEW_ROAMING, "GET")),
    **dict.fromkeys(("partner_add", "partner_edit", "connection_add", "connection_edit"), (Grant.EDIT_PARTNERS, "GET")),
    **dict.fromkeys(("agreement_add", "agreement_edit", "agreement_end"), (Grant.EDIT_PARTNERS, "GET")),
    "agreement_activate": (Grant.EDIT_PARTNERS, "POST"),
    **dict.fromkeys(("connection", "connection_attempts", "connection_attempt"), (Grant.VIEW_ROAMING, "GET")),
    **dict.fromkeys(
        ("connection_register", "connection_token", "connection_withdraw", "connection_unregister"),
        (Grant.HANDLE_TRAFFIC, "GET"),
    ),
    **dict.fromkeys(
        ("connection_conformance", "conformance", "conformance_text", "exchange"), (Grant.VIEW_ROAMING, "GET")
    ),
    **dict.fromkeys(("connection_pulls", "connection_pulls_past"), (Grant.VIEW_ROAMING, "GET")),
    "connection_quirk": (Grant.HANDLE_TRAFFIC, "POST"),
    **dict.fromkeys(("queues", "dead_letters"), (Grant.VIEW_ROAMING, "GET")),
    **dict.fromkeys(("push_retry", "push_repair", "push_drop"), (Grant.HANDLE_TRAFFIC, "GET")),
    **dict.fromkeys(("dead_letters_retry", "dead_letters_drop"), (Grant.HANDLE_TRAFFIC, "GET")),
    "traffic": (Grant.VIEW_ROAMING, "GET"),
    "exchange_replay": (Grant.HANDLE_TRAFFIC, "GET"),
    **dict.fromkeys(
        ("agreements", "agreement", "cdrs", "cdr", "findings", "tariffs", "tariff", "tariff_version"),
        (Grant.VIEW_MONEY, "GET"),
    ),
    "tariff_price": (Grant.VIEW_MONEY, "GET"),
    **dict.fromkeys(("settlement", "run", "invoices", "invoice", "invoice_file"), (Grant.VIEW_MONEY, "GET")),
    **dict.fromkeys(("bookings", "bookings_places", "booking", "terminals", "terminal"), (Grant.VIEW_ROAMING, "GET")),
    "terminals_captures": (Grant.VIEW_MONEY, "GET"),
    **dict.fromkeys(("disputes", "dispute", "records", "record"), (Grant.VIEW_MONEY, "GET")),
    **dict.fromkeys(("cdr_accept", "cdr_reject", "cdr_contest"), (Grant.DECIDE_CDRS, "GET")),
    "cdr_price_again": (Grant.DECIDE_CDRS, "POST"),
    **dict.fromkeys(
        (f"{noun}_{how}" for noun in ("location", "token") for how in ("add", "write", "edit", "json")),
        (Grant.KEEP_OBJECTS, "GET"),
    ),
    **dict.fromkeys(
        (f"{nouns}_{how}" for nouns in ("locations", "tokens") for how in ("import", "template", "preview", "export")),
        (Grant.KEEP_OBJECTS, "GET"),
    ),
    "location_evse": (Grant.KEEP_OBJECTS, "GET"),
    **dict.fromkeys(("tariff_add", "tariff_write", "tariff_edit", "tariff_json"), (Grant.KEEP_TARIFFS, "GET")),
    **dict.fromkeys(("tariffs_import", "tariffs_template", "tariffs_export"), (Grant.KEEP_TARIFFS, "GET")),
    **dict.fromkeys(("tariff_delete", "tariffs_preview"), (Grant.KEEP_TARIFFS, "GET")),
    "settle": (Grant.SETTLE, "GET"),
    "invoice_issue": (Grant.SETTLE, "POST"),
    **dict.fromkeys(("people", "person_add", "trail"), (Grant.MANAGE_PEOPLE, "GET")),
}

# They begin with the name of something, and are about none.
WITHOUT_SUBJECT = {"partner_add", "agreement_add"} | {
    f"{noun}_{how}" for noun in ("location", "tariff", "token") for how in ("add", "write")
}


def address(name: str, scene: Scene) -> str:
    """The address of a page about something of the scene."""
    subjects: dict[str, Any] = {
        "partner": scene.nomad.partner,
        "connection": scene.planned,
        "agreement": scene.draft_agreement,
        "location": scene.location,
        "tariff": scene.tariff,
        "token": scene.token,
        "authorization": scene.authorization,
        "session": scene.session,
        "command": scene.command,
        "cdr": scene.held,
        "push": scene.dead,
        "run": scene.run,
        "invoice": scene.issued,
        "dispute": scene.dispute,
        "record": scene.record,
        "booking": scene.booking,
        "terminal": scene.terminal,
        "agreement_end": scene.agreement,
        "connection_attempt": scene.nomad,
        "conformance": scene.checked,
        "exchange": scene.exchange,
    }
    subjects |= kept_subjects(scene)
    subject = {"connection_add": "partner"}.get(name, name if name in subjects else name.partition("_")[0])
    addresses_something = subject in subjects and name not in WITHOUT_SUBJECT
    furthers: dict[str, list[Any]] = {
        "invoice_file": ["pdf"],
        "connection_attempt": [scene.attempt.pk],
        "tariff_version": [1],
    }
    return reverse(
        f"portal:{name}", args=[subjects[subject].pk, *furthers.get(name, [])] if addresses_something else []
    )


def kept_subjects(scene: Scene) -> dict[str, Any]:
    """What the pages are about on which people keep objects themselves, each by its own name."""
    of_noun = {"location": scene.kept_location, "tariff": scene.kept_tariff, "token": scene.kept_token}
    found: dict[str, Any] = {"location_evse": scene.kept_location, "tariff_delete": scene.kept_tariff}
    for noun, row in of_noun.items():
        found |= {f"{noun}_edit": row, f"{noun}_json": row, f"{noun}s_export": row.party}
        found[f"{noun}s_preview"] = scene.uploads[f"{noun}s"]
    return found


def test_every_page_is_in_the_matrix() -> None:
    assert {pattern.name for pattern in urls.urlpatterns} == set(PAGES)


@pytest.mark.parametrize("role", Role.values)
def test_a_role_opens_what_it_is_granted_and_nothing_else(
    role: str, scene: Scene, signed_in: Callable[[str], Client]
) -> None:
    browser, opened = signed_in(role), {}
    for name, (_, method) in PAGES.items():
        if method == "GET":
            opened[name] = browser.get(address(name, scene)).status_code
    granted = {name: 200 if grant in GRANTS[role] else 403 for name, (grant, how) in PAGES.items() if how == "GET"}
    assert {name: status for name, status in opened.items() if status != granted[name]} == {}


@pytest.mark.parametrize("role", Role.values)
def test_a_role_that_lacks_the_grant_changes_nothing(
    role: str, scene: Scene, signed_in: Callable[[str], Client]
) -> None:
    browser = signed_in(role)
    for name, (grant, _) in PAGES.items():
        if grant not in GRANTS[role]:
            assert browser.post(address(name, scene)).status_code in (403, 405), name


def test_a_dispute_is_not_answered_by_somebody_who_only_looks(scene: Scene, signed_in: Callable[[str], Client]) -> None:
    answer = signed_in(Role.OPERATOR).post(address("dispute", scene), {"move": "accept", "text": "Fine."})
    scene.dispute.refresh_from_db()
    assert (answer.status_code, scene.dispute.state) == (403, "open")


def test_a_visitor_is_asked_to_sign_in_everywhere(scene: Scene, client: Client) -> None:
    for name in PAGES:
        for method in (client.get, client.post):
            answer = method(address(name, scene))
            assert answer.status_code == 302, name
            assert answer["Location"].startswith("/login/?next="), name


def test_somebody_who_left_is_out_at_once(scene: Scene, signed_in: Callable[[str], Client]) -> None:
    browser = signed_in(Role.FINANCE)
    ada = scene.people[Role.FINANCE]
    ada.is_active = False
    ada.save()
    assert browser.get("/cdrs/").status_code == 302


def test_all_addresses_of_the_portal_belong_to_it() -> None:
    assert get_resolver().namespace_dict["portal"][0] == ""
