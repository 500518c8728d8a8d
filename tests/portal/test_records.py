"""The page of an invoice record: what it lists beside what we have, with links to everything it is about."""

from collections.abc import Callable

import pytest
from django.test import Client

from billing.reconciliation import selectors as reconciliation
from partners.people.models import Role
from roaming.findings.models import Finding
from tests.portal.scene import Scene


@pytest.fixture
def browser(signed_in: Callable[[str], Client]) -> Client:
    return signed_in(Role.FINANCE)


def test_the_record_stands_beside_our_statement(browser: Client, scene: Scene) -> None:
    """I5: compared, never edited."""
    page = browser.get(f"/invoice-records/{scene.record.pk}/")
    (row,) = page.context["documents"]
    assert (row.invoice, row.listed, row.lines, row.complete) == (scene.draft, 1, 2, False)
    assert row.unlisted_net + row.listed_net == scene.draft.net
    assert (page.context["missing"], page.context["loose"]) == (["PL-55999"], [])
    told = Finding.objects.get(code="record_differs_from_statement")
    assert told in page.context["findings"]
    assert (told.money_at_risk, told.currency) == (row.unlisted_net, "EUR")
    assert b"1 of 2" in page.content


def test_everything_it_is_about_is_a_link(browser: Client, scene: Scene) -> None:
    cdr = scene.draft.lines.order_by("position")[0].cdr
    page = browser.get(f"/invoice-records/{scene.record.pk}/").content.decode()
    for address in (
        f"/cdrs/{cdr.pk}/",
        f"/invoices/{scene.draft.pk}/",
        f"/partners/{cdr.party.connection.partner_id}/",
    ):
        assert address in page
    for address in (f"/cdrs/{cdr.pk}/", f"/invoices/{scene.draft.pk}/"):
        assert f"/invoice-records/{scene.record.pk}/" in browser.get(address).content.decode()


def test_only_an_invoice_of_ours_counts_as_ours(scene: Scene) -> None:
    assert reconciliation.invoice_of(scene.record) is None
    scene.record.invoice_id, scene.record.party = str(scene.issued.number), scene.issued.agreement.cpo
    assert reconciliation.invoice_of(scene.record) == scene.issued
