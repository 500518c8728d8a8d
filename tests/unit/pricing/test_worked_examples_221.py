"""Every example that OCPI 2.2.1 works out, to the printed cent. Its tariffs know VAT and limits, no tax_included."""

import os
from decimal import Decimal
from pathlib import Path

import pytest

from billing import pricing
from roaming.ocpi.schema import wire
from tests.unit.pricing.both_ways import costs, reported
from tests.unit.pricing.cases import Json, cdr, element, energy, flat, hours, parking, period, priced, refused, time
from tests.unit.pricing.worked_examples import EXAMPLES, Example, charging, printed
from tests.unit.pricing.worked_tariffs import MAX_PRICE, oldest

FOLDER = Path(os.environ.get("OCPI_EXAMPLES") or "nowhere") / "2.2.1"
needs_the_specification = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the specification's examples are not given: OCPI_EXAMPLES"
)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_an_example_costs_what_is_printed(example: Example) -> None:
    assert_costs_as_printed(example, example.owed)


@needs_the_specification
@pytest.mark.parametrize("example", [one for one in EXAMPLES if one.file], ids=str)
def test_the_tariff_of_the_specification_itself_costs_the_same(example: Example) -> None:
    owed = wire.decode((FOLDER / f"{example.file}.json").read_bytes())
    assert isinstance(owed, dict)
    assert_costs_as_printed(example, owed)


def assert_costs_as_printed(example: Example, owed: Json) -> None:
    total = costs(example.charge, owed, version="2.2.1")
    assert printed(total.excl, example.excl) == example.excl
    assert example.incl is None or printed(total.incl, example.incl) == example.incl


def test_the_complex_saturday_is_exact() -> None:
    """The specification prints 2.28 for 1.9 hours at 1.25 (section Complex Tariff example)."""
    saturday = next(one for one in EXAMPLES if one.name == "complex on a Saturday")
    lines = priced(saturday.charge, saturday.owed).lines
    assert [(line.excl, line.incl) for line in lines] == [
        (Decimal("2.5"), Decimal("2.875")),
        (Decimal("2.375"), Decimal("2.85")),
        (Decimal("7.5"), Decimal("8.25")),
    ]


def test_after_its_end_date_a_tariff_prices_nothing() -> None:
    later = {**charging("30"), "start_date_time": "2019-06-30T23:59:59Z"}
    assert refused(lambda: priced(later, MAX_PRICE)) == ("no_active_tariff", "$.tariffs")


@pytest.mark.parametrize(
    ("step", "wh", "billed", "price"),
    [
        (1, "115.2", "0.116", "0.029"),
        (25, "101", "0.125", "0.031"),
        (25, "115.2", "0.125", "0.031"),
        (25, "125", "0.125", "0.031"),
        (500, "1", "0.5", "0.125"),
        (500, "115.2", "0.5", "0.125"),
        (500, "500", "0.5", "0.125"),
    ],
)
def test_energy_is_billed_in_steps_of_watt_hours(step: int, wh: str, billed: str, price: str) -> None:
    """PriceComponent.step_size."""
    charge, owed = charging(str(Decimal(wh) / 1000)), oldest(element(energy("0.25", step=step)))
    assert priced(charge, owed).billed_energy_kwh == Decimal(billed)
    assert printed(costs(charge, owed, version="2.2.1").excl, price) == price


@pytest.mark.parametrize(
    ("kind", "used", "billed"),
    [("TIME", 6, "10"), ("PARKING_TIME", 8, "10")],
)
def test_time_is_billed_in_steps_of_seconds(kind: str, used: int, billed: str) -> None:
    """PriceComponent.step_size: 300 are five minutes."""
    owed = oldest(element(time("6.00", step=300), parking("6.00", step=300)))
    charge = cdr(period("09:00", **{kind: hours(used)}))
    assert costs(charge, owed, version="2.2.1").excl == Decimal(billed) / 10


def test_charging_before_parking_is_billed_to_the_second() -> None:
    """CDR step_size: 21 minutes charged and 7 parked in steps of five are 21 and 10."""
    charge = cdr(period("09:00", TIME=hours(21)), period("09:21", PARKING_TIME=hours(7)))
    owed = oldest(element(time("6.00", step=300), parking("6.00", step=300)))
    lines = priced(charge, owed).lines
    assert [(line.part, line.excl) for line in lines] == [("time", Decimal("2.1")), ("parking", Decimal("1"))]
    assert costs(charge, owed, version="2.2.1").excl == Decimal("3.1")


def test_parking_is_rounded_and_charging_in_front_of_it_is_not() -> None:
    """CDR step_size: 21 minutes charged and 16 parked in steps of ten are 41."""
    charge = cdr(period("09:00", TIME=hours(21)), period("09:21", PARKING_TIME=hours(16)))
    owed = oldest(element(time("1.00", step=600), parking("2.00", step=600)))
    session = priced(charge, owed)
    assert (session.billed_hours, session.part(pricing.Part.TIME).excl) == (Decimal("0.35"), Decimal("0.35"))
    assert reported(charge, owed, version="2.2.1")["rounded"]["total_parking_cost"] == "0.67"
    assert session.billed_parking_hours == Decimal("0.33333333333333333333")


def test_of_two_energy_prices_the_total_is_rounded_at_the_last() -> None:
    """CDR step_size: 4.3 kWh before 17:00 and 1.1 after it in steps of 500 Wh are 5.5, of which 1.2 after 17:00."""
    owed = oldest(
        element(energy("0.20", step=500), start_time="00:00", end_time="17:00"), element(energy("0.27", step=500))
    )
    charge = cdr(period("15:00", ENERGY="4.3"), period("16:00", ENERGY="1.1"), zone="Europe/Paris")
    assert [line.billed for line in priced(charge, owed).lines] == [Decimal("4.3"), Decimal("1.2")]
    assert costs(charge, owed, version="2.2.1").excl == Decimal("1.184")


def test_of_two_prices_of_time_the_total_is_rounded_at_the_last() -> None:
    """CDR step_size: 6 minutes before 17:00 and 22 after it in steps of ten are 30, of which 24 after 17:00."""
    owed = oldest(
        element(time("5.00", step=600), start_time="00:00", end_time="17:00"), element(time("7.00", step=600))
    )
    charge = cdr(period("15:54", TIME=hours(6)), period("16:00", TIME=hours(22)), zone="Europe/Paris")
    assert [line.billed for line in priced(charge, owed).lines] == [Decimal("0.1"), Decimal("0.4")]
    assert costs(charge, owed, version="2.2.1").excl == Decimal("3.3")


def test_the_start_fee_of_a_tariff_that_ocpi_cannot_express_is_the_higher_one() -> None:
    """tariff_11: 0.50 with tax for a credit card, and 2.00 per hour with tax."""
    owed = oldest(element(flat("0.40", vat="25"), time("1.90", vat="5.2", step=300)), type="AD_HOC_PAYMENT")
    total = costs(cdr(period("09:00", TIME="1")), owed, version="2.2.1")
    assert (total.excl, total.incl) == (Decimal("2.30"), Decimal("2.4988"))
