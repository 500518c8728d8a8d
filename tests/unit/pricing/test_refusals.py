"""What cannot be priced with certainty is refused with a code, a path and a sentence; nothing is guessed."""

from datetime import timedelta
from decimal import Decimal

import pytest

from billing import pricing
from billing.pricing import Cdr, PricingPolicy, Tariff
from tests.unit.pricing.charges import GROSS, START, cdr, component, period, priced, refused, tariff

ENERGY = component("ENERGY", "0.40")
FAIR = tariff(ENERGY)
CHARGE = cdr(period(ENERGY="10"))


@pytest.mark.parametrize(
    ("code", "path", "charge"),
    [
        ("unknown_dimension", "$.charging_periods[0].dimensions[1]", cdr(period(ENERGY="1", MOONLIGHT="3"))),
        ("negative_time", "$.charging_periods[0].dimensions[0]", cdr(period(TIME="-1"))),
        ("unknown_tariff", "$.charging_periods[0].tariff_id", cdr(period(tariff_id="OTHER", ENERGY="1"))),
        (
            "unknown_tariff",
            "$.charging_periods[1].tariff_id",
            cdr(period(ENERGY="1"), period(after=1, tariff_id="OTHER", ENERGY="1")),
        ),
        ("currency_differs", "$.currency", cdr(period(ENERGY="1"), currency="SEK")),
        ("number_out_of_range", "$", cdr(period(ENERGY="NaN"))),
        ("number_out_of_range", "$", cdr(period(ENERGY="1e500"))),
    ],
)
def test_this_cdr_is_not_priced(code: str, path: str, charge: Cdr) -> None:
    error = refused(charge, FAIR)
    assert (error.code, error.path) == (code, path)


@pytest.mark.parametrize(
    "owed", [tariff(ENERGY, starts_at=START + timedelta(seconds=1)), tariff(ENERGY, ends_at=START)]
)
def test_a_tariff_that_was_not_valid_at_the_start_prices_nothing_unless_it_is_named(owed: Tariff) -> None:
    assert refused(cdr(period(tariff_id=None, ENERGY="10")), owed).code == "no_active_tariff"
    assert priced(CHARGE, owed).total.excl == Decimal(4)


def test_a_price_with_tax_but_without_its_rate_is_known_after_tax_only() -> None:
    """B3."""
    outcome = priced(CHARGE, tariff(component("ENERGY", "0.525"), tax_included=GROSS))
    assert outcome.total == (None, Decimal("5.25"))
    assert [one.code for one in outcome.warnings] == ["tax_rate_missing"]


def test_a_tariff_is_valid_from_its_start_until_before_its_end() -> None:
    """R9."""
    owed = tariff(ENERGY, starts_at=START, ends_at=START + timedelta(seconds=1))
    assert priced(cdr(period(tariff_id=None, ENERGY="10")), owed).total.excl == Decimal(4)


def test_without_tariffs_there_is_no_price() -> None:
    without = refused(CHARGE)
    assert (without.code, without.sentence) == (
        "no_tariff",
        "There is no tariff to price with; its periods name FAIR.",
    )


def test_an_unknown_tariff_may_be_read_as_the_default_one() -> None:
    policy = PricingPolicy().but(unknown_tariff="default")
    outcome = pricing.price(cdr(period(tariff_id="OTHER", ENERGY="10")), [FAIR], policy=policy)
    assert outcome.total.excl == Decimal(4)


def test_of_two_versions_of_a_tariff_the_one_valid_at_the_start_prices() -> None:
    earlier = tariff(component("ENERGY", "0.10"), ends_at=START)
    assert priced(CHARGE, earlier, tariff(ENERGY, starts_at=START)).total.excl == Decimal(4)


def test_a_reading_that_does_not_exist_is_refused_by_its_name() -> None:
    with pytest.raises(ValueError, match="“rounded” is no reading"):
        PricingPolicy().but(rounded="up")
    with pytest.raises(ValueError, match="sideways"):
        PricingPolicy().but(rounding="sideways")
