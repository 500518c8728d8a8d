"""What changed of a tariff, told in words."""

from decimal import Decimal
from typing import Any

import pytest

from roaming.tariffs import changes

Data = dict[str, Any]


def tariff(*elements: Data, **further: Any) -> Data:
    return {
        "id": "FAIR",
        "currency": "EUR",
        "elements": list(elements),
        "last_updated": "2026-01-01T00:00:00Z",
        **further,
    }


def element(*prices: str, **restrictions: Any) -> Data:
    """`element("ENERGY 0.45", "FLAT 1", start_time="18:00")`."""
    told = [price.split() for price in prices]
    components = [{"type": kind, "price": Decimal(price), "step_size": 1} for kind, price in told]
    return {"price_components": components} | ({"restrictions": restrictions} if restrictions else {})


def priced(**component: Any) -> Data:
    return tariff({"price_components": [{"type": "ENERGY", "price": Decimal("0.45"), "step_size": 1, **component}]})


DAY, NIGHT = element("ENERGY 0.45"), element("ENERGY 0.30", start_time="22:00", end_time="06:00")

CASES: dict[str, tuple[Data, Data, list[str]]] = {
    "nothing": (tariff(DAY), tariff(DAY), []),
    "only its age": (tariff(DAY), tariff(DAY, last_updated="2026-02-01T00:00:00Z"), []),
    "only spelling": (tariff(element("ENERGY 0.45")), tariff(element("ENERGY 0.4500"), id="fair", type=None), []),
    "a price": (tariff(DAY), tariff(element("ENERGY 0.49")), ["price of ENERGY 0.45 → 0.49"]),
    "a price down to its last digit": (
        tariff(DAY),
        tariff(element("ENERGY 0.450000000000000000000000000000000001")),
        ["price of ENERGY 0.45 → 0.450000000000000000000000000000000001"],
    ),
    "a price of another exponent": (tariff(DAY), tariff(element("ENERGY 5E+90")), ["price of ENERGY 0.45 → 5E+90"]),
    "the price of one of two elements": (
        tariff(NIGHT, DAY),
        tariff(NIGHT, element("ENERGY 0.5")),
        ["price of ENERGY in element 2 0.45 → 0.50"],
    ),
    "tax and steps": (
        priced(vat=Decimal(19)),
        priced(vat=Decimal(21), step_size=100),
        ["step_size of ENERGY 1 → 100", "vat of ENERGY 19 → 21"],
    ),
    "a tax that was not there": (priced(), priced(vat=Decimal(21)), ["vat of ENERGY added: 21"]),
    "a price more": (tariff(DAY), tariff(element("ENERGY 0.45", "FLAT 1.5")), ["price of FLAT added: 1.50"]),
    "a price less": (tariff(element("ENERGY 0.45", "FLAT 1")), tariff(DAY), ["price of FLAT removed (was 1)"]),
    "prices in another order": (
        tariff(element("ENERGY 0.45", "FLAT 1")),
        tariff(element("FLAT 1", "ENERGY 0.45")),
        ["order of prices: ENERGY, FLAT → FLAT, ENERGY"],
    ),
    "an element more in front": (
        tariff(DAY),
        tariff(NIGHT, DAY),
        ["element 1 added: ENERGY 0.30 (start_time 22:00, end_time 06:00)"],
    ),
    "an element less": (tariff(DAY, element("TIME 2")), tariff(DAY), ["element 2 removed: TIME 2"]),
    "elements in another order": (
        tariff(NIGHT, DAY),
        tariff(DAY, NIGHT),
        ["element 1 added: ENERGY 0.45", "element 2 removed: ENERGY 0.45"],
    ),
    "a restriction": (
        tariff(NIGHT, DAY),
        tariff(element("ENERGY 0.30", start_time="23:00", end_time="06:00"), DAY),
        ["elements[0].restrictions.start_time 22:00 → 23:00"],
    ),
    "restrictions where there were none": (
        tariff(DAY),
        tariff(element("ENERGY 0.45", day_of_week=["MONDAY"])),
        ['elements[0].restrictions added: {"day_of_week":["MONDAY"]}'],
    ),
    "days": (
        tariff(element("ENERGY 0.45", day_of_week=["MONDAY"])),
        tariff(element("ENERGY 0.45", day_of_week=["MONDAY", "FRIDAY"])),
        ["elements[0].restrictions.day_of_week MONDAY → MONDAY, FRIDAY"],
    ),
    "two prices of one kind in one element": (
        tariff(element("ENERGY 0.45", "ENERGY 0.30")),
        tariff(element("ENERGY 0.45", "ENERGY 0.31")),
        ["elements[0].price_components[1].price 0.30 → 0.31"],
    ),
    "fields": (
        tariff(DAY, type="REGULAR", min_price={"before_taxes": Decimal("0.50")}),
        tariff(DAY, currency="CHF", min_price={"before_taxes": Decimal(1)}, start_date_time="2026-02-01T00:00:00Z"),
        [
            "currency EUR → CHF",
            "min_price.before_taxes 0.50 → 1",
            "start_date_time added: 2026-02-01T00:00:00Z",
            "type removed (was REGULAR)",
        ],
    ),
    "words": (
        tariff(DAY, tariff_alt_text=[{"language": "en", "text": "Cheap"}]),
        tariff(DAY, tariff_alt_text=[{"language": "en", "text": "Fair"}]),
        ["tariff_alt_text[0].text Cheap → Fair"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_difference_is_told_in_words(case: str) -> None:
    before, after, told = CASES[case]
    assert changes.between(before, after) == told


def test_fields_that_do_not_count_are_left_aside() -> None:
    after = tariff(element("ENERGY 0.49"), tariff_alt_url="https://volta.example/fair")
    assert changes.between(tariff(DAY), after, aside={"tariff_alt_url"}) == ["price of ENERGY 0.45 → 0.49"]


def test_long_values_are_cut() -> None:
    (told,) = changes.between(tariff(DAY), tariff(DAY, remark="x" * 1000))
    assert told == "remark added: " + "x" * 80


def test_thousands_of_elements_are_compared_in_turn() -> None:
    many = [element("ENERGY 0.45")] * 5000
    assert changes.between(tariff(*many), tariff(*many, element("FLAT 1"))) == ["element 5001 added: FLAT 1"]
