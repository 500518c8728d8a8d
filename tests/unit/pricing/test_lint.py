"""Problems of tariffs: each code by a tariff that has it, with its place, and the spec's examples, which are fine."""

import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from billing.pricing.linting import Severity, lint
from roaming.ocpi.schema import wire

FOLDER = Path(os.environ.get("OCPI_EXAMPLES") or "nowhere")
NOW = datetime(2025, 3, 30, 1, 30, tzinfo=UTC)
E, W = Severity.ERROR, Severity.WARNING
Json = dict[str, Any]


def component(kind: str = "ENERGY", price: Any = "0.25", **changes: Any) -> Json:
    return {"type": kind, "price": price, "vat": 21, "step_size": 1, **changes}


def element(*components: Json, **restrictions: Any) -> Json:
    found = {"price_components": list(components or (component(),))}
    return found | ({"restrictions": restrictions} if restrictions else {})


def tariff(*elements: Any, **changes: Any) -> Json:
    whole = {"country_code": "NL", "party_id": "VLT", "id": "T1", "currency": "EUR", "tax_included": "NO"}
    return {**whole, "elements": list(elements or (element(),)), **changes}


def found(data: Any, **options: Any) -> list[tuple[str, str, str]]:
    return [(one.severity, one.code, one.path) for one in lint(data, **{"at": NOW, **options})]


R = "$.elements[0].restrictions"
C = "$.elements[0].price_components[0]"
WEEK = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]
rest = element()  # what always applies, behind a restricted element

TARIFFS: list[tuple[str, Json, list[tuple[str, str, str]]]] = [
    ("a_plain_one_is_fine", tariff(), []),
    ("currency_of_no_country", tariff(currency="EUX"), [(E, "currency_unknown", "$.currency")]),
    ("currency_that_is_none", tariff(currency="XXX"), [(E, "currency_unknown", "$.currency")]),
    ("currency_in_small_letters", tariff(currency="eur"), [(W, "currency_case", "$.currency")]),
    ("currency_of_the_past", tariff(currency="DEM"), [(W, "currency_not_in_use", "$.currency")]),
    ("no_elements", tariff(elements=[]), [(E, "no_elements", "$.elements")]),
    (
        "misspelt",
        {**tariff({**element(component(Price=1)), "restriction": {}}), "max_price": {"before_taxes": 9, "incl": 10}},
        [
            (W, "unknown_field", "$.max_price.incl"),
            (W, "unknown_field", "$.elements[0].restriction"),
            (W, "unknown_field", f"{C}.Price"),
        ],
    ),
    (
        "nights_of_some_days",
        tariff(element(start_time="22:00", end_time="06:00", day_of_week=WEEK[4:6]), rest),
        [(W, "days_of_night_window", f"{R}.day_of_week")],
    ),
    ("nights", tariff(element(start_time="22:00", end_time="06:00"), rest), []),
    ("evenings_of_some_days", tariff(element(start_time="18:00", end_time="00:00", day_of_week=WEEK[4:6]), rest), []),
    (
        "an_element_of_nothing",
        tariff(element(), {"price_components": []}),
        [(E, "element_empty", "$.elements[1].price_components")],
    ),
    (
        "ends_before_it_starts",
        tariff(start_date_time="2026-01-01T00:00:00Z", end_date_time="2025-12-31T00:00:00Z"),
        [(E, "end_before_start", "$.end_date_time")],
    ),
    ("over", tariff(end_date_time="2025-03-30T01:30:00Z"), [(W, "validity_over", "$.end_date_time")]),
    ("not_over_yet", tariff(end_date_time="2025-03-30T01:30:01Z"), []),
    (
        "least_above_most",
        tariff(min_price={"before_taxes": 5}, max_price={"before_taxes": 4}),
        [(E, "min_price_above_max_price", "$.min_price")],
    ),
    (
        "least_above_most_after_tax_in_2_2_1",
        tariff(min_price={"excl_vat": 4, "incl_vat": 5}, max_price={"excl_vat": 4, "incl_vat": Decimal("4.84")}),
        [(E, "min_price_above_max_price", "$.min_price")],
    ),
    ("least_equal_to_most", tariff(min_price={"before_taxes": 4}, max_price={"before_taxes": 4}), []),
    ("a_negative_limit", tariff(min_price={"before_taxes": -1}), [(W, "negative_price", "$.min_price")]),
    (
        "a_limit_that_tax_makes_lower",
        tariff(max_price={"before_taxes": 10, "after_taxes": 9}),
        [(W, "limit_after_tax_below_before", "$.max_price")],
    ),
    ("vat_of_31_percent", tariff(element(component(vat=31))), [(W, "vat_implausible", f"{C}.vat")]),
    ("vat_as_a_fraction", tariff(element(component(vat=Decimal("0.21")))), [(W, "vat_implausible", f"{C}.vat")]),
    ("vat_of_27_percent", tariff(element(component(vat=27))), []),
    ("vat_of_nothing", tariff(element(component(vat=0))), []),
    ("vat_below_nothing", tariff(element(component(vat=-1))), [(E, "negative_vat", f"{C}.vat")]),
    ("a_rate_though_no_tax_applies", tariff(tax_included="N/A"), [(W, "tax_rate_without_tax", f"{C}.vat")]),
    (
        "tax_included_at_no_rate",
        tariff(element(component(vat=None)), tax_included="YES"),
        [(W, "tax_included_without_rate", f"{C}.vat")],
    ),
    (
        "a_session_fee_only",
        tariff(element(component("FLAT", 5))),
        [(W, "nothing_priced_by_use", "$.elements")],
    ),
    ("free_of_charge", tariff(element(component("FLAT", 0, step_size=0))), []),
    (
        "reservations_only",
        tariff(element(component("TIME", 5), reservation="RESERVATION")),
        [(W, "nothing_priced_by_use", "$.elements")],
    ),
    ("parking_only", tariff(element(component("PARKING_TIME", 5))), [(W, "nothing_priced_by_use", "$.elements")]),
    (
        "energy_below_0_kwh",
        tariff(element(max_kwh=0), rest),
        [(E, "max_is_zero", f"{R}.max_kwh")],
    ),
    ("no_duration", tariff(element(max_duration=0), rest), [(E, "max_is_zero", f"{R}.max_duration")]),
    ("no_power", tariff(element(max_power=0), rest), [(E, "max_is_zero", f"{R}.max_power")]),
    ("no_current", tariff(element(max_current=0), rest), [(E, "max_is_zero", f"{R}.max_current")]),
    (
        "from_20_to_10_kwh",
        tariff(element(min_kwh=20, max_kwh=10), rest),
        [(E, "min_above_max", f"{R}.min_kwh")],
    ),
    (
        "from_10_to_10_minutes",
        tariff(element(min_duration=600, max_duration=600), rest),
        [(E, "min_above_max", f"{R}.min_duration")],
    ),
    ("from_0_kwh", tariff(element(min_kwh=0, max_kwh=9), rest), [(W, "restricts_nothing", f"{R}.min_kwh")]),
    (
        "equal_times",
        tariff(element(start_time="08:00", end_time="08:00")),
        [(W, "whole_day_window", f"{R}.end_time")],
    ),
    (
        "midnight_to_midnight",
        tariff(element(start_time="00:00", end_time="24:00")),
        [(W, "whole_day_window", f"{R}.start_time")],
    ),
    ("until_midnight", tariff(element(end_time="00:00")), [(W, "whole_day_window", f"{R}.end_time")]),
    ("over_midnight", tariff(element(start_time="22:00", end_time="06:00"), rest), []),
    ("every_day", tariff(element(day_of_week=WEEK)), [(W, "whole_week", f"{R}.day_of_week")]),
    (
        "a_date_before_its_start",
        tariff(element(start_date="2025-06-01", end_date="2025-06-01"), rest),
        [(E, "end_date_before_start_date", f"{R}.end_date")],
    ),
    ("dates_of_the_past", tariff(element(end_date="2025-03-30"), rest), [(W, "dates_over", f"{R}.end_date")]),
    (
        "a_monday_at_the_weekend",
        tariff(element(start_date="2025-06-07", end_date="2025-06-09", day_of_week=["MONDAY"]), rest),
        [(E, "element_never_matches", "$.elements[0]")],
    ),
    (
        "a_saturday_at_the_weekend",
        tariff(element(start_date="2025-06-07", end_date="2025-06-09", day_of_week=["SATURDAY"]), rest),
        [],
    ),
    (
        "dates_after_the_tariff",
        tariff(element(start_date="2026-02-01"), rest, end_date_time="2026-01-01T00:00:00Z"),
        [(E, "element_never_matches", "$.elements[0]")],
    ),
    (
        "dates_before_the_tariff",
        tariff(element(end_date="2026-01-01"), rest, start_date_time="2026-02-01T00:00:00Z"),
        [(E, "element_never_matches", "$.elements[0]")],
    ),
    (
        "kwh_of_a_reservation",
        tariff(element(component("TIME"), min_kwh=5, reservation="RESERVATION"), rest),
        [(E, "element_never_matches", "$.elements[0]")],
    ),
    (
        "energy_and_parking_of_a_reservation",
        tariff(element(component(), component("PARKING_TIME"), reservation="RESERVATION_EXPIRES"), rest),
        [
            (W, "reservation_dimension", f"{C}.type"),
            (W, "reservation_dimension", "$.elements[0].price_components[1].type"),
        ],
    ),
    (
        "a_restriction_nobody_knows",
        tariff(element(booking="BOOKING"), rest),
        [(E, "unknown_restriction", f"{R}.booking")],
    ),
    (
        "a_reservation_nobody_knows",
        tariff(element(reservation="LATER"), rest),
        [(E, "unknown_restriction", f"{R}.reservation")],
    ),
    (
        "a_dimension_twice",
        tariff(element(component(), component(price=1))),
        [(W, "duplicate_dimension", "$.elements[0].price_components[1]")],
    ),
    ("a_price_below_nothing", tariff(element(component(price=-1))), [(W, "negative_price", f"{C}.price")]),
    (
        "a_fee_in_steps",
        tariff(element(component(), component("FLAT", step_size=60))),
        [(W, "flat_step_size", "$.elements[0].price_components[1].step_size")],
    ),
    ("no_step", tariff(element(component(step_size=0))), [(W, "step_size_zero", f"{C}.step_size")]),
    (
        "a_step_of_charging_beside_one_of_parking",
        tariff(element(component("TIME", step_size=60), component("PARKING_TIME", step_size=300))),
        [(W, "unused_time_step_size", f"{C}.step_size")],
    ),
    (
        "a_price_and_its_opposite",
        tariff(element(component("FLAT", 2), max_kwh=9), element(component("FLAT", -2), component())),
        [
            (W, "negative_price", "$.elements[1].price_components[0].price"),
            (W, "components_cancel", "$.elements[1].price_components[0].price"),
        ],
    ),
    ("no_tariff_at_all", [], [(E, "wrong_type", "$")]),  # type: ignore[list-item]
]

UNREACHABLE: list[tuple[str, Json, list[tuple[str, str, str]]]] = [
    (
        "behind_one_without_restrictions",
        tariff(element(), element(max_kwh=5)),
        [(W, "unreachable_element", "$.elements[1]")],
    ),
    (
        "behind_one_that_restricts_nothing",
        tariff(element(min_kwh=0), element(max_kwh=5)),
        [(W, "restricts_nothing", f"{R}.min_kwh"), (W, "unreachable_element", "$.elements[1]")],
    ),
    (
        "one_dimension_of_two",
        tariff(element(), element(component(), component("FLAT"))),
        [(W, "unreachable_component", "$.elements[1].price_components[0]")],
    ),
    ("another_dimension", tariff(element(), element(component("FLAT"), max_kwh=5)), []),
    (
        "a_narrower_one_behind_a_wider",
        tariff(
            element(start_time="08:00", end_time="20:00"),
            element(start_time="09:00", end_time="10:00", max_kwh=5),
            rest,
        ),
        [(W, "unreachable_element", "$.elements[1]")],
    ),
    ("a_wider_one_behind_a_narrower", tariff(element(max_kwh=5), element(max_kwh=9), rest), []),
    (
        "all_behind_weekdays_and_weekend",
        tariff(element(day_of_week=WEEK[:5]), element(day_of_week=WEEK[5:]), rest),
        [(W, "unreachable_element", "$.elements[2]")],
    ),
    (
        "all_behind_day_and_night",
        tariff(element(start_time="20:00", end_time="08:00"), element(start_time="08:00", end_time="20:00"), rest),
        [(W, "unreachable_element", "$.elements[2]")],
    ),
    ("all_behind_two_powers_for_what_nobody_measured", tariff(element(max_power=9), element(min_power=9), rest), []),
    (
        "behind_one_that_nobody_can_answer",
        tariff(element(booking="BOOKING"), rest),
        [(E, "unknown_restriction", f"{R}.booking")],
    ),
    (
        "charging_behind_a_reservation",
        tariff(element(component("TIME"), reservation="RESERVATION"), element(component("TIME"))),
        [],
    ),
    (
        "a_reservation_behind_one",
        tariff(
            element(component("TIME"), reservation="RESERVATION"),
            element(component("TIME"), reservation="RESERVATION", max_duration=60),
            element(component("TIME"), reservation="RESERVATION_EXPIRES"),
            rest,
        ),
        [(W, "unreachable_element", "$.elements[1]")],
    ),
]


@pytest.mark.parametrize(
    ("data", "problems"),
    [pytest.param(data, problems, id=name) for name, data, problems in (*TARIFFS, *UNREACHABLE)],
)
def test_each_problem_is_named_with_its_place(data: Any, problems: list[tuple[str, str, str]]) -> None:
    assert found(data) == problems


@pytest.mark.parametrize("data", [case[1] for case in (*TARIFFS, *UNREACHABLE)])
def test_every_message_is_a_sentence(data: Any) -> None:
    for problem in lint(data, at=NOW):
        assert problem.message.endswith(".")
        assert problem.message[0] in "“–-0123456789" or problem.message[0].isupper()


def test_what_cannot_be_read_does_not_hide_the_rest() -> None:
    data = tariff(
        element(component(price="cheap"), component("PARK"), component("TIME", step_size="1.5", vat=50)),
        element(start_time="8 o’clock", min_kwh=9, max_kwh=3),
        "free",
        element(day_of_week=["MONDAY", "FUNDAY"]),
        {"price_components": {}},
        element(component("FLAT", step_size=9)),
        currency=978,
        min_price={"before_taxes": "x"},
        tax_included="MAYBE",
    )
    assert found(data) == [
        (E, "wrong_type", "$.currency"),
        (E, "bad_value", "$.tax_included"),
        (E, "not_a_number", "$.min_price.before_taxes"),
        (E, "not_a_number", "$.elements[0].price_components[0].price"),
        (E, "unknown_dimension", "$.elements[0].price_components[1].type"),
        (E, "bad_step_size", "$.elements[0].price_components[2].step_size"),
        (W, "vat_implausible", "$.elements[0].price_components[2].vat"),
        (E, "bad_time", "$.elements[1].restrictions.start_time"),
        (E, "min_above_max", "$.elements[1].restrictions.min_kwh"),
        (E, "wrong_type", "$.elements[2]"),
        (E, "bad_value", "$.elements[3].restrictions.day_of_week[1]"),
        (E, "wrong_type", "$.elements[4].price_components"),
        (W, "flat_step_size", "$.elements[5].price_components[0].step_size"),
    ]


def test_an_unreadable_restriction_never_counts_as_none() -> None:
    assert found(tariff(element(start_time=8), rest)) == [(E, "wrong_type", f"{R}.start_time")]
    assert found(tariff({**element(), "restrictions": "none"}, rest)) == [(E, "wrong_type", R)]


def test_a_tariff_is_left_as_it_was() -> None:
    data = tariff(element(start_time="x"), currency=None)
    before = wire.encode(data)
    lint(data)
    assert wire.encode(data) == before


def test_endless_refusals_come_to_an_end() -> None:
    assert len(lint(tariff(*["nothing"] * 500))) == 100


@pytest.mark.parametrize(("version", "told"), [("2.1.1", True), ("2.2.1", False), (None, False)])
def test_power_is_not_in_the_cdrs_of_2_1_1(version: str | None, told: bool) -> None:
    data = tariff(element(max_power=32), rest)
    assert found(data, version=version) == [(W, "not_in_cdrs", f"{R}.max_power")] * told


def test_a_tariff_without_owner_is_taken_for_one_of_2_1_1() -> None:
    data = tariff(element(max_power=32), rest, country_code=None, tax_included=None)
    assert found(data) == [(W, "not_in_cdrs", f"{R}.max_power")]


@pytest.mark.parametrize(("version", "told"), [("2.2.1", False), ("2.3.0", True), (None, False)])
def test_only_2_3_0_has_to_say_whether_tax_is_included(version: str | None, told: bool) -> None:
    assert found(tariff(tax_included=None), version=version) == [(W, "tax_included_missing", "$.tax_included")] * told


def test_without_a_clock_nothing_is_over() -> None:
    data = tariff(element(end_date="2020-01-01"), rest, end_date_time="2020-01-01T00:00:00Z")
    assert found(data, at=None) == []


def test_the_message_names_the_elements_in_front() -> None:
    weekend = tariff(element(day_of_week=WEEK[:5]), element(day_of_week=WEEK[5:]), rest)
    assert [one.message for one in lint(weekend)] == [
        "The element is never used: elements 1, 2 in front of it match whenever it does."
    ]
    plain = tariff(element(max_kwh=3), element(), element(component(), component("FLAT")))
    assert [one.message for one in lint(plain)] == [
        "This price for ENERGY is never used: element 2 in front of it matches whenever it does."
    ]


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the specification's examples are not given: OCPI_EXAMPLES")
def test_the_examples_of_the_specification_have_no_errors() -> None:
    told: dict[str, set[str]] = {}
    for path in sorted(FOLDER.glob("*/tariff*.json")):
        value: Any = wire.decode(path.read_bytes())
        one = value.get("data", value)
        for problem in lint(one[0] if isinstance(one, list) else one):
            told.setdefault(f"{path.parent.name} {path.stem}", set()).add(f"{problem.severity} {problem.code}")
    assert told.pop("2.1.1 tariffs_02_example_change_tariff_to_2_50") == {"error missing_field"}  # a PATCH
    assert told == {
        "2.1.1 tariffs_06_complex_tariff_example": {"warning not_in_cdrs"},
        "2.2.1 tariff_13_simple_3hour_5parking": {"warning unused_time_step_size"},
        "2.2.1 tariff_14_step_size": {"warning unused_time_step_size"},
        "2.3.0 tariff_13_simple_3hour_5parking": {"warning unused_time_step_size"},
        "2.3.0 tariff_14_step_size": {"warning unused_time_step_size"},
        "2.3.0 tariff_20_simple_north_american_inclusive": {"warning tax_included_without_rate"},
    }
