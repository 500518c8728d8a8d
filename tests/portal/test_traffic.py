"""The traffic journal on screen: found by what it was about, shown with its relations, and repeated for a reason."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from partners.people.models import Role
from roaming.exchange import journal
from roaming.exchange.models import Exchange, PushState, Replay
from tests import cast
from tests.portal.scene import Scene

CARD = "04A2B3C4D5E680"
TARIFF = "http://nomad.invalid/receiver/tariffs/NL/VLT/T-DC150"


@pytest.fixture
def otto(signed_in: Callable[[str], Client]) -> Client:
    return signed_in(Role.OPERATOR)


@pytest.fixture
def traffic(scene: Scene) -> dict[str, Exchange]:
    """One exchange of each kind with Nomad, besides what the scene has."""

    def said(outcome: journal.Outcome, **changes: Any) -> Exchange:
        told: dict[str, Any] = {
            "connection": scene.nomad,
            "direction": "out",
            "method": "PUT",
            "url": TARIFF,
            "request_id": "r-7",
            "correlation_id": "c-7",
            "request_body": '{"id": "T-DC150"}',
            "at": cast.NOW,
        }
        written = journal.write(journal.Note(**(told | changes)), outcome)
        assert written is not None
        return written

    refused = journal.Outcome(0.188, 200, 2001, '{"status_code": 2001}', "HTTP 200, OCPI 2001: Invalid currency: XEU")
    card = {"direction": "in", "url": f"/ocpi/2.2.1/receiver/tokens/DE/NMD/{CARD}", "request_id": "r-8"}
    return {
        "refused": said(refused, push=scene.dead),
        "failed": said(journal.Outcome(30.0, error="nomad.invalid did not answer within 30 seconds."), at=cast.NOW),
        "card": said(journal.Outcome(0.01, 200, 1000), **card, correlation_id="c-8"),
        "old": said(journal.Outcome(2.5, 200, 1000), at=cast.NOW - timedelta(days=9), correlation_id=""),
        "versions": said(journal.Outcome(0.01, 200, 1000), direction="in", method="GET", url="/ocpi/versions"),
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=t-dc", "refused failed old"),
        (f"q={CARD.lower()}", "card"),
        ("q=c-7", "refused failed versions"),
        ("q=r-8", "card"),
        ("q=nothing", ""),
        ("text=invalid+currency", "refused"),
        ("direction=in", "card versions"),
        ("module=tariffs", "refused failed old"),
        ("module=registration", "versions"),
        ("status=refused", "refused"),
        ("status=failed", "failed"),
        ("status=trouble", "refused failed"),
        ("status=slow", "failed old"),
        ("status=ok&module=tariffs", "old"),
        ("before=2026-11-15T00:00", "old"),
        ("since=2026-11-20T09:42&module=tariffs", "refused failed"),
    ],
)
def test_an_exchange_is_found_by_what_it_was_about(
    query: str, found: str, otto: Client, traffic: dict[str, Exchange]
) -> None:
    rows = {row.pk for row in otto.get(f"/traffic/?{query}").context["page"].rows}
    assert [name for name, row in traffic.items() if row.pk in rows] == found.split()


def test_only_the_traffic_of_one_connection_is_shown(otto: Client, scene: Scene, traffic: dict[str, Exchange]) -> None:
    assert otto.get(f"/traffic/?connection={scene.planned.pk}").context["page"].rows == []
    assert len(otto.get(f"/traffic/?connection={scene.nomad.pk}").context["page"].rows) >= len(traffic)
    html = otto.get("/traffic/").content.decode()
    assert "PUT /tariffs/NL/VLT/T-DC150" in html and "Invalid currency: XEU" in html and CARD not in html


@pytest.mark.parametrize("query", ["since=yesterday", "q=%00", "q=" + "x" * 3000, "connection=0", "status=odd"])
def test_odd_filters_break_nothing(query: str, otto: Client, traffic: dict[str, Exchange]) -> None:
    assert otto.get(f"/traffic/?{query}").status_code == 200


def test_its_page_shows_both_sides_and_all_that_belongs_to_it(
    otto: Client, scene: Scene, traffic: dict[str, Exchange]
) -> None:
    html = otto.get(f"/exchanges/{traffic['refused'].pk}/").content.decode()
    assert "They did not do it." in html and "Invalid currency: XEU" in html
    assert "&quot;id&quot;: &quot;T-DC150&quot;" in html and "&quot;status_code&quot;: 2001" in html
    assert f"/pushes/{scene.dead.pk}/" in html and f"/connections/{scene.nomad.pk}/" in html
    assert f"/exchanges/{traffic['failed'].pk}/" in html and f"/exchanges/{traffic['versions'].pk}/" in html
    assert f"/exchanges/{traffic['card'].pk}/" not in html
    assert 'href="/tariffs/?q=' not in html  # which Otto may not see


def test_repeating_needs_a_reason_and_leads_to_what_came_of_it(
    otto: Client, scene: Scene, traffic: dict[str, Exchange]
) -> None:
    page = f"/exchanges/{traffic['refused'].pk}/replay/"
    assert b"the object as it is now" in otto.get(page).content
    assert otto.post(page, {"note": " "}).status_code == 422
    assert not Replay.objects.exists()
    answer = otto.post(page, {"note": "They know XEU now."}, follow=True)
    assert answer.redirect_chain[-1][0] == f"/pushes/{scene.dead.pk}/"
    scene.dead.refresh_from_db()
    assert (scene.dead.state, Replay.objects.get().note) == (PushState.WAITING, "They know XEU now.")
    shown = otto.get(f"/exchanges/{traffic['refused'].pk}/").content
    assert b"They know XEU now." in shown and b"Otto" in shown


def test_what_cannot_be_repeated_says_why(otto: Client, traffic: dict[str, Exchange]) -> None:
    page = f"/exchanges/{traffic['versions'].pk}/"
    assert b"Registration is never repeated" in otto.get(page).content
    assert b"/replay/" not in otto.get(page).content
    for answer in (otto.get(f"{page}replay/", follow=True), otto.post(f"{page}replay/", {"note": "x"}, follow=True)):
        assert answer.redirect_chain[-1][0] == page and b"Registration is never repeated" in answer.content
    assert not Replay.objects.exists()


def test_who_only_looks_repeats_nothing(signed_in: Callable[[str], Client], traffic: dict[str, Exchange]) -> None:
    page = f"/exchanges/{traffic['refused'].pk}/"
    ada = signed_in(Role.FINANCE)
    assert b"/replay/" not in ada.get(page).content
    assert ada.post(f"{page}replay/", {"note": "x"}).status_code == 403
