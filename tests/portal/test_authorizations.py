"""Authorizations on pages: each figure leads to as many rows, and each row to what it is about."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from partners.people.models import Role
from roaming.kernel import clock
from roaming.tokens.models import Authorization
from tests import cast
from tests.billing import records
from tests.portal.scene import Scene, nomads


@pytest.fixture
def otto(signed_in: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(clock, "now", lambda: cast.NOW)
    return signed_in(Role.OPERATOR)


def found(browser: Client, query: str) -> set[int]:
    return {row.pk for row in browser.get(f"/authorizations/?{query}").context["page"].rows}


def test_attempts_are_found_by_partner_outcome_source_token_and_day(otto: Client, scene: Scene) -> None:
    allowed = scene.authorization.pk
    unasked = Authorization.objects.exclude(pk=allowed).get().pk
    both = {allowed, unasked}
    assert found(otto, f"partner={scene.nomad.partner_id}") == both
    assert found(otto, f"asked_of={scene.nomad.partner_id}&since=2026-11-20") == both
    assert found(otto, f"asked_by={scene.nomad.partner_id}") == set()
    assert found(otto, "outcome=allowed") == found(otto, "source=emsp") == found(otto, "q=nmd-auth") == {allowed}
    assert found(otto, "outcome=refused") == found(otto, "outcome=unanswered") == {unasked}
    assert found(otto, f"token={scene.token.pk}") == found(otto, "q=04a2") == both
    assert (found(otto, "day=2026-11-20"), found(otto, "day=2026-11-19")) == (both, set())
    assert found(otto, f"agreement={scene.agreement.reference.lower()}&since=2026-11-21") == set()


@pytest.mark.parametrize("page", ["partner", "agreement"])
def test_the_figures_of_a_page_lead_to_the_rows_that_they_count(
    page: str, otto: Client, signed_in: Callable[[str], Client], scene: Scene
) -> None:
    ben = signed_in(Role.ACCOUNT_MANAGER)
    subject = {"partner": scene.nomad.partner_id, "agreement": scene.agreement.pk}[page]
    html = ben.get(f"/{page}s/{subject}/").content.decode()
    card = html[html.index("Authorizations, last 7 days") :].partition("</section>")[0]
    counted = re.findall(r'href="/authorizations/\?([^"]+)"[^>]*>[^<\d]*(\d+)<', card)
    assert len(counted) >= 4
    for query, count in counted:
        assert len(found(otto, query.replace("&amp;", "&"))) == int(count), query
    assert "50.0 %" in card


def test_a_session_and_a_cdr_name_the_authorization_that_they_began_with(
    otto: Client, signed_in: Callable[[str], Client], scene: Scene
) -> None:
    """S4."""
    authorization = f"/authorizations/{scene.authorization.pk}/"
    session = f"/sessions/{scene.session.pk}/"
    assert authorization in otto.get(session).content.decode()
    page = otto.get(authorization).content.decode()
    assert session in page
    assert session in otto.get("/authorizations/").content.decode()
    assert f"/tokens/{scene.token.pk}/" in page
    assert f"/exchanges/{scene.exchange.pk}/" in page  # of the same correlation id
    finance, paid = (
        signed_in(Role.FINANCE),
        records.received("REF", authorization_reference="nmd-auth-5512", **nomads()),
    )
    assert authorization in finance.get(f"/cdrs/{paid.pk}/").content.decode()
    assert "decided it in" not in finance.get(f"/cdrs/{scene.held.pk}/").content.decode()
