"""From OCPI's JSON (2.3.0 shape) to what the engine prices."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from billing import pricing
from billing.pricing import Restrictions, TaxIncluded, Unreadable, Volume

CDR: dict[str, Any] = {
    "id": "VLT-1",
    "currency": "EUR",
    "start_date_time": "2026-10-14T07:30:00Z",
    "end_date_time": "2026-10-14T09:30:00",
    "charging_periods": [
        {
            "start_date_time": "2026-10-14T07:30:00Z",
            "dimensions": [{"type": "ENERGY", "volume": Decimal("20.5")}, {"type": "TIME", "volume": 2}],
            "tariff_id": "FAIR",
        }
    ],
    "total_energy": Decimal("20.5"),
    "total_time": 2,
    "total_cost": {"before_taxes": Decimal("8.2")},
}
TARIFF: dict[str, Any] = {
    "id": "FAIR",
    "currency": "EUR",
    "tax_included": "N/A",
    "min_price": {"before_taxes": 1},
    "max_price": {"before_taxes": 40, "after_taxes": Decimal("48.4")},
    "start_date_time": "2026-01-01T00:00:00Z",
    "elements": [
        {
            "price_components": [{"type": "ENERGY", "price": Decimal("0.40"), "vat": 21, "step_size": 1}],
            "restrictions": {"day_of_week": [], "start_time": None},
        }
    ],
}


def test_a_cdr_is_read_and_priced() -> None:
    charge, tariff = pricing.read_cdr(CDR), pricing.read_tariff(TARIFF)
    assert charge.ends_at == datetime(2026, 10, 14, 9, 30, tzinfo=UTC)
    assert charge.periods[0].dimensions == (Volume("ENERGY", Decimal("20.5")), Volume("TIME", Decimal(2)))
    assert (tariff.tax_included, tariff.ends_at) == (TaxIncluded.NOT_APPLICABLE, None)
    assert pricing.price(charge, [tariff]).total.excl == Decimal("8.2")


@pytest.mark.parametrize("empty", [None, {}, {"day_of_week": []}, {"max_kwh": None}])
def test_restrictions_that_say_nothing_are_none(empty: object) -> None:
    element = {**TARIFF["elements"][0], "restrictions": empty}
    assert pricing.read_tariff({**TARIFF, "elements": [element]}).elements[0].restrictions == Restrictions()


@pytest.mark.parametrize(
    ("name", "value"), [("phase_of_the_moon", "new"), ("booking", "BOOKING"), ("reservation", "MAYBE")]
)
def test_a_restriction_that_nobody_can_answer_is_kept_as_such(name: str, value: object) -> None:
    """R3: what is not evaluated is said, never ignored."""
    element = {**TARIFF["elements"][0], "restrictions": {name: value}}
    assert pricing.read_tariff({**TARIFF, "elements": [element]}).elements[0].restrictions.unknown == (name,)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("currency", 7),
        ("start_date_time", "yesterday"),
        ("charging_periods", None),
        ("charging_periods", []),
        ("charging_periods", ["first"]),
        ("total_energy", True),
        ("total_energy", 20.5),
        ("total_energy", Decimal("NaN")),
        ("total_energy", Decimal("Infinity")),
        ("total_parking_time", "none"),
    ],
)
def test_what_a_cdr_lacks_is_named(field: str, value: object) -> None:
    with pytest.raises(Unreadable) as caught:
        pricing.read_billed({**CDR, field: value})
    assert caught.value.path.startswith(f"$.{field}")


@pytest.mark.parametrize(
    ("named", "wrong"),
    [
        ("elements", {"elements": None}),
        ("price_components", {"elements": [{"price_components": {}}]}),
        ("restrictions", {"elements": [{**TARIFF["elements"][0], "restrictions": "none"}]}),
        ("tax_included", {"tax_included": "MAYBE"}),
        ("min_price", {"min_price": 5}),
        ("before_taxes", {"max_price": {"before_taxes": "five"}}),
        ("end_date_time", {"end_date_time": 5}),
    ],
)
def test_what_a_tariff_lacks_is_named(named: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(Unreadable, match=f"“{named}”"):
        pricing.read_tariff({**TARIFF, **wrong})


@pytest.mark.parametrize("step", [-1, Decimal("1.5")])
def test_a_step_is_a_whole_number(step: object) -> None:
    component = {**TARIFF["elements"][0]["price_components"][0], "step_size": step}
    with pytest.raises(Unreadable, match="“step_size”"):
        pricing.read_tariff({**TARIFF, "elements": [{"price_components": [component]}]})
