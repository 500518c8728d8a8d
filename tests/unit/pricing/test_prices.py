"""What charges cost: exact to the last digit, and explained in sentences."""

import json
from decimal import Decimal

import pytest

from billing import pricing
from billing.pricing import Amounts, Element, Part
from tests.unit.pricing.charges import GROSS, NO_TAX, cdr, component, period, priced, tariff


def test_energy_is_paid_by_the_kilowatt_hour() -> None:
    """R4."""
    outcome = priced(cdr(period(ENERGY="31.284")), tariff(component("ENERGY", "0.49")))
    assert outcome.total.excl == Decimal("15.32916")
    (line,) = outcome.lines
    assert (line.dimension, line.unit, line.unit_price) == ("ENERGY", "kWh", Decimal("0.49"))
    assert (line.quantity, line.billed, line.excl) == (Decimal("31.284"), Decimal("31.284"), Decimal("15.32916"))
    assert line.sentence == "31.284 kWh at 0.4900 EUR per kWh"


def test_time_is_paid_by_the_hour() -> None:
    """R4."""
    # 2 h 30 min at 3.00 an hour with 10 % VAT.
    outcome = priced(cdr(period(TIME="2.5")), tariff(component("TIME", "3.00", vat="10", step=60)))
    assert (outcome.total.excl, outcome.total.incl) == (Decimal("7.5"), Decimal("8.25"))
    assert outcome.lines[0].sentence == "2.5 h at 3.0000 EUR per hour"


def test_a_start_fee_is_charged_once_however_many_periods_follow() -> None:
    outcome = priced(cdr(period(TIME="1"), period(after=1, TIME="1")), tariff(component("FLAT", "2.50", vat="15")))
    assert (outcome.total.excl, outcome.total.incl) == (Decimal("2.50"), Decimal("2.875"))
    assert outcome.lines[0].sentence == "Once 2.5000 EUR per session"
    assert outcome.lines[0].unit == "session"


def test_every_component_has_its_own_vat_and_the_totals_are_per_dimension() -> None:
    # Start 0.50 with 20 %, 20.45 kWh in steps of half a kWh at 0.25 with 10 %: 5.625 before and 6.2375 after tax.
    owed = tariff(component("FLAT", "0.50", vat="20"), component("ENERGY", "0.25", vat="10", step=500))
    outcome = priced(cdr(period(ENERGY="20.45")), owed)
    assert (outcome.total.excl, outcome.total.incl) == (Decimal("5.625"), Decimal("6.2375"))
    assert outcome.part(Part.FIXED) == Amounts(Decimal("0.5"), Decimal("0.6"))
    assert outcome.part(Part.ENERGY) == Amounts(Decimal("5.125"), Decimal("5.6375"))
    assert outcome.part(Part.TIME) == Amounts(Decimal(0), Decimal(0))
    assert outcome.lines[1].sentence == "20.45 kWh, billed as 20.5 kWh in steps of 500 Wh, at 0.2500 EUR per kWh"


def test_all_four_dimensions_add_up() -> None:
    owed = tariff(
        component("FLAT", "0.35"),
        component("ENERGY", "0.40"),
        component("TIME", "1.20", step=60),
        component("PARKING_TIME", "6.00", step=300),
    )
    charge = cdr(period(ENERGY="10", TIME="0.75"), period(after=1, PARKING_TIME="0.5"))
    outcome = priced(charge, owed)
    assert [line.excl for line in outcome.lines] == [Decimal(text) for text in ("0.35", "4", "0.9", "3")]
    assert outcome.total.excl == Decimal("8.25")


def test_the_first_component_of_a_dimension_counts_and_other_elements_serve_beside_it() -> None:
    """R2."""
    elements = (
        Element((component("ENERGY", "0.30"),)),
        Element((component("ENERGY", "0.90"), component("TIME", "1.00"), component("TIME", "9.00"))),
    )
    outcome = priced(cdr(period(ENERGY="10", TIME="1")), tariff(elements=elements))
    assert [line.unit_price for line in outcome.lines] == [Decimal("0.30"), Decimal("1.00")]
    assert outcome.total.excl == Decimal(4)


def test_what_no_component_prices_is_free_and_said() -> None:
    """R2."""
    outcome = priced(cdr(period(ENERGY="10", TIME="1.5")), tariff(component("ENERGY", "0.40")))
    assert outcome.total.excl == Decimal(4)
    assert tuple(one.message for one in outcome.warnings) == ("No component prices charging time: 1.5 h cost nothing.",)


def test_free_charging_costs_nothing_and_still_explains_itself() -> None:
    """R4."""
    outcome = priced(cdr(period(ENERGY="10")), tariff(component("FLAT", "0.00", step=0)))
    assert (outcome.total.excl, outcome.total.incl) == (Decimal(0), Decimal(0))
    assert outcome.lines[0].sentence == "Once 0.0000 EUR per session"


def test_measurements_beside_the_charging_cost_nothing() -> None:
    charge = cdr(period(ENERGY="10", MAX_CURRENT="32", POWER="11", STATE_OF_CHARGE="80", ENERGY_EXPORT="1"))
    outcome = priced(charge, tariff(component("ENERGY", "0.40")))
    assert (outcome.total.excl, outcome.warnings) == (Decimal(4), ())


def test_prices_with_tax_in_them_are_taken_apart() -> None:
    owed = tariff(component("ENERGY", "0.605", vat="21"), tax_included=GROSS)
    outcome = priced(cdr(period(ENERGY="10")), owed)
    assert (outcome.total.excl, outcome.total.incl) == (Decimal(5), Decimal("6.05"))
    assert outcome.lines[0].sentence == "10 kWh at 0.6050 EUR per kWh including 21 % VAT"


def test_an_amount_without_end_is_carried_to_twenty_decimals() -> None:
    owed = tariff(component("ENERGY", "1.00", vat="20"), tax_included=GROSS)
    outcome = priced(cdr(period(ENERGY="1")), owed)
    assert outcome.total.excl == Decimal("0.83333333333333333333")
    assert outcome.total.incl == Decimal(1)


def test_totals_are_added_before_an_endless_amount_is_cut() -> None:
    # A third each of energy, time and parking: three cut thirds would be 0.99999999999999999999.
    components = [component(kind, "0.40", vat="20", step=0) for kind in ("ENERGY", "TIME", "PARKING_TIME")]
    charge = cdr(period(ENERGY="1", TIME="1", PARKING_TIME="1"))
    assert priced(charge, tariff(*components, tax_included=GROSS)).total.excl == Decimal(1)


def test_where_no_tax_applies_both_totals_are_the_same() -> None:
    owed = tariff(component("ENERGY", "0.40", vat="21"), tax_included=NO_TAX)
    outcome = priced(cdr(period(ENERGY="10")), owed)
    assert (outcome.total.excl, outcome.total.incl) == (Decimal(4), Decimal(4))


def test_a_tariff_silent_about_tax_is_read_as_before_tax_and_said() -> None:
    outcome = priced(cdr(period(ENERGY="10")), tariff(component("ENERGY", "0.40", vat="10"), tax_included=None))
    assert (outcome.total.excl, outcome.total.incl) == (Decimal(4), Decimal("4.4"))
    assert tuple(one.message for one in outcome.warnings) == (
        "Tariff FAIR does not say whether its prices include tax; read as prices before tax.",
    )


@pytest.mark.parametrize("volumes", [["0.1", "0.2"], ["0.15", "0.15"], ["0.3"]])
def test_tenths_add_up_as_people_add_them(volumes: list[str]) -> None:
    charge = cdr(*(period(after=hour, ENERGY=volume) for hour, volume in enumerate(volumes)))
    assert priced(charge, tariff(component("ENERGY", "1.00"))).total.excl == Decimal("0.3")


def test_without_tariff_ids_the_one_valid_tariff_prices() -> None:
    outcome = priced(cdr(period(tariff_id=None, ENERGY="10")), tariff(component("ENERGY", "0.40")))
    assert outcome.total.excl == Decimal(4)


def test_tariff_ids_know_no_upper_and_lower_case() -> None:
    assert priced(cdr(period(tariff_id="fair", ENERGY="1")), tariff(component("ENERGY", "1"))).tariff_ids == ("FAIR",)


def test_the_report_is_plain_json_with_amounts_as_texts() -> None:
    report = pricing.as_json(priced(cdr(period(ENERGY="10")), tariff(component("ENERGY", "0.40", vat="21"))))
    lines = report.pop("lines")
    rounded = report.pop("rounded")
    assert json.loads(json.dumps(report)) == {
        "total_cost_excl_vat": "4",
        "total_cost_incl_vat": "4.84",
        "total_energy_cost": "4",
        "total_energy_cost_incl_vat": "4.84",
        "total_time_cost": "0",
        "total_time_cost_incl_vat": "0",
        "total_parking_cost": "0",
        "total_parking_cost_incl_vat": "0",
        "total_fixed_cost": "0",
        "total_fixed_cost_incl_vat": "0",
        "total_reservation_cost": "0",
        "total_reservation_cost_incl_vat": "0",
        "total_energy": "10",
        "total_time": "2",
        "total_parking_time": "0",
        "total_reservation_time": "0",
        "billed_energy": "10",
        "billed_time": "0",
        "billed_parking_time": "0",
        "billed_reservation_time": "0",
        "reservation_expired": False,
        "currency": "EUR",
        "tariffs": ["FAIR"],
        "warnings": [],
    }
    assert (rounded["total_cost_excl_vat"], rounded["total_cost_incl_vat"]) == ("4.00", "4.84")
    assert lines == [
        {
            "period": 0,
            "starts_at": "2026-10-14T07:30:00Z",
            "dimension": "ENERGY",
            "part": "energy",
            "tariff_id": "FAIR",
            "element": 0,
            "unit": "kWh",
            "quantity": "10",
            "step_added": "0",
            "billed": "10",
            "step_size": 1,
            "unit_price": "0.4",
            "tax_included": "NO",
            "vat": "21",
            "excl": "4",
            "incl": "4.84",
            "due_excl": "4",
            "due_incl": "4.84",
            "sentence": "10 kWh at 0.4000 EUR per kWh",
            "reason": "Element 1 applies always.",
        }
    ]
