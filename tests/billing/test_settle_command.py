"""`manage.py settle`: what it prints, and what it says when it cannot."""

import json
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from billing.invoices import services as invoices
from billing.invoices.models import Invoice, InvoiceState
from billing.settlement.models import SettlementRun
from partners.agreements.models import Agreement
from tests import cast
from tests.billing import records

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 3, 2, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def agreement() -> Agreement:
    cast.volta()
    cast.nomad()
    cast.polder()
    agreement = cast.agreement("NL*VLT", "DE*NMD")
    records.accepted("GOOD", agreement=agreement)
    records.held("BAD", agreement=agreement, cpo="NL*VLT", emsp="DE*NMD")
    return agreement


def settle(*arguments: str, at: datetime = AT) -> str:
    out = StringIO()
    with time_machine.travel(at, tick=False):
        call_command("settle", *arguments, stdout=out)
    return out.getvalue()


def test_it_tells_people_what_it_did() -> None:
    assert settle("--period", "2026-10") == (
        "AGR-0001 2026-10: 1 CDR, 8.50 EUR before tax: invoice (draft); 1 left out (held, rejected or not judged).\n"
    )


def test_it_tells_programs_what_it_did() -> None:
    told: dict[str, Any] = json.loads(settle("--period", "2026-10", "--json", "--issue"))
    assert told == {
        "period": "2026-10",
        "runs": [
            {
                "agreement": "AGR-0001",
                "period": "2026-10",
                "cdrs": 1,
                "left_out": 1,
                "invoice": {
                    "id": Invoice.objects.get().pk,
                    "kind": "invoice",
                    "state": "issued",
                    "number": "INV-2026-00001",
                    "net": "8.50",
                    "vat": "0.00",
                    "gross": "8.50",
                    "currency": "EUR",
                },
            }
        ],
    }


def test_run_again_it_changes_nothing() -> None:
    first = settle("--period", "2026-10", "--issue", "--json")
    assert settle("--period", "2026-10", "--issue", "--json") == first
    assert SettlementRun.objects.count() == Invoice.objects.filter(state=InvoiceState.ISSUED).count() == 1


def test_one_that_cannot_be_issued_keeps_no_other_back_and_hides_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    records.accepted("OTHER", agreement=cast.agreement("NL*PLD", "DE*NMD"))
    issue, tried = invoices.issue, []

    def somebody_was_faster(*, invoice: Invoice, **when: Any) -> Invoice:
        tried.append(invoice)
        if len(tried) == 1:
            raise invoices.CannotIssue(f"{invoice} is issued already.")
        return issue(invoice=invoice, **when)

    monkeypatch.setattr(invoices, "issue", somebody_was_faster)
    with pytest.raises(CommandError, match="is issued already"), time_machine.travel(AT, tick=False):
        call_command("settle", "--period", "2026-10", "--issue")
    assert sorted(Invoice.objects.values_list("state", flat=True)) == ["draft", "issued"]
    said = capsys.readouterr().out
    assert "AGR-0001" in said
    assert "AGR-0002" in said


def test_cdrs_that_nobody_checked_yet_are_checked_first() -> None:
    records.received("RIGHT", cpo="NL*VLT", emsp="DE*NMD")
    records.received("WRONG", cpo="NL*VLT", emsp="DE*NMD", total="9.50")
    assert settle("--period", "2026-10") == (
        "AGR-0001 2026-10: 2 CDRs, 17.00 EUR before tax: invoice (draft); 2 left out (held, rejected or not judged).\n"
    )


def test_a_month_without_cdrs_is_said() -> None:
    assert settle("--period", "2026-03", "--agreement", "agr-0001") == (
        "AGR-0001 2026-03: no CDRs to settle, no document.\n"
    )


def test_a_month_without_agreements_is_said() -> None:
    assert "nothing to settle" in settle("--period", "2025-03")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--period", "October"], "“October” is not a month; write it as YYYY-MM"),
        (["--period", "2026-11"], "2026-11 is not over yet for AGR-0001: it ends at 2026-11-30 23:00 UTC"),
        (["--period", "2026-10", "--agreement", "AGR-0042"], "no agreement “AGR-0042”. Known: AGR-0001."),
    ],
)
def test_what_it_cannot_do_it_says_in_a_sentence(arguments: list[str], sentence: str) -> None:
    with pytest.raises(CommandError) as refusal:
        settle(*arguments)
    assert sentence in str(refusal.value)
    assert refusal.value.returncode == 1
    assert not SettlementRun.objects.exists()


def test_the_night_the_clock_goes_back_is_waited_for() -> None:
    with pytest.raises(CommandError, match="not over yet"):
        settle("--period", "2026-10", at=datetime(2026, 10, 31, 22, 59, 59, tzinfo=UTC))
    assert "1 CDR" in settle("--period", "2026-10", at=datetime(2026, 10, 31, 23, tzinfo=UTC))
