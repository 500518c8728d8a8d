"""The shape of a tariff that a form holds, there and back."""

from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from roaming.own_objects import plain_tariffs
from roaming.own_objects.plain_tariffs import Plain, Prices

NIGHT = Prices({"ENERGY": Decimal("0.25")}, "23:00", "07:00", ("MONDAY",))
USUAL = Plain(
    always=Prices({"ENERGY": Decimal("0.40"), "FLAT": Decimal("0.5"), "PARKING_TIME": Decimal(2)}),
    at_times=[NIGHT, Prices({"FLAT": Decimal(0)}, days=("SUNDAY",))],
    vat=Decimal(21),
    energy_step=100,
    time_step=60,
)


def test_the_form_is_made_into_elements_of_which_the_first_that_holds_counts() -> None:
    made = plain_tariffs.elements(USUAL)
    assert [element.get("restrictions") for element in made] == [
        {"start_time": "23:00", "end_time": "07:00", "day_of_week": ["MONDAY"]},
        {"day_of_week": ["SUNDAY"]},
        None,
    ]
    assert [(one["type"], one["step_size"], one["vat"]) for one in made[2]["price_components"]] == [
        ("ENERGY", 100, 21),
        ("PARKING_TIME", 60, 21),
        ("FLAT", 1, 21),
    ]
    assert plain_tariffs.read(made) == USUAL


def test_no_price_at_all_is_no_element() -> None:
    assert plain_tariffs.elements(Plain(Prices({}))) == []


def bent(**changes: Any) -> list[dict[str, Any]]:
    """The elements of the usual tariff, the first component of the last changed."""
    elements = deepcopy(plain_tariffs.elements(USUAL))
    elements[2]["price_components"][0] |= changes
    return elements


@pytest.mark.parametrize(
    "elements",
    [
        bent(vat=9),
        [*bent(step_size=1), {"price_components": [{"type": "ENERGY", "price": 1, "vat": 21, "step_size": 5}]}],
        bent(x_note="kept"),
        [{"restrictions": {"min_kwh": 10}, "price_components": bent()[2]["price_components"]}],
        list(reversed(bent())),
        [*bent(), bent()[2]],
        [{"price_components": [*bent()[2]["price_components"], {"type": "FLAT", "price": 1, "step_size": 1}]}],
        [{"x": 1}],
    ],
)
def test_what_the_form_cannot_hold_is_not_forced_into_it(elements: list[dict[str, Any]]) -> None:
    assert plain_tariffs.read(elements) is None
