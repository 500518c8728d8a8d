"""Settling a month: what enters a run, what it adds up to, and what is refused."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from billing.invoices.models import Invoice, InvoiceKind, InvoiceLine, InvoiceState
from billing.settlement import selectors, services
from billing.settlement.models import SettlementRun
from billing.settlement.periods import Period
from partners.agreements import services as agreements
from partners.agreements.models import Agreement
from roaming.cdrs import services as cdrs
from roaming.cdrs.models import Cdr, CdrState
from tests import cast
from tests.billing import records

pytestmark = pytest.mark.django_db

OCTOBER, NOVEMBER = Period(2026, 10), Period(2026, 11)
AT = datetime(2026, 11, 3, 2, 10, tzinfo=UTC)


@pytest.fixture
def buying() -> Agreement:
    """Polder Laden's stations, our drivers: we expect an invoice."""
    cast.volta()
    cast.polder()
    return cast.agreement("NL*PLD", "NL*VGO")


@pytest.fixture
def selling() -> Agreement:
    """Our stations, Nomad's drivers: we issue the invoice."""
    cast.volta()
    cast.nomad()
    return cast.agreement("NL*VLT", "DE*NMD", vat_rate=Decimal("21.00"), vat_note="")


def settle(agreement: Agreement, period: Period = OCTOBER, at: datetime = AT) -> SettlementRun:
    return services.settle(agreement=agreement, period=period, by=None, at=at)


def states() -> dict[str, str]:
    return dict(Cdr.objects.values_list("ocpi_id", "state"))


def test_lines_are_the_carried_totals_each_rounded_once_half_up(selling: Agreement) -> None:
    for number, total in enumerate(["8.505", "1.004", "0.015", "2.0049"]):
        records.accepted(f"CDR{number}", agreement=selling, total=total)
    run = settle(selling)
    lines = list(InvoiceLine.objects.filter(invoice__run=run).values_list("position", "amount"))
    assert lines == [(1, Decimal("8.51")), (2, Decimal("1.00")), (3, Decimal("0.02")), (4, Decimal("2.00"))]
    invoice = run.invoice
    assert (invoice.net, invoice.vat_amount, invoice.gross) == (Decimal("11.53"), Decimal("2.42"), Decimal("13.95"))
    assert (invoice.energy_kwh, run.cdr_count) == (Decimal("80"), 4)
    assert set(states().values()) == {CdrState.SETTLED}


@pytest.mark.parametrize(
    ("rule", "amounts", "net"),
    [
        ("per_cdr_half_even", ["8.50", "1.00", "0.02", "2.00", "-8.50"], "3.02"),
        ("per_line_half_up", ["8.51", "1.00", "0.02", "2.00", "-8.51"], "3.02"),
        ("per_line_half_even", ["8.50", "1.00", "0.02", "2.00", "-8.50"], "3.02"),
        # 8.505, 9.509, 9.524, 11.5289 and 3.0239: what each line leaves over is in the next.
        ("per_invoice_half_up", ["8.51", "1.00", "0.01", "2.01", "-8.51"], "3.02"),
    ],
)
def test_an_agreement_says_how_its_lines_are_rounded(
    selling: Agreement, rule: str, amounts: list[str], net: str
) -> None:
    Agreement.objects.filter(pk=selling.pk).update(readings={"rounding": rule})
    for number, total in enumerate(["8.505", "1.004", "0.015", "2.0049", "-8.505"]):
        records.accepted(f"CDR{number}", agreement=selling, total=total)
    invoice = settle(selling).invoice
    assert list(invoice.lines.values_list("amount", flat=True)) == [Decimal(amount) for amount in amounts]
    assert invoice.net == Decimal(net)


def test_only_the_sum_of_an_invoice_is_rounded_where_the_agreement_says_so(selling: Agreement) -> None:
    Agreement.objects.filter(pk=selling.pk).update(readings={"rounding": "per_invoice_half_up"})
    for number in range(10):
        records.accepted(f"CDR{number}", agreement=selling, total="0.004")
    invoice = settle(selling).invoice
    assert invoice.net == Decimal("0.04")
    assert sum(invoice.lines.values_list("amount", flat=True)) == invoice.net


def test_a_rounding_that_nobody_knows_settles_nothing(selling: Agreement) -> None:
    records.accepted(agreement=selling)
    Agreement.objects.filter(pk=selling.pk).update(readings={"rounding": "to_taste"})
    with pytest.raises(services.CannotSettle, match="rounds in a way that is not known: 'to_taste' is not a valid"):
        settle(selling)
    assert not SettlementRun.objects.exists()


def test_vat_is_taken_on_the_sum_and_rounded_half_up(selling: Agreement) -> None:
    for number in range(3):
        records.accepted(f"CDR{number}", agreement=selling, total="0.05")
    invoice = settle(selling).invoice
    # 0.15 at 21 % is 0.0315; line by line it would have been three times 0.01.
    assert (invoice.net, invoice.vat_amount) == (Decimal("0.15"), Decimal("0.03"))


def test_yen_have_no_decimals() -> None:
    cast.volta()
    cast.nomad()
    agreement = cast.agreement("NL*VLT", "DE*NMD", currency="JPY", vat_rate=Decimal(10), vat_note="")
    records.accepted(agreement=agreement, total="120.5")
    invoice = settle(agreement).invoice
    assert (invoice.net, invoice.vat_amount, invoice.gross) == (Decimal(121), Decimal(12), Decimal(133))


def test_our_stations_give_an_invoice_our_drivers_an_expected_one(selling: Agreement) -> None:
    cast.polder()
    buying = cast.agreement("NL*PLD", "NL*VGO")
    records.accepted("SOLD", agreement=selling)
    records.accepted("BOUGHT", agreement=buying)
    sold, bought = settle(selling).invoice, settle(buying).invoice
    assert (sold.kind, sold.seller.name, sold.buyer.name) == (InvoiceKind.INVOICE, "Volta", "Nomad")
    assert (bought.kind, bought.seller.name, bought.buyer.name) == (InvoiceKind.EXPECTED, "Polder Laden", "Volta")
    assert sold.state == bought.state == InvoiceState.DRAFT


def test_as_the_hub_of_two_partners_we_only_witness() -> None:
    cast.nomad()
    cast.polder()
    agreement = cast.agreement("NL*PLD", "DE*NMD")
    records.accepted(agreement=agreement)
    invoice = settle(agreement).invoice
    assert (invoice.kind, invoice.seller.name, invoice.buyer.name) == (InvoiceKind.EXPECTED, "Polder Laden", "Nomad")


def test_a_company_does_not_invoice_itself() -> None:
    cast.volta()
    agreement = cast.agreement("NL*VLT", "NL*VGO")
    records.accepted(agreement=agreement)
    assert settle(agreement).invoice.kind == InvoiceKind.EXPECTED


@pytest.mark.parametrize(
    ("period", "ended", "enters"),
    [
        # October ends at 23:00 UTC: winter time since the 25th.
        (OCTOBER, datetime(2026, 10, 31, 22, 30, tzinfo=UTC), True),  # 23:30 in Amsterdam
        (OCTOBER, datetime(2026, 10, 31, 22, 59, 59, tzinfo=UTC), True),
        (OCTOBER, datetime(2026, 10, 31, 23, tzinfo=UTC), False),  # midnight is November
        # September ends at 22:00 UTC: still summer time.
        (Period(2026, 9), datetime(2026, 9, 30, 21, 30, tzinfo=UTC), True),
        (Period(2026, 9), datetime(2026, 9, 30, 22, tzinfo=UTC), False),
        (Period(2026, 9), datetime(2026, 9, 30, 22, 30, tzinfo=UTC), False),
        # March starts on winter time and ends on summer time.
        (Period(2026, 3), datetime(2026, 3, 31, 21, 59, 59, tzinfo=UTC), True),
        (Period(2026, 3), datetime(2026, 3, 31, 22, tzinfo=UTC), False),
    ],
)
def test_the_month_ends_at_midnight_where_the_agreement_lives(
    buying: Agreement, period: Period, ended: datetime, enters: bool
) -> None:
    records.accepted(agreement=buying, ended=ended)
    run = settle(buying, period, at=AT)
    assert run.cdr_count == int(enters)
    assert states() == {"CDR1": CdrState.SETTLED if enters else CdrState.ACCEPTED}


def test_the_hour_that_comes_twice_belongs_to_its_month(buying: Agreement) -> None:
    for number, hour in enumerate([0, 1]):  # 02:30 summer time and 02:30 winter time of 25 October
        records.accepted(f"CDR{number}", agreement=buying, ended=datetime(2026, 10, 25, hour, 30, tzinfo=UTC))
    assert settle(buying).cdr_count == 2


def test_a_late_cdr_enters_the_next_run(buying: Agreement) -> None:
    records.accepted("IN-TIME", agreement=buying)
    first = settle(buying)
    records.accepted("LATE", agreement=buying, ended=datetime(2026, 10, 30, tzinfo=UTC))
    records.accepted("NEXT", agreement=buying, ended=datetime(2026, 11, 5, tzinfo=UTC))
    second = settle(buying, NOVEMBER, at=AT + timedelta(days=30))
    assert (first.cdr_count, second.cdr_count) == (1, 2)
    lines = InvoiceLine.objects.filter(invoice__run=second).values_list("cdr__ocpi_id", flat=True)
    assert list(lines) == ["LATE", "NEXT"]
    assert first.invoice.net == Decimal("8.50")


def test_settling_twice_returns_the_first_run(buying: Agreement) -> None:
    records.accepted("IN-TIME", agreement=buying)
    first = settle(buying)
    records.accepted("LATE", agreement=buying)
    assert settle(buying) == first
    assert states() == {"IN-TIME": CdrState.SETTLED, "LATE": CdrState.ACCEPTED}
    assert Invoice.objects.count() == SettlementRun.objects.count() == 1


def test_a_month_without_cdrs_is_a_run_without_an_invoice(buying: Agreement) -> None:
    run = settle(buying)
    assert (run.cdr_count, Invoice.objects.count()) == (0, 0)


def test_held_cdrs_stay_out_and_are_told(buying: Agreement) -> None:
    records.held("HELD", agreement=buying)
    records.held("NOBODYS", agreement=None)
    records.received("NEW")
    records.held("NEXT-MONTH", agreement=buying, ended=datetime(2026, 11, 2, tzinfo=UTC))
    records.accepted("GOOD", agreement=buying)
    assert settle(buying).cdr_count == 1
    left = selectors.left_out(buying, OCTOBER).values_list("ocpi_id", flat=True)
    assert list(left) == ["HELD", "NOBODYS", "NEW"]


@pytest.mark.parametrize("at", [datetime(2026, 10, 31, 22, 59, 59, tzinfo=UTC), datetime(2026, 10, 15, tzinfo=UTC)])
def test_a_month_that_is_not_over_is_refused(buying: Agreement, at: datetime) -> None:
    records.accepted(agreement=buying)
    with pytest.raises(services.CannotSettle, match="not over yet for AGR-0001: it ends at 2026-10-31 23:00 UTC"):
        settle(buying, at=at)
    assert states() == {"CDR1": CdrState.ACCEPTED}
    assert not SettlementRun.objects.exists()


def test_a_month_is_over_at_its_local_midnight(buying: Agreement) -> None:
    assert settle(buying, at=datetime(2026, 10, 31, 23, tzinfo=UTC)).cdr_count == 0


def test_a_draft_agreement_is_not_settled(buying: Agreement) -> None:
    cast.nomad()
    draft = cast.agreement("NL*PLD", "DE*NMD", active=False)
    with pytest.raises(services.CannotSettle, match="is a draft"):
        settle(draft)


def test_a_month_before_the_agreement_is_refused(buying: Agreement) -> None:
    with pytest.raises(services.CannotSettle, match="starts on 2026-01-01, after 2025-12"):
        settle(buying, Period(2025, 12))


def test_an_ended_agreement_settles_what_is_left(buying: Agreement) -> None:
    agreements.end(agreement=buying, ends_date=date(2026, 10, 1), at=AT)
    assert services.settle_all(period=OCTOBER, by=None, at=AT) == []
    records.accepted("LATE", agreement=buying, ended=datetime(2026, 9, 20, tzinfo=UTC))
    (run,) = services.settle_all(period=OCTOBER, by=None, at=AT)
    assert run.cdr_count == 1


def test_settling_all_refuses_before_anything_is_written(buying: Agreement) -> None:
    cast.nomad()
    cast.agreement("NL*VLT", "DE*NMD", time_zone="America/New_York")
    records.accepted(agreement=buying)
    with pytest.raises(services.CannotSettle, match="AGR-0002"):
        services.settle_all(period=OCTOBER, by=None, at=datetime(2026, 11, 1, 3, tzinfo=UTC))
    assert not SettlementRun.objects.exists()
    runs = services.settle_all(period=OCTOBER, by=None, at=datetime(2026, 11, 1, 4, tzinfo=UTC))
    assert [run.cdr_count for run in runs] == [1, 0]


def test_a_cdr_that_another_moved_meanwhile_undoes_the_whole_run(
    buying: Agreement, monkeypatch: pytest.MonkeyPatch
) -> None:
    records.accepted(agreement=buying)
    monkeypatch.setattr(cdrs, "move_all", lambda **_: 0)
    with pytest.raises(services.CannotSettle, match="Only 0 of 1"):
        settle(buying)
    assert states() == {"CDR1": CdrState.ACCEPTED}
    assert not SettlementRun.objects.exists() and not Invoice.objects.exists()
