"""min_price and max_price: each side of the tax has its own limit."""

from decimal import Decimal

import pytest

from billing import pricing
from billing.pricing import Limit, Part, PricingPolicy
from tests.unit.pricing.charges import NO_TAX, cdr, component, period, priced, tariff


def limit(before: str, after: str | None = None) -> Limit:
    return Limit(Decimal(before), None if after is None else Decimal(after))


ENERGY = component("ENERGY", "0.25", vat="10")


@pytest.mark.parametrize(
    ("kwh", "excl", "incl"), [("1", "0.50", "0.55"), ("2", "0.50", "0.55"), ("2.1", "0.525", "0.5775")]
)
def test_a_short_session_costs_the_minimum(kwh: str, excl: str, incl: str) -> None:
    outcome = priced(cdr(period(ENERGY=kwh)), tariff(ENERGY, min_price=limit("0.50", "0.55")))
    assert (outcome.total.excl, outcome.total.incl) == (Decimal(excl), Decimal(incl))


def test_the_minimum_holds_without_any_energy() -> None:
    outcome = priced(cdr(period(ENERGY="0")), tariff(ENERGY, min_price=limit("0.50", "0.55")))
    assert (outcome.total.excl, outcome.total.incl) == (Decimal("0.50"), Decimal("0.55"))


def test_a_long_session_costs_the_maximum_and_the_parts_stay() -> None:
    outcome = priced(cdr(period(ENERGY="60")), tariff(ENERGY, max_price=limit("10", "11")))
    assert (outcome.total.excl, outcome.total.incl) == (Decimal(10), Decimal(11))
    assert outcome.part(Part.ENERGY).excl == Decimal(15)
    assert [one.message for one in outcome.warnings] == ["The maximum price of 10.00 EUR applies."]


def test_the_limits_before_and_after_tax_work_alone() -> None:
    """R6."""
    # 12.50 before and 13.75 after tax: only the limit after tax is reached.
    outcome = priced(cdr(period(ENERGY="50")), tariff(ENERGY, max_price=limit("20", "13")))
    assert (outcome.total.excl, outcome.total.incl) == (Decimal("12.5"), Decimal(13))


def test_a_limit_that_says_nothing_of_tax_is_taxed_like_the_session() -> None:
    """C11."""
    outcome = priced(cdr(period(ENERGY="60")), tariff(ENERGY, max_price=limit("10")))
    assert (outcome.total.excl, outcome.total.incl) == (Decimal(10), Decimal(11))
    assert [one.code for one in outcome.warnings] == ["max_price_applied", "limit_without_tax"]


@pytest.mark.parametrize(("other", "after_tax"), [("10", Decimal("0.55")), ("20", None), (None, None)])
def test_the_minimum_of_a_session_that_cost_nothing_is_taxed_by_the_one_rate_there_is(
    other: str | None, after_tax: Decimal | None
) -> None:
    owed = tariff(ENERGY, component("TIME", "1", vat=other), min_price=limit("0.50"))
    outcome = priced(cdr(period(ENERGY="0")), owed)
    assert (outcome.total.excl, outcome.total.incl) == (Decimal("0.5"), after_tax)


def test_a_free_fee_has_no_rate_that_counts() -> None:
    owed = tariff(ENERGY, component("FLAT", "0"), min_price=limit("0.50"))
    assert priced(cdr(period(ENERGY="0")), owed).total.incl == Decimal("0.55")


def test_the_first_tariff_that_prices_limits_the_session() -> None:
    owed, policy = tariff(ENERGY, max_price=limit("5")), PricingPolicy().but(unnamed_tariff="free")
    for unnamed in (None, ""):
        charge = cdr(period(tariff_id=unnamed, ENERGY="60"), period(after=1, ENERGY="60"))
        outcome = pricing.price(charge, [owed], policy=policy)
        assert (outcome.total.excl, outcome.limits) == (Decimal(5), ("max_price",))


def test_a_limit_read_literally_leaves_the_total_after_tax() -> None:
    owed, policy = tariff(ENERGY, max_price=limit("10")), PricingPolicy().but(limit_without_tax="keep")
    outcome = pricing.price(cdr(period(ENERGY="60")), [owed], policy=policy)
    assert (outcome.total.excl, outcome.total.incl) == (Decimal(10), Decimal("16.5"))


def test_a_limit_that_does_not_apply_leaves_everything() -> None:
    outcome = priced(cdr(period(ENERGY="4")), tariff(ENERGY, max_price=limit("10"), min_price=limit("0.50")))
    assert (outcome.total.excl, outcome.total.incl, outcome.warnings) == (Decimal(1), Decimal("1.1"), ())


def test_without_tax_one_limit_serves_both() -> None:
    owed = tariff(component("ENERGY", "0.25"), tax_included=NO_TAX, max_price=limit("10"))
    outcome = priced(cdr(period(ENERGY="60")), owed)
    assert (outcome.total.excl, outcome.total.incl) == (Decimal(10), Decimal(10))


def test_the_maximum_has_the_last_word() -> None:
    owed = tariff(ENERGY, min_price=limit("5", "5.50"), max_price=limit("3", "3.30"))
    assert priced(cdr(period(ENERGY="1")), owed).total.excl == Decimal(3)
