"""The examples of OCPI 2.1.1. It prints few totals; its complex tariff is used as the later versions work it out.

No VAT, no limits, no tariff_id; a CDR stops at `stop_date_time` and carries its whole location.
"""

import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from billing import pricing
from billing.pricing import of_version
from roaming.ocpi.schema import wire
from tests.unit.pricing.both_ways import costs, reported
from tests.unit.pricing.cases import Json, at, component, element, hours, money, period, priced
from tests.unit.pricing.worked_tariffs import WEEKDAYS

FOLDER = Path(os.environ.get("OCPI_EXAMPLES") or "nowhere") / "2.1.1"
needs_the_specification = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the specification's examples are not given: OCPI_EXAMPLES"
)
POLICY = of_version("2.1.1")


def oldest_cdr(*periods: Json, stop: str = "18:00", **fields: Any) -> Json:
    """Of 2.1.1, in Ghent."""
    return {
        "id": "12345",
        "start_date_time": periods[0]["start_date_time"],
        "stop_date_time": at(stop),
        "location": {"id": "LOC1", "country": "BE", "time_zone": "Europe/Brussels", "evses": [{"uid": "3256"}]},
        "currency": "EUR",
        "charging_periods": list(periods),
        **fields,
    }


def oldest(*elements: Json) -> Json:
    return {"id": "12", "currency": "EUR", "elements": list(elements), "last_updated": "2015-06-29T20:39:09Z"}


def component_as_text(kind: str, price: str, step: int) -> Json:
    return {**component(kind, price, step=step), "price": price}


TWO_PER_HOUR = oldest(element(component_as_text("TIME", "2.00", 300)))
# Its prose speaks of amperes, its fields of kilowatts: min_power and max_power are read as the fields say.
COMPLEX = oldest(
    element(component("FLAT", "2.50")),
    element(component("TIME", "1.00", step=900), max_power=32),
    element(component("TIME", "2.00", step=600), min_power=32, day_of_week=WEEKDAYS),
    element(component("TIME", "1.25", step=600), min_power=32, day_of_week=["SATURDAY", "SUNDAY"]),
    element(component("PARKING_TIME", "5.00", step=300), start_time="09:00", end_time="18:00", day_of_week=WEEKDAYS),
    element(
        component("PARKING_TIME", "6.00", step=300), start_time="10:00", end_time="17:00", day_of_week=["SATURDAY"]
    ),
)
CDR_OF_THE_CHAPTER = oldest_cdr(
    period("2015-06-29T21:39:09Z", TIME="1.973"),
    stop="2015-06-29T23:37:32Z",
    total_cost=Decimal("4.00"),
    total_energy=Decimal("15.342"),
    total_time=Decimal("1.973"),
)


def test_the_cdr_of_the_chapter_is_billed_correctly_though_its_price_is_a_text() -> None:
    assert_is_billed_correctly(CDR_OF_THE_CHAPTER, [TWO_PER_HOUR])


@needs_the_specification
def test_the_cdr_of_the_specification_itself_is_billed_correctly() -> None:
    sent: Any = wire.decode((FOLDER / "cdrs_01_example_of_a_cdr.json").read_bytes())
    assert_is_billed_correctly(sent, sent["tariffs"])


def assert_is_billed_correctly(sent: Json, owed: list[Json]) -> None:
    """1.973 hours in steps of five minutes are two; what it is with tax, 2.1.1 cannot say."""
    verdict = pricing.verify(pricing.read_billed(sent), [pricing.read_tariff(one) for one in owed], POLICY)
    assert (verdict.agrees, verdict.contradictions) == (True, ())
    assert costs(sent, *owed, version="2.1.1") == (Decimal(4), None)
    assert verdict.priced.billed_hours == 2


def test_six_minutes_are_billed_as_ten() -> None:
    """PriceComponent: a step_size of 300."""
    charge = oldest_cdr(period("09:00", TIME=hours(6)))
    session = priced(charge, TWO_PER_HOUR, policy=POLICY)
    assert session.lines[0].sentence == ("0.1 h, billed as 0.1667 h in steps of 300 s, at 2.0000 EUR per hour")
    report = reported(charge, TWO_PER_HOUR, version="2.1.1")
    assert report["rounded"]["total_cost_excl_vat"] == "0.33"


@pytest.mark.parametrize(
    ("charged", "expected"),
    [
        # Monday 09:30 in Ghent: 165 minutes below 32, 42 parked and billed as 45.
        ([period("08:30", TIME="2.75", POWER="16"), period("11:15", PARKING_TIME=hours(42))], "9.00"),
        # Monday, above 32: 165 minutes exactly, because parking is rounded.
        ([period("08:30", TIME="2.75", POWER="43"), period("11:15", PARKING_TIME=hours(42))], "11.75"),
        # Saturday 13:30: 114 minutes above 32, 71 parked and billed as 75.
        (
            [
                period("2027-03-20T12:30:00Z", TIME="1.9", POWER="43"),
                period("2027-03-20T14:24:00Z", PARKING_TIME=hours(71)),
            ],
            "12.375",
        ),
        # No power measured: neither element of it holds, the rest does.
        ([period("08:30", TIME="2.75"), period("11:15", PARKING_TIME=hours(42))], "6.25"),
        # Sunday: parking is free.
        ([period("2027-03-21T12:30:00Z", TIME="1.9", POWER="43", PARKING_TIME="1")], "5"),
    ],
)
def test_the_complex_tariff_is_read_for_each_dimension(charged: list[Json], expected: str) -> None:
    assert costs(oldest_cdr(*charged), COMPLEX, version="2.1.1") == (Decimal(expected), None)


def test_a_flat_fee_among_the_volumes_is_left_to_the_tariff() -> None:
    """CdrDimensionType FLAT of 2.1.1."""
    charge = oldest_cdr(period("09:00", FLAT="1", TIME="1"))
    assert costs(charge, oldest(element(component("FLAT", "2.50"))), version="2.1.1").excl == Decimal("2.50")
    assert costs(charge, TWO_PER_HOUR, version="2.1.1").excl == 2


def test_free_of_charge_is_free_with_and_without_tax() -> None:
    owed = oldest(element(component("FLAT", "0.00", step=0)))
    assert costs(oldest_cdr(period("09:00", TIME="3", ENERGY="20")), owed, version="2.1.1") == money("0", "0")


@needs_the_specification
@pytest.mark.parametrize(
    "number", ["01_example_new_tariff_2_euro_per_hour", "03_simple_tariff_example_2_euro_per_hour"]
)
def test_the_tariffs_of_two_euros_are_steps_of_five_minutes(number: str) -> None:
    owed = wire.decode((FOLDER / f"tariffs_{number}.json").read_bytes())
    assert isinstance(owed, dict)
    assert costs(oldest_cdr(period("09:00", TIME="1.973")), owed, version="2.1.1").excl == 4
