"""step_size: whole steps once a session, energy by the Wh, time or parking by the second."""

from decimal import Decimal

import pytest

from tests.unit.pricing.charges import cdr, component, period, priced, tariff


@pytest.mark.parametrize(
    ("kwh", "step", "billed"),
    [
        ("0.1152", 1, "0.116"),
        ("0.116", 1, "0.116"),
        ("20.45", 500, "20.5"),
        ("20.5", 500, "20.5"),
        ("20.45", 0, "20.45"),
        ("0.0001", 1000, "1"),
    ],
)
def test_energy_is_billed_in_whole_steps(kwh: str, step: int, billed: str) -> None:
    """D8, R4."""
    (line,) = priced(cdr(period(ENERGY=kwh)), tariff(component("ENERGY", "0.25", step=step))).lines
    assert (line.quantity, line.billed) == (Decimal(kwh), Decimal(billed))


def test_the_total_is_rounded_not_each_period() -> None:
    """D8."""
    # Two times 20 minutes in steps of 15: 45 minutes, not two times 30.
    charge = cdr(period(TIME="0.3333"), period(after=1, TIME="0.3334"))
    outcome = priced(charge, tariff(component("TIME", "2.00", step=900)))
    assert [line.billed for line in outcome.lines] == [Decimal("0.3333"), Decimal("0.4167")]
    assert (outcome.billed_hours, outcome.total.excl) == (Decimal("0.75"), Decimal("1.5"))


def test_no_energy_is_no_step() -> None:
    assert priced(cdr(period(ENERGY="0")), tariff(component("ENERGY", "0.25", step=1000))).lines == ()


def test_when_parking_is_priced_only_parking_is_rounded() -> None:
    """D8."""
    # 3.00 an hour while charging, 5.00 while parking: 1.9 h charge as they are, 42 minutes park as 45.
    owed = tariff(component("TIME", "3.00", vat="10", step=3600), component("PARKING_TIME", "5.00", vat="20", step=300))
    outcome = priced(cdr(period(TIME="1.9"), period(after=1, PARKING_TIME="0.7")), owed)
    assert [line.billed for line in outcome.lines] == [Decimal("1.9"), Decimal("0.75")]
    assert (outcome.total.excl, outcome.total.incl) == (Decimal("9.45"), Decimal("10.77"))


def test_parking_before_charging_takes_the_step_too() -> None:
    owed = tariff(component("TIME", "3.00", step=3600), component("PARKING_TIME", "5.00", step=300))
    outcome = priced(cdr(period(PARKING_TIME="0.7"), period(after=1, TIME="1.9")), owed)
    assert [line.billed for line in outcome.lines] == [Decimal("0.75"), Decimal("1.9")]


def test_unpriced_parking_leaves_the_step_to_the_time() -> None:
    # 2.00 an hour in steps of five minutes: 1.973 h are two hours; the parking is free.
    owed = tariff(component("TIME", "2.00", vat="10", step=300))
    outcome = priced(cdr(period(TIME="1.973"), period(after=1, PARKING_TIME="0.7")), owed)
    assert (outcome.total.excl, outcome.total.incl) == (Decimal(4), Decimal("4.4"))
    assert outcome.lines[0].sentence == "1.973 h, billed as 2 h in steps of 300 s, at 2.0000 EUR per hour"


def test_parking_of_no_length_leaves_the_step_to_the_time() -> None:
    owed = tariff(component("TIME", "2.00", step=300), component("PARKING_TIME", "5.00", step=300))
    assert priced(cdr(period(TIME="1.973", PARKING_TIME="0")), owed).total.excl == Decimal(4)


def test_a_step_of_ten_minutes_is_a_sixth_of_an_hour_exactly() -> None:
    outcome = priced(cdr(period(TIME="0.01")), tariff(component("TIME", "6.00", step=600)))
    assert outcome.total.excl == Decimal(1)
    assert outcome.lines[0].sentence == "0.01 h, billed as 0.1667 h in steps of 600 s, at 6.0000 EUR per hour"


def test_a_start_fee_has_no_steps() -> None:
    assert priced(cdr(period(TIME="1")), tariff(component("FLAT", "0.50", step=900))).lines[0].billed == Decimal(1)
