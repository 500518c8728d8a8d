"""Which element prices what: all its restrictions hold, and it is the first one with the dimension."""

from decimal import Decimal

import pytest

from billing.pricing import RECOMMENDED
from tests.unit.pricing.cases import (
    AMSTERDAM,
    Json,
    cdr,
    codes,
    element,
    energy,
    excl,
    flat,
    parking,
    period,
    priced,
    tariff,
    time,
)


def test_all_restrictions_of_an_element_must_hold() -> None:
    both = {"start_time": "08:00", "end_time": "12:00", "min_kwh": 5, "max_power": 22, "day_of_week": ["MONDAY"]}
    owed = tariff(element(energy("1"), **both), element(energy("0")))

    def cost(first: str, start: str, power: str) -> Decimal | None:
        charge = cdr(period("06:30", ENERGY=first), period(start, ENERGY="1", MAX_POWER=power), zone=AMSTERDAM)
        return excl(charge, owed)

    assert cost("5", "07:00", "11") == 1
    assert cost("4", "07:00", "11") == 0
    assert cost("5", "06:59:59", "11") == 0
    assert cost("5", "07:00", "22") == 0


@pytest.mark.parametrize("restrictions", [{}, {"day_of_week": []}, {"min_kwh": None}, {"booking": None}])
def test_no_restriction_is_always_in_force(restrictions: Json) -> None:
    owed = tariff({"price_components": [energy("1")], "restrictions": restrictions})
    assert excl(cdr(period("09:00", ENERGY="1")), owed) == 1
    assert excl(cdr(period("09:00", ENERGY="1")), tariff({**element(energy("1")), "restrictions": None})) == 1


@pytest.mark.parametrize(
    "unknown", [{"booking": "BOOKING"}, {"phase_of_the_moon": "FULL"}, {"reservation": "SOMETIMES"}]
)
def test_what_nobody_can_answer_is_never_in_force(unknown: Json) -> None:
    owed = tariff(element(energy("9"), flat("9"), **unknown), element(energy("1")))
    session = priced(cdr(period("09:00", ENERGY="1")), owed)
    assert session.total.excl == 1
    assert ("unknown_restriction", f"$.elements[0].restrictions.{next(iter(unknown))}") in codes(session)


def test_each_dimension_takes_the_first_element_that_has_it() -> None:
    owed = tariff(
        element(energy("9"), start_time="22:00", end_time="23:00"),
        element(time("2"), flat("1")),
        element(energy("0.50"), time("9"), flat("9")),
        element(parking("3")),
    )
    session = priced(cdr(period("09:00", ENERGY="2", TIME="1", PARKING_TIME="1"), zone=AMSTERDAM), owed)
    assert [(line.dimension, line.element) for line in session.lines] == [
        ("FLAT", 1),
        ("ENERGY", 2),
        ("TIME", 1),
        ("PARKING_TIME", 3),
    ]
    assert session.total.excl == 7


def test_of_two_components_in_one_element_the_first_counts() -> None:
    assert excl(cdr(period("09:00", ENERGY="1")), tariff(element(energy("1"), energy("2")))) == 1


def test_without_a_match_a_dimension_is_free_and_it_is_said() -> None:
    owed = tariff(element(energy("1"), min_kwh=100), element(time("2")))
    session = priced(cdr(period("09:00", ENERGY="10", TIME="1")), owed)
    assert session.total.excl == 2
    assert ("not_priced", "$.charging_periods") in codes(session)


def test_a_fee_becomes_due_when_its_element_does() -> None:
    owed = tariff(element(flat("1.50"), min_duration=3600), element(energy("0")))
    assert excl(cdr(period("09:00", ENERGY="1"), period("09:59:59", ENERGY="1")), owed) == 0
    later = cdr(period("09:00", ENERGY="1"), period("10:00", ENERGY="1"), period("11:00", ENERGY="1"))
    session = priced(later, owed)
    assert session.total.excl == Decimal("1.50")
    assert [line.period for line in session.lines if line.dimension == "FLAT"] == [1]


def test_a_line_says_why_its_element_applies_and_why_others_do_not() -> None:
    owed = tariff(element(energy("1"), start_time="19:00", end_time="22:00"), element(energy("2"), max_kwh=10))
    session = priced(cdr(period("17:59", ENERGY="1"), zone=AMSTERDAM), owed, policy=RECOMMENDED)
    assert session.lines[0].reason == (
        "Element 2 applies below 10 kWh (0 kWh had been charged); "
        "element 1 does not: 19:00–22:00 (it was 18:59 local time)."
    )
