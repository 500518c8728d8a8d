"""Django admin for billing: who may do what, moves through the services, issued documents read-only."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from billing.disputes import services as disputes
from billing.disputes.models import Dispute, DisputeState
from billing.invoices.models import Invoice, InvoiceState
from billing.settlement import services as settlement
from billing.settlement.periods import Period
from partners.agreements.models import Agreement
from partners.people.models import Role
from roaming.cdrs.models import Cdr, CdrState
from tests import cast
from tests.billing import records

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 3, 2, 10, tzinfo=UTC)
LISTS = ["dispute", "invoice", "invoiceline", "numberseries", "rating", "settlementrun"]


@pytest.fixture
def agreement() -> Agreement:
    cast.volta()
    cast.nomad()
    return cast.agreement("NL*VLT", "DE*NMD")


@pytest.fixture
def ada(client: Client) -> Client:
    client.force_login(cast.person("Ada", Role.FINANCE))
    return client


@pytest.fixture
def ben() -> Client:
    client = Client()
    client.force_login(cast.person("Ben", Role.ACCOUNT_MANAGER))
    return client


def draft(agreement: Agreement) -> Invoice:
    records.accepted(agreement=agreement)
    return settlement.settle(agreement=agreement, period=Period(2026, 10), by=None, at=AT).invoice


def contested(agreement: Agreement) -> Dispute:
    cdr = records.accepted("CONTESTED", agreement=agreement)
    return disputes.open_dispute(cdr=cdr, reason="price", amount=Decimal("1.5"), message="Grace.", by=None, at=AT)


def page(model: str, row: Any) -> str:
    return reverse(f"admin:billing_{model}_change", args=[row.pk])


def said(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def decide(client: Client, dispute: Dispute, move: str, text: str) -> Any:
    form = {"move": move, "text": text, "messages-TOTAL_FORMS": 0, "messages-INITIAL_FORMS": 0}
    return client.post(page("dispute", dispute), form, follow=True)


@pytest.mark.parametrize("model", LISTS)
def test_finance_sees_every_list(ada: Client, agreement: Agreement, model: str) -> None:
    draft(agreement)
    contested(agreement)
    assert ada.get(reverse(f"admin:billing_{model}_changelist")).status_code == 200


@pytest.mark.parametrize("model", LISTS)
def test_an_operator_sees_none(client: Client, agreement: Agreement, model: str) -> None:
    client.force_login(cast.person("Otto", Role.OPERATOR))
    assert client.get(reverse(f"admin:billing_{model}_changelist")).status_code in {302, 403}


def test_pages_open(ada: Client, agreement: Agreement) -> None:
    invoice, dispute = draft(agreement), contested(agreement)
    for model, row in [("invoice", invoice), ("settlementrun", invoice.run), ("dispute", dispute)]:
        assert ada.get(page(model, row)).status_code == 200
    assert ada.get(page("invoiceline", invoice.lines.get())).status_code == 200


def test_a_dispute_is_opened_through_the_service(ada: Client, agreement: Agreement) -> None:
    cdr = records.accepted(agreement=agreement)
    form = {"cdr": cdr.pk, "reason": "energy", "amount": "2", "message": "More than the battery holds."}
    inline = {"messages-TOTAL_FORMS": 0, "messages-INITIAL_FORMS": 0}
    answer = ada.post(reverse("admin:billing_dispute_add"), {**form, **inline}, follow=True)
    dispute = Dispute.objects.get()
    assert (dispute.cdr, dispute.amount, dispute.opened_by.name) == (cdr, Decimal("2"), "Ada")  # type: ignore[union-attr]
    assert "D-" in said(answer)[0]
    cdr.refresh_from_db()
    assert cdr.state == CdrState.HELD


def test_a_claim_that_makes_no_sense_is_told_on_the_form(ada: Client, agreement: Agreement) -> None:
    cdr = records.accepted(agreement=agreement)
    form = {"cdr": cdr.pk, "reason": "energy", "amount": "900", "message": "Everything."}
    inline = {"messages-TOTAL_FORMS": 0, "messages-INITIAL_FORMS": 0}
    answer = ada.post(reverse("admin:billing_dispute_add"), {**form, **inline})
    assert b"more than 0 and at most 8.50 EUR" in answer.content
    assert not Dispute.objects.exists()


@pytest.mark.parametrize(
    ("move", "state", "cdr_state"),
    [
        ("reply", DisputeState.OPEN, CdrState.HELD),
        ("accept", DisputeState.ACCEPTED, CdrState.REJECTED),
        ("reject", DisputeState.REJECTED, CdrState.ACCEPTED),
        ("withdraw", DisputeState.WITHDRAWN, CdrState.ACCEPTED),
    ],
)
def test_a_dispute_is_answered_through_the_services(
    ada: Client, agreement: Agreement, move: str, state: str, cdr_state: str
) -> None:
    dispute = contested(agreement)
    assert decide(ada, dispute, move, "After a talk.").status_code == 200
    dispute.refresh_from_db()
    assert (dispute.state, Cdr.objects.get().state) == (state, cdr_state)
    assert [m.text for m in dispute.messages.all()] == ["Grace.", "After a talk."]


def test_a_decision_without_words_changes_nothing(ada: Client, agreement: Agreement) -> None:
    dispute = contested(agreement)
    assert b"This field is required" in decide(ada, dispute, "accept", "").content
    dispute.refresh_from_db()
    assert dispute.state == DisputeState.OPEN


def test_a_closed_dispute_is_read_only(ada: Client, agreement: Agreement) -> None:
    dispute = contested(agreement)
    disputes.accept(dispute=dispute, text="Right.", by=None, at=AT)
    assert b"_save" not in ada.get(page("dispute", dispute)).content
    assert decide(ada, dispute, "withdraw", "Again").status_code == 403
    assert ada.post(reverse("admin:billing_dispute_delete", args=[dispute.pk]), {"post": "yes"}).status_code == 403


def test_finance_issues_a_draft_and_downloads_it(ada: Client, agreement: Agreement) -> None:
    invoice = draft(agreement)
    answer = ada.post(page("invoice", invoice), {"_move_issue": "1"}, follow=True)
    assert said(answer) != []
    invoice.refresh_from_db()
    assert (invoice.state, invoice.issued_by.name) == (InvoiceState.ISSUED, "Ada")  # type: ignore[union-attr]
    for name in ("pdf", "csv", "xlsx"):
        assert ada.get(reverse("admin:billing_invoice_file", args=[invoice.pk, name])).status_code == 200
    assert ada.get(reverse("admin:billing_invoice_file", args=[invoice.pk, "exe"])).status_code == 404


def test_an_issued_invoice_cannot_be_edited_or_deleted(ada: Client, agreement: Agreement) -> None:
    invoice = draft(agreement)
    ada.post(page("invoice", invoice), {"_move_issue": "1"})
    assert ada.post(page("invoice", invoice), {"net": "1", "gross": "1", "vat_note": "Hm"}).status_code == 403
    assert ada.post(reverse("admin:billing_invoice_delete", args=[invoice.pk]), {"post": "yes"}).status_code == 403
    invoice.refresh_from_db()
    assert (invoice.net, invoice.vat_note) == (Decimal("8.50"), "Reverse charge")
    assert b"_move_issue" not in ada.get(page("invoice", invoice)).content


def test_an_account_manager_sees_invoices_but_does_not_issue(ben: Client, agreement: Agreement) -> None:
    invoice = draft(agreement)
    assert b"_move_issue" not in ben.get(page("invoice", invoice)).content
    assert ben.post(page("invoice", invoice), {"_move_issue": "1"}).status_code == 403
    assert decide(ben, contested(agreement), "reply", "On it.").status_code == 200
    invoice.refresh_from_db()
    assert invoice.state == InvoiceState.DRAFT
