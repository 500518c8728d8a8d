"""A period that is split where a restriction changes: its parts are what they were together."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from billing import pricing
from billing.pricing import Component, Dimension, Element, Period, Restrictions, Volume
from tests.unit.pricing import cases as wire

START = datetime(2026, 10, 14, 7, 30, tzinfo=UTC)
SPLIT = pricing.RECOMMENDED.but(threshold_inside_period="split")


@pytest.mark.parametrize(("free_seconds", "total"), [(600, "2.50"), (1200, "2.00"), (1500, "1.75"), (3000, "0.50")])
def test_parts_of_an_hour_that_no_decimal_can_say_cost_no_step_more(free_seconds: int, total: str) -> None:
    component = Component(type=Dimension.TIME, price=Decimal(3), step_size=300)
    later = Element((component,), Restrictions(min_duration=Decimal(free_seconds)))
    tariff = pricing.Tariff(id="LATER", currency="EUR", elements=(later,))
    hour = (Period(START, (Volume("TIME", Decimal(1)),)),)
    cdr = pricing.Cdr(currency="EUR", starts_at=START, ends_at=START + timedelta(hours=1), periods=hour)
    assert pricing.price(cdr, [tariff], policy=SPLIT).total.excl == Decimal(total)


CUT = wire.tariff(wire.element(wire.energy("0.3"), max_kwh=5), wire.element(wire.energy("0.5")))


def test_what_is_said_of_the_parts_of_a_period_names_the_period_that_the_cdr_has() -> None:
    charge = wire.cdr(wire.period("09:00", ENERGY="10", TIME="1"), wire.period("10:00", ENERGY="1", TIME="1"))
    session = wire.priced(charge, CUT, policy=SPLIT)
    assert [(line.period, line.excl) for line in session.lines] == [
        (0, Decimal("1.5")),
        (0, Decimal("2.5")),
        (1, Decimal("0.5")),
    ]
    unknown = wire.cdr(wire.period("09:00", ENERGY="10"), wire.period("10:00", MOONLIGHT="1"))
    path = "$.charging_periods[1].dimensions[0]"
    assert wire.refused(lambda: wire.priced(unknown, CUT, policy=SPLIT)) == ("unknown_dimension", path)


def test_a_fault_of_a_period_that_was_cut_is_said_once() -> None:
    owed = wire.tariff(wire.element(wire.energy("0.3"), max_kwh=5, min_power=1), wire.element(wire.energy("0.5")))
    charge = wire.cdr(wire.period("09:00", ENERGY="10"))
    assert wire.codes(wire.priced(charge, owed, policy=SPLIT)) == [("power_not_measured", "$.charging_periods[0]")]
