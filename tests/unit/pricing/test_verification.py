"""A CDR beside our price, and beside itself."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing import pricing
from billing.pricing import Billed, Period
from tests.unit.pricing.charges import GROSS, START, cdr, component, period, priced, tariff


def billed(*periods: Period, **totals: Any) -> Billed:
    """A CDR of 20 kWh in two hours."""
    names = ("total_energy", "total_time", "total_parking_time")
    defaults = {"total_energy": Decimal(20), "total_time": Decimal(2), "total_parking_time": None}
    said = defaults | {name: totals.pop(name) for name in names if name in totals}
    return Billed(charge=cdr(*periods, **totals), costs={}, credit=False, **said)


OURS = priced(cdr(period(ENERGY="20")), tariff(component("ENERGY", "0.425")))


@pytest.mark.parametrize(
    ("carried", "within", "difference"),
    [
        ("8.5", True, "0"),
        ("8.51", True, "0.01"),
        ("8.49", True, "-0.01"),
        ("8.5101", False, "0.0101"),
        ("8.4899", False, "-0.0101"),
        ("-8.5", False, "-17"),
    ],
)
def test_the_tolerance_counts_both_ways_and_in_full(carried: str, within: bool, difference: str) -> None:
    found = pricing.compare(Decimal(carried), OURS, tolerance=Decimal("0.01"))
    assert (found.within, found.difference) == (within, Decimal(difference))


def test_ours_is_rounded_once_to_four_decimals_half_up() -> None:
    """R7."""
    ours = priced(cdr(period(ENERGY="1")), tariff(component("ENERGY", "0.00005")))
    assert pricing.compare(Decimal("0.0001"), ours, tolerance=Decimal(0)).within
    third = priced(cdr(period(ENERGY="1")), tariff(component("ENERGY", "1", vat="20"), tax_included=GROSS))
    assert pricing.compare(Decimal("0.8333"), third, tolerance=Decimal(0)).within


def test_the_comparison_is_a_sentence() -> None:
    compared = [pricing.compare(Decimal(text), OURS, tolerance=Decimal("0.01")) for text in ("8.5", "10.31", "8.4999")]
    assert [found.sentence for found in compared] == [
        "Billed 8.50 EUR, exactly our price.",
        "Billed 10.31 EUR, 1.81 more than our price of 8.50 EUR.",
        "Billed 8.4999 EUR, 0.0001 less than our price of 8.50 EUR.",
    ]


def test_a_cdr_in_order_contradicts_nothing() -> None:
    charge = billed(period(ENERGY="12"), period(after=1, ENERGY="8", PARKING_TIME="1"), total_parking_time=Decimal(1))
    assert pricing.contradictions(charge) == []


def test_energy_that_is_not_the_sum_of_its_periods_is_found() -> None:
    (found,) = pricing.contradictions(billed(period(ENERGY="12"), period(after=1, ENERGY="7.5")))
    assert (found.field, found.carried, found.computed) == ("total_energy", Decimal(20), Decimal("19.5"))
    assert str(found) == "The CDR says total_energy is 20 kWh; its periods add up to 19.5 kWh."


def test_parking_that_is_not_the_sum_of_its_periods_is_found() -> None:
    (found,) = pricing.contradictions(billed(period(ENERGY="20", PARKING_TIME="1"), total_parking_time=Decimal("1.5")))
    assert found.field == "total_parking_time"


def test_the_time_counts_the_parking_too() -> None:
    """D7: one hour of two was parked; whoever says one hour in all left the parking out."""
    parked = period(after=1, PARKING_TIME="1")
    whole = billed(period(ENERGY="20"), parked, total_time=Decimal(2), total_parking_time=Decimal(1))
    assert pricing.contradictions(whole) == []
    (found,) = pricing.contradictions(
        billed(period(ENERGY="20"), parked, total_time=Decimal(1), total_parking_time=Decimal(1))
    )
    assert (found.field, found.carried, found.computed) == ("total_time", Decimal(1), Decimal(2))


def test_time_that_is_not_from_start_to_end_is_found() -> None:
    (found,) = pricing.contradictions(billed(period(ENERGY="20"), total_time=Decimal("1.5")))
    assert str(found) == "The CDR says total_time is 1.5 h; from start to end it is 2 h."


def test_two_decimals_of_an_hour_and_a_rounded_kilowatt_hour_are_no_contradiction() -> None:
    # 1:58:23 is 1.97306 h.
    ended = START + timedelta(hours=1, minutes=58, seconds=23)
    charge = billed(period(ENERGY="20.006"), ends_at=ended, total_time=Decimal("1.97"))
    assert pricing.contradictions(charge) == []


def test_what_no_period_measures_is_not_compared() -> None:
    assert pricing.contradictions(billed(period(TIME="2"))) == []


def test_real_hours_count_in_the_night_the_clocks_go_back() -> None:
    # From 00:30 UTC to 03:30 UTC on 25 October 2026 the clock in Amsterdam shows two hours more, but three pass.
    starts = START.replace(day=25, hour=0, minute=30)
    charge = billed(period(ENERGY="20"), starts_at=starts, ends_at=starts + timedelta(hours=3), total_time=Decimal(3))
    assert pricing.contradictions(charge) == []
