"""What cannot be priced with certainty is said to be unpriceable, with the reason; nothing is guessed."""

from datetime import timedelta
from decimal import Decimal

import pytest

from billing import pricing
from billing.pricing import Cdr, Element, Tariff
from tests.unit.pricing.charges import GROSS, START, cdr, component, period, refused, tariff

ENERGY = component("ENERGY", "0.40")
FAIR = tariff(ENERGY)
CHARGE = cdr(period(ENERGY="10"))


@pytest.mark.parametrize(
    ("code", "charge"),
    [
        ("credit", cdr(period(ENERGY="10"), credit=True)),
        ("no_periods", cdr()),
        ("periods_out_of_order", cdr(period(after=1, ENERGY="1"), period(ENERGY="1"))),
        ("reservation", cdr(period(RESERVATION_TIME="0.25"))),
        ("reservation", cdr(period(ENERGY="1", RESERVATION_OVERTIME="0.25"))),
        ("unknown_dimension", cdr(period(ENERGY="1", MOONLIGHT="3"))),
        ("unknown_dimension", cdr(period(FLAT="1"))),
        ("negative_volume", cdr(period(ENERGY="-1"))),
        ("unknown_tariff", cdr(period(tariff_id="OTHER", ENERGY="1"))),
        ("several_tariffs", cdr(period(ENERGY="1"), period(after=1, tariff_id="OTHER", ENERGY="1"))),
        ("period_without_tariff", cdr(period(ENERGY="1"), period(after=1, tariff_id=None, ENERGY="1"))),
        ("currency_differs", cdr(period(ENERGY="1"), currency="SEK")),
    ],
)
def test_this_cdr_is_not_priced(code: str, charge: Cdr) -> None:
    assert refused(charge, FAIR).reason_code == code


def test_a_dimension_twice_in_a_period_is_not_added_up() -> None:
    twice = pricing.Period(START, (("ENERGY", Decimal(1)), ("ENERGY", Decimal(1))), "FAIR")
    assert refused(cdr(twice), FAIR).reason_code == "dimension_twice"


def restricted(*names: str) -> Tariff:
    return tariff(elements=(Element((ENERGY,)), Element((component("TIME", "1"),), restrictions=names)))


@pytest.mark.parametrize(
    ("code", "owed"),
    [
        ("restricted", restricted("start_time", "end_time")),
        ("reservation", restricted("reservation")),
        ("reservation", restricted("booking")),
        ("unknown_restriction", restricted("start_time", "phase_of_the_moon")),
        ("unknown_component", tariff(component("SERVICE", "1"))),
        ("negative_vat", tariff(component("ENERGY", "1", vat="-1"))),
        ("net_unknown", tariff(ENERGY, tax_included=GROSS)),
        ("tariff_not_valid", tariff(ENERGY, starts_at=START + timedelta(seconds=1))),
        ("tariff_not_valid", tariff(ENERGY, ends_at=START)),
    ],
)
def test_this_tariff_prices_nothing(code: str, owed: Tariff) -> None:
    assert refused(CHARGE, owed).reason_code == code


def test_a_tariff_is_valid_from_its_start_until_before_its_end() -> None:
    """R9."""
    owed = tariff(ENERGY, starts_at=START, ends_at=START + timedelta(seconds=1))
    assert isinstance(pricing.price(CHARGE, [owed]), pricing.Priced)


def test_without_tariffs_there_is_no_price() -> None:
    assert refused(CHARGE).reason_code == "no_tariff"


def test_two_tariffs_to_choose_from_are_one_too_many() -> None:
    other = tariff(ENERGY, id="OTHER")
    assert refused(cdr(period(tariff_id=None, ENERGY="1")), FAIR, other).reason_code == "several_tariffs"
    cheaper = tariff(component("ENERGY", "0.10"))
    assert refused(CHARGE, FAIR, cheaper).reason_code == "several_tariffs"


def test_of_two_versions_of_a_tariff_the_one_valid_at_the_start_prices() -> None:
    earlier = tariff(component("ENERGY", "0.10"), ends_at=START)
    outcome = pricing.price(CHARGE, [earlier, tariff(ENERGY, starts_at=START)])
    assert isinstance(outcome, pricing.Priced)
    assert outcome.total_excl == Decimal(4)


def test_the_same_tariff_twice_is_one() -> None:
    assert isinstance(pricing.price(CHARGE, [FAIR, FAIR]), pricing.Priced)


def test_the_reason_is_a_sentence_and_storable() -> None:
    outcome = refused(CHARGE, restricted("start_time", "end_time"))
    assert pricing.as_json(outcome) == {
        "priced": False,
        "reason_code": "restricted",
        "sentence": "Tariff FAIR restricts prices by end_time, start_time, which is not priced yet.",
    }
