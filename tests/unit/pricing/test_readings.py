"""Where the specification leaves a choice, each reading changes what it says it changes, and nothing else."""

import itertools
from dataclasses import fields
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from billing.pricing import RECOMMENDED, PricingError, PricingPolicy, of_version, rounding
from billing.pricing.policy import Rounding, TaxWithoutRate
from tests.unit.pricing.cases import (
    AMSTERDAM,
    Json,
    cdr,
    component,
    element,
    excl,
    period,
    priced,
    tariff,
    total,
)


def rate(kind: str, price: str, step: int = 0) -> Json:
    """Taxed with nothing, so that no reading of taxes matters."""
    return component(kind, price, vat="0", step=step)


class Case(NamedTuple):
    """What a charge costs before tax under each member of one choice."""

    charge: Json
    tariffs: list[Json]
    costs: dict[str, str]


CASES = {
    # 1.2 kWh are free and 1.3 priced: those are billed as 2, or the 2.5 of all as 3.
    "step_size_volume": Case(
        cdr(period("09:00", ENERGY="1.2"), period("10:00", ENERGY="1.3")),
        [tariff(element(rate("ENERGY", "1", 1000), min_kwh="1.2"))],
        {"billable": "2", "all": "1.8"},
    ),
    # 1.2 and 1.3 kWh, both priced.
    "step_size_scope": Case(
        cdr(period("09:00", ENERGY="1.2"), period("10:00", ENERGY="1.3")),
        [tariff(element(rate("ENERGY", "1", 1000)))],
        {"session": "3", "period": "4", "none": "2.5"},
    ),
    # Parked for 18 minutes, then charged for 54, in steps of an hour.
    "time_step": Case(
        cdr(period("09:00", PARKING_TIME="0.3"), period("09:18", TIME="0.9")),
        [tariff(element(rate("TIME", "10", 3600), rate("PARKING_TIME", "1", 3600)))],
        {"parking": "10", "last": "10.3"},
    ),
    # Charged for 54 minutes and not parked, which is said.
    "parking_used": Case(
        cdr(period("09:00", TIME="0.9"), period("09:54", PARKING_TIME="0")),
        [tariff(element(rate("TIME", "10", 3600), rate("PARKING_TIME", "1", 3600)))],
        {"volume": "10", "presence": "9"},
    ),
    # 12 kWh in a period, of which ten are cheap.
    "threshold_inside_period": Case(
        cdr(period("09:00", ENERGY="12")),
        [tariff(element(rate("ENERGY", "0.1"), max_kwh=10), element(rate("ENERGY", "0.5")))],
        {"start": "1.2", "split": "2"},
    ),
    "flat": Case(
        cdr(period("09:00", TIME="1"), period("10:00", TIME="1"), period("11:00", TIME="1")),
        [tariff(element(rate("FLAT", "1"), max_duration=3600), element(rate("FLAT", "3")))],
        {"once": "1", "each": "4"},
    ),
    "selection": Case(
        cdr(period("09:00", ENERGY="10")),
        [tariff(element(rate("FLAT", "1")), element(rate("ENERGY", "2")))],
        {"dimension": "21", "element": "1"},
    ),
    "missing_measurement": Case(
        cdr(period("09:00", ENERGY="1")),
        [tariff(element(rate("ENERGY", "1"), max_power=16), element(rate("ENERGY", "2")))],
        {"no_match": "2", "match": "1"},
    ),
    "straddling": Case(
        cdr(period("09:00", ENERGY="1", MIN_POWER="6", MAX_POWER="20")),
        [tariff(element(rate("ENERGY", "1"), min_power=16, max_power=18), element(rate("ENERGY", "2")))],
        {"opposite": "1", "same": "2"},
    ),
    "equal_times": Case(
        cdr(period("09:00", ENERGY="1"), zone=AMSTERDAM),
        [tariff(element(rate("ENERGY", "1"), start_time="09:00", end_time="09:00"), element(rate("ENERGY", "2")))],
        {"whole_day": "1", "never": "2"},
    ),
    "unnamed_tariff": Case(
        cdr(period("09:00", "FAIR", ENERGY="1"), period("10:00", ENERGY="1")),
        [tariff(element(rate("ENERGY", "1")))],
        {"default": "2", "free": "1"},
    ),
    "written_hours": Case(  # forty minutes as OCPI writes them
        cdr(period("09:00", TIME="0.6667")),
        [tariff(element(rate("TIME", "3", step=300)))],
        {"literal": "2.25", "whole_seconds": "2"},
    ),
    "unknown_tariff": Case(
        cdr(period("09:00", "GONE", ENERGY="1")),
        [tariff(element(rate("ENERGY", "1")))],
        {"refuse": "unknown_tariff", "default": "1"},
    ),
}
# These say nothing about the price before tax.
OTHERS = {"tax_without_rate", "limit_without_tax", "rounding"}
# Without steps no reading of steps matters, and when they are added to each period, neither.
REACHES = {("step_size_scope", case) for case in ("step_size_volume", "time_step", "parking_used", "written_hours")}


def members(choice: str) -> list[str]:
    return [member.value for member in type(getattr(RECOMMENDED, choice))]


def cost(case: Case, policy: PricingPolicy) -> str:
    """Before tax, or the code of the refusal."""
    try:
        amount = priced(case.charge, *case.tariffs, policy=policy).total.excl
    except PricingError as error:
        return error.code
    assert amount is not None
    return f"{amount.normalize():f}"


def test_every_choice_of_the_policy_has_a_case_and_every_member_a_price() -> None:
    assert CASES.keys() | OTHERS == {field.name for field in fields(PricingPolicy)}
    assert {name: list(case.costs) for name, case in CASES.items()} == {name: members(name) for name in CASES}


@pytest.mark.parametrize(("choice", "member"), [(name, one) for name, case in CASES.items() for one in case.costs])
def test_a_reading_changes_what_it_says(choice: str, member: str) -> None:
    case = CASES[choice]
    assert cost(case, RECOMMENDED.but(**{choice: member})) == case.costs[member]


@pytest.mark.parametrize("choice", [field.name for field in fields(PricingPolicy)])
def test_a_reading_changes_nothing_else(choice: str) -> None:
    for member, (name, case) in itertools.product(members(choice), CASES.items()):
        if name != choice and (choice, name) not in REACHES:
            recommended = cost(case, RECOMMENDED)
            assert cost(case, RECOMMENDED.but(**{choice: member})) == recommended, (member, name)


def test_the_recommended_reading_is_the_first_of_each_choice() -> None:
    assert {name: getattr(RECOMMENDED, name).value for name in CASES} == {
        name: next(iter(case.costs)) for name, case in CASES.items()
    }


def test_a_price_without_rate_is_without_tax_or_unknown_after_it() -> None:
    charge = cdr(period("09:00", ENERGY="1", TIME="1"))
    owed = tariff(element(component("ENERGY", "1"), component("TIME", "2", vat="10")))
    assert total(charge, owed) == (3, Decimal("3.2"))
    assert total(charge, owed, policy=RECOMMENDED.but(tax_without_rate="unknown")) == (3, None)
    free = tariff(element(component("ENERGY", "0"), component("TIME", "2", vat="10")))
    assert total(charge, free, policy=RECOMMENDED.but(tax_without_rate="unknown")) == (2, Decimal("2.2"))


@pytest.mark.parametrize(
    ("limits", "scaled", "kept"),
    [
        ({"min_price": {"before_taxes": 4}}, "4.8", "2.4"),
        ({"max_price": {"before_taxes": 1}}, "1.2", "2.4"),
        ({"min_price": {"before_taxes": 4, "after_taxes": Decimal("4.5")}}, "4.5", "4.5"),
        ({"min_price": {"before_taxes": 1}}, "2.4", "2.4"),  # does not apply
    ],
)
def test_a_limit_that_says_nothing_after_tax_is_taxed_like_the_session_or_leaves_it(
    limits: Json, scaled: str, kept: str
) -> None:
    charge, owed = cdr(period("09:00", ENERGY="2")), tariff(element(component("ENERGY", "1", vat="20")), **limits)
    assert priced(charge, owed).total.incl == Decimal(scaled)
    assert priced(charge, owed, policy=RECOMMENDED.but(limit_without_tax="keep")).total.incl == Decimal(kept)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("per_cdr_half_up", "0.26"),
        ("per_cdr_half_even", "0.26"),
        ("per_line_half_up", "0.27"),
        ("per_line_half_even", "0.24"),
        ("per_invoice_half_up", "0.255"),
    ],
)
def test_rounding_is_beside_the_exact_price(rule: str, expected: str) -> None:
    charge = cdr(period("09:00", ENERGY="1", TIME="1", PARKING_TIME="1"))
    owed = tariff(element(rate("ENERGY", "0.085"), rate("TIME", "0.085"), rate("PARKING_TIME", "0.085")))
    session = priced(charge, owed, policy=RECOMMENDED.but(rounding=rule))
    assert session.total.excl == Decimal("0.255")
    assert rounding.total(session).excl == Decimal(expected)
    assert Rounding(rule) is session.plan.policy.rounding


def test_a_reading_may_be_named_by_texts_and_a_wrong_one_is_refused() -> None:
    assert RECOMMENDED.but(flat="each") == PricingPolicy(flat=type(RECOMMENDED.flat)("each"))
    assert RECOMMENDED.but() == RECOMMENDED
    assert hash(RECOMMENDED.but(flat="each")) == hash(RECOMMENDED.but(flat="each"))
    wrong: list[dict[str, Any]] = [{"flat": "twice"}, {"weather": "fair"}, {"flat": None}]
    for readings in wrong:
        with pytest.raises(ValueError, match="is no reading"):
            RECOMMENDED.but(**readings)


@pytest.mark.parametrize(("version", "expected"), [("2.2", "none_applies"), ("2.2.1", "none_applies")])
def test_that_a_missing_rate_is_no_tax_is_said_by_some_versions(version: str, expected: str) -> None:
    assert of_version(version).tax_without_rate is TaxWithoutRate(expected)
    assert of_version("2.1.1").tax_without_rate is TaxWithoutRate.UNKNOWN
    assert of_version("2.3.0").tax_without_rate is TaxWithoutRate.UNKNOWN


def test_split_at_every_threshold_is_as_if_the_periods_had_been_cut_there() -> None:
    split = RECOMMENDED.but(threshold_inside_period="split")
    prices = [
        element(rate("ENERGY", "1"), start_time="10:00", end_time="10:30"),
        element(rate("ENERGY", "2"), max_kwh=9),
        element(rate("ENERGY", "4")),
    ]
    whole = cdr(period("08:30", ENERGY="12"), zone=AMSTERDAM, end_date_time="2027-03-15T10:30:00Z")
    cut = cdr(
        period("08:30", ENERGY="3"),  # 09:30 in Amsterdam
        period("09:00", ENERGY="3"),  # 10:00
        period("09:30", ENERGY="3"),  # 10:30
        period("10:00", ENERGY="3"),  # 9 kWh
        zone=AMSTERDAM,
    )
    assert excl(whole, tariff(*prices), policy=split) == excl(cut, tariff(*prices)) == 27


def test_split_over_the_night_in_which_an_hour_comes_twice() -> None:
    """From 01:00 to 04:00 on the clock are four hours, two of them between two and three."""
    split = RECOMMENDED.but(threshold_inside_period="split")
    owed = tariff(element(rate("TIME", "1"), start_time="02:00", end_time="03:00"), element(rate("TIME", "10")))
    night = cdr(period("2027-10-30T23:00:00Z", TIME="4"), zone=AMSTERDAM, end_date_time="2027-10-31T03:00:00Z")
    assert excl(night, owed, policy=split) == 22
    spring = cdr(period("2027-03-28T00:00:00Z", TIME="3"), zone=AMSTERDAM, end_date_time="2027-03-28T03:00:00Z")
    assert excl(spring, owed, policy=split) == 30
