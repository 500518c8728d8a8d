"""A period that is split where a restriction changes: its parts are what they were together."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from billing import pricing
from billing.pricing import Component, Dimension, Element, Period, Restrictions, Volume

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
