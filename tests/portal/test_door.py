"""The door of the portal, and the portal before anything came in."""

import pytest
from django.test import Client

from partners.people.models import Role
from tests import cast

pytestmark = pytest.mark.django_db

LISTS = (
    *("partners", "agreements", "locations", "tariffs", "tokens", "sessions", "cdrs", "findings", "pushes"),
    *("settlement", "invoices", "disputes"),
)


def test_an_empty_portal_says_what_to_do_next(client: Client) -> None:
    client.force_login(cast.person("Hanna"))
    for name in LISTS:
        assert b"empty-state" in client.get(f"/{name}/").content, name
    assert b"No connection yet" in client.get("/").content


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(client: Client) -> None:
    cast.person("Ada", Role.FINANCE)
    for email, password in (("ada@volta.example", "wrong"), ("nobody@volta.example", "ada-password")):
        answer = client.post("/login/", {"username": email, "password": password})
        assert b"do not match" in answer.content


def test_every_page_carries_a_strict_content_security_policy(client: Client) -> None:
    policy = client.get("/login/")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy
