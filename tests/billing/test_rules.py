"""The rule catalogue, rule by rule: what each finds, in which words, and what it leaves alone."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from billing.checks import recording, rules
from billing.checks.found import Case, Found, money
from partners.agreements.models import Agreement
from roaming.cdrs import services as cdrs
from roaming.cdrs.models import Cdr, CdrState
from roaming.cdrs.services import ContentDiffers
from roaming.findings.models import Finding, Severity
from tests import cast
from tests.billing import records

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def agreement() -> Iterator[Agreement]:
    cast.volta()
    cast.polder()
    yield cast.agreement("NL*PLD", "NL*VGO")


def found(cdr: Cdr, agreement: Agreement | None) -> list[Found]:
    return rules.check(Case(cdr=cdr, data=cdr.data, agreement=agreement))


def codes(cdr: Cdr, agreement: Agreement | None) -> list[str]:
    return [one.code for one in found(cdr, agreement)]


def test_nothing_is_wrong_with_a_good_cdr(agreement: Agreement) -> None:
    assert found(records.received(), agreement) == []


def test_an_unknown_emsp(agreement: Agreement) -> None:
    (one,) = found(records.received(emsp="FR*XYZ"), None)
    assert one == Found(
        code="unknown_emsp",
        title="eMSP not known",
        sentence="Polder Laden bills 8.50 EUR for a token of FR*XYZ, which is no eMSP we know; "
        "nobody can be charged for it.",
        expected="an eMSP on one of our connections",
        actual="FR*XYZ",
        money_at_risk=Decimal("8.50"),
    )


def test_no_agreement_in_force() -> None:
    (one,) = found(records.received(), None)
    assert (one.code, one.holds, one.money_at_risk) == ("no_agreement", True, Decimal("8.50"))
    assert one.sentence == (
        "No agreement between NL*PLD and NL*VGO was in force on 2026-10-14 09:00 UTC, when the charging started; "
        "Polder Laden bills 8.50 EUR."
    )


def test_another_currency_than_agreed(agreement: Agreement) -> None:
    (one,) = found(records.received(currency="CHF"), agreement)
    assert (one.code, one.expected, one.actual) == ("currency_differs", "EUR", "CHF")
    assert one.sentence == "Polder Laden bills in CHF, but AGR-0001 settles in EUR."


def test_an_end_before_the_start(agreement: Agreement) -> None:
    one = found(records.received(start_date_time="2026-10-14T10:31:00Z"), agreement)[0]
    assert (one.code, one.holds, one.money_at_risk) == ("end_before_start", True, Decimal("8.50"))
    assert one.sentence == ("The charging ends on 2026-10-14 10:30 UTC, before it starts on 2026-10-14 10:31 UTC.")
    nothing = records.received("ZERO", start_date_time="2026-10-14T10:30:00Z", total_time=Decimal(0))
    assert codes(nothing, agreement) == ["totals_disagree"]  # its hour and a half of charging


def test_a_charge_that_is_not_over_when_its_cdr_comes(agreement: Agreement) -> None:
    (one,) = found(records.received(at=records.ENDED - timedelta(hours=1, seconds=1)), agreement)
    assert (one.code, one.holds, one.money_at_risk) == ("in_the_future", True, Decimal("8.50"))
    assert (
        one.sentence == "The charging ends on 2026-10-14 10:30 UTC, but the CDR came on 2026-10-14 09:29 UTC already."
    )
    assert codes(records.received("CLOCKS", at=records.ENDED - timedelta(hours=1)), agreement) == []


def test_energy_that_its_periods_do_not_bear_out_holds(agreement: Agreement) -> None:
    (one,) = found(records.received(total_energy=Decimal("25")), agreement)
    assert (one.code, one.holds, one.money_at_risk) == ("totals_disagree", True, Decimal("8.50"))
    assert (one.expected, one.actual) == ("total_energy 20", "total_energy 25")


def test_a_time_that_its_ends_do_not_bear_out_is_worth_knowing(agreement: Agreement) -> None:
    (one,) = found(records.received(total_time=Decimal("3")), agreement)
    assert (one.code, one.severity, one.money_at_risk) == ("totals_disagree", Severity.NOTE, None)


def test_a_credit_cdr_waits_for_a_person(agreement: Agreement) -> None:
    """D3."""
    records.received("cdr0")
    cdr = records.received(total="-8.50", credit=True, credit_reference_id="CDR0")
    (one,) = found(cdr, agreement)
    assert (one.code, one.money_at_risk) == ("credit", Decimal("8.50"))
    assert one.sentence.startswith("Polder Laden credits CDR CDR0 with -8.50 EUR;")


def test_a_credit_of_what_nobody_sent_is_stored_and_flagged(agreement: Agreement) -> None:
    """D3: also when another CPO has a CDR of that id, or when it is a credit itself."""
    records.received("CDR0", cpo="NL*VLT")
    first = records.received(total="-8.50", credit=True, credit_reference_id="CDR0")
    second = records.received("CDR2", total="-8.50", credit=True, credit_reference_id="CDR1")
    assert codes(first, agreement) == codes(second, agreement) == ["credit", "credit_of_unknown"]


def test_a_cdr_credited_twice_is_stored_and_flagged(agreement: Agreement) -> None:
    """D3."""
    records.received("CDR0")
    first = records.received("C1", total="-8.50", credit=True, credit_reference_id="CDR0")
    second = records.received("C2", total="-8.50", credit=True, credit_reference_id="cdr0")
    assert codes(first, agreement) == ["credit"]
    _, twice = found(second, agreement)
    assert (twice.code, twice.actual, twice.money_at_risk) == ("credited_twice", "C1 and C2", Decimal("8.50"))


@pytest.mark.parametrize(
    ("total", "currency", "expected"),
    [("8.50", "EUR", "-8.50 EUR"), ("-8.49", "EUR", "-8.50 EUR"), ("-8.50", "CHF", "-8.50 EUR")],
)
def test_a_credit_that_does_not_take_back_what_was_billed_is_flagged(
    agreement: Agreement, total: str, currency: str, expected: str
) -> None:
    """D3: a positive total would bill once more."""
    records.received("CDR0")
    cdr = records.received(total=total, currency=currency, credit=True, credit_reference_id="CDR0")
    one = next(one for one in found(cdr, agreement) if one.code == "credit_differs")
    assert (one.expected, one.actual, one.holds) == (expected, f"{total} {currency}", True)


def test_a_positive_credit_of_the_unknown_is_flagged_for_both(agreement: Agreement) -> None:
    """D3."""
    cdr = records.received(total="8.50", credit=True, credit_reference_id="CDR0")
    assert codes(cdr, agreement) == ["credit", "credit_of_unknown", "credit_differs"]


def test_a_negative_total_that_is_no_credit(agreement: Agreement) -> None:
    assert codes(records.received(total="-0.01"), agreement) == ["negative_total"]
    assert codes(records.received("FREE", total="0"), agreement) == []


def test_a_session_billed_twice_holds_the_second(agreement: Agreement) -> None:
    first = records.received("A", session_id="Session-7")
    second = records.received("B", session_id="SESSION-7")
    assert codes(first, agreement) == []
    (one,) = found(second, agreement)
    assert one.code == "session_billed_twice"
    assert one.sentence == (
        "Polder Laden bills session SESSION-7 a second time: CDR A came first, this one adds 8.50 EUR."
    )


@pytest.mark.parametrize("session", [{"session_id": "#NA"}, {"session_id": ""}])
def test_cdrs_without_a_session_are_not_compared(agreement: Agreement, session: dict[str, Any]) -> None:
    records.received("A", **session)
    assert codes(records.received("B", **session), agreement) == []


def test_sessions_of_two_operators_are_not_compared(agreement: Agreement) -> None:
    records.received("A", cpo="NL*VLT", session_id="7")
    assert codes(records.received("B", session_id="7"), agreement) == []


def test_a_session_billed_again_after_a_credit_is_right(agreement: Agreement) -> None:
    records.accepted("A", agreement=agreement, session_id="7")
    records.received("A-CREDIT", session_id="7", total="-8.50", credit=True, credit_reference_id="a")
    assert codes(records.received("B", session_id="7"), agreement) == []


def test_a_session_billed_again_after_a_rejection_is_right(agreement: Agreement) -> None:
    first = records.held("A", agreement=agreement, session_id="7")
    cdrs.move(cdr=first, to=CdrState.REJECTED, reason="Wrong", at=first.received_at)
    assert codes(records.received("B", session_id="7"), agreement) == []


@pytest.mark.parametrize(
    ("hours", "late"), [(24, None), (25, "25 hours"), (71, "71 hours"), (72, "3 days"), (200, "8 days")]
)
def test_a_late_cdr_is_worth_knowing_only(agreement: Agreement, hours: int, late: str | None) -> None:
    cdr = records.received(at=records.ENDED + timedelta(hours=hours))
    notes = found(cdr, agreement)
    assert [(one.code, one.severity, one.actual) for one in notes] == ([("late", Severity.NOTE, late)] if late else [])


def test_each_finding_is_kept_once(agreement: Agreement) -> None:
    cdr = records.received(emsp="FR*XYZ")
    for _ in range(2):
        recording.record(cdr=cdr, found=found(cdr, None), at=records.ENDED)
    finding = Finding.objects.get()
    assert (finding.code, finding.severity, finding.cdr) == ("unknown_emsp", Severity.HOLDS, cdr)
    assert (finding.money_at_risk, finding.currency) == (Decimal("8.50"), "EUR")


def test_what_is_no_longer_found_is_withdrawn_and_may_come_back(agreement: Agreement) -> None:
    cdr, later = records.received(emsp="FR*XYZ"), records.ENDED + timedelta(days=1)
    wrong = found(cdr, None)
    recording.record(cdr=cdr, found=wrong, at=records.ENDED)
    recording.record(cdr=cdr, found=[], at=later)
    assert Finding.objects.get().withdrawn_at == later
    recording.record(cdr=cdr, found=wrong, at=later)
    recording.record(cdr=cdr, found=wrong, at=later)
    assert list(Finding.objects.order_by("id").values_list("withdrawn_at", flat=True)) == [later, None]


def test_a_refusal_under_the_id_of_a_cdr_stands(agreement: Agreement) -> None:
    cdr = records.received()
    with pytest.raises(ContentDiffers):
        records.received(total="9.99")
    recording.record(cdr=cdr, found=[], at=records.ENDED)
    assert Finding.objects.get().withdrawn_at is None
    with pytest.raises(IntegrityError, match="only_a_judging_is_withdrawn"), transaction.atomic():
        Finding.objects.update(withdrawn_at=records.ENDED)


@pytest.mark.parametrize(
    ("amount", "text"),
    [("0.5", "0.50"), ("0", "0.00"), ("1E+2", "100.00"), ("1.81000000", "1.81"), ("-3", "-3.00"), ("0.0125", "0.0125")],
)
def test_money_reads_like_money(amount: str, text: str) -> None:
    assert money(Decimal(amount), "EUR") == f"{text} EUR"
