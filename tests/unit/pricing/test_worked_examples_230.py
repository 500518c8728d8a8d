"""Every example that OCPI 2.3.0 works out, to the printed cent: those of 2.2.1, and its own about taxes."""

import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from billing import pricing
from billing.pricing import of_version
from roaming.ocpi.schema import wire
from tests.unit.pricing.both_ways import costs
from tests.unit.pricing.cases import Json, cdr, codes, element, energy, money, period, tariff, time
from tests.unit.pricing.worked_examples import EXAMPLES, Example, printed
from tests.unit.pricing.worked_tariffs import newest

FOLDER = Path(os.environ.get("OCPI_EXAMPLES") or "nowhere") / "2.3.0"
needs_the_specification = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the specification's examples are not given: OCPI_EXAMPLES"
)
POLICY = of_version("2.3.0")
TWO_HOURS_AND_A_HALF = cdr(period("09:00", TIME="2.5"), currency="CAD")
CDR_OF_THE_CHAPTER = cdr(
    period("2024-12-05T17:39:09Z", "12", TIME="1.973"),
    end_date_time="2024-12-05T19:37:32Z",
    total_cost={"before_taxes": Decimal("4.00"), "taxes": [{"name": "VAT", "amount": Decimal("0.40")}]},
    total_time_cost={"before_taxes": Decimal("4.00"), "taxes": [{"name": "VAT", "amount": Decimal("0.40")}]},
    total_energy=Decimal("15.342"),
    total_time=Decimal("1.973"),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_an_example_costs_what_is_printed(example: Example) -> None:
    assert_costs_as_printed(example, newest(example.owed))


@needs_the_specification
@pytest.mark.parametrize("example", [one for one in EXAMPLES if one.file], ids=str)
def test_the_tariff_of_the_specification_itself_costs_the_same(example: Example) -> None:
    owed = wire.decode((FOLDER / f"{example.file}.json").read_bytes())
    assert isinstance(owed, dict)
    assert_costs_as_printed(example, owed)


def assert_costs_as_printed(example: Example, owed: Json) -> None:
    cost = costs(example.charge, owed, version="2.3.0")
    assert printed(cost.excl, example.excl) == example.excl
    assert example.incl is None or printed(cost.incl, example.incl) == example.incl


@pytest.mark.parametrize(
    ("tax_included", "price", "expected"),
    [
        ("NO", "2.00", money("5.00", None)),  # tariff_19: plus taxes, which the tariff does not know
        ("YES", "2.10", money(None, "5.25")),  # tariff_20: all taxes in it, how much is not said
        ("N/A", "2.10", money("5.25", "5.25")),  # no tax: before and after are one
    ],
)
def test_north_american_prices_have_no_rate(
    tax_included: str, price: str, expected: tuple[Decimal | None, ...]
) -> None:
    owed = tariff(element(time(price)), currency="CAD", tax_included=tax_included)
    assert costs(TWO_HOURS_AND_A_HALF, owed, version="2.3.0") == expected


@pytest.mark.parametrize(
    ("tax_included", "expected"),
    [
        ("NO", money("10", "12.1")),
        ("YES", money("8.26446280991735537190", "10")),
        ("N/A", money("10", "10")),
    ],
)
def test_a_rate_is_put_on_top_taken_out_or_ignored(tax_included: str, expected: tuple[Decimal | None, ...]) -> None:
    owed = tariff(element(energy("0.50", vat="21")), tax_included=tax_included)
    assert costs(cdr(period("09:00", ENERGY="20")), owed, version="2.3.0") == expected


def test_limits_compare_before_and_after_tax_whatever_the_prices_include() -> None:
    limit = {"before_taxes": Decimal(5), "after_taxes": Decimal(6)}
    owed = tariff(element(energy("0.121", vat="21")), tax_included="YES", max_price=limit)
    charge = cdr(period("09:00", ENERGY="48"))  # 4.80 before tax and 5.808 after it
    assert costs(charge, owed, version="2.3.0") == money("4.8", "5.808")
    assert costs(cdr(period("09:00", ENERGY="49.8")), owed, version="2.3.0") == money("4.98", "6")
    assert costs(cdr(period("09:00", ENERGY="60")), owed, version="2.3.0") == money("5", "6")


def test_the_cdr_of_the_chapter_is_billed_correctly() -> None:
    """Its tariff does not say tax_included, although it must: read as NO, and said."""
    owed = tariff(element(time("2.00", vat="10", step=300)), id="12", tax_included=None)
    verdict = pricing.verify(pricing.read_billed(CDR_OF_THE_CHAPTER), [pricing.read_tariff(owed)], POLICY)
    assert verdict.agrees
    assert verdict.contradictions == ()
    assert costs(CDR_OF_THE_CHAPTER, owed, version="2.3.0") == (Decimal(4), Decimal("4.4"))
    assert codes(verdict.priced) == [("tax_included_missing", "$.tax_included")]


@needs_the_specification
def test_the_cdr_of_the_specification_itself_is_billed_correctly() -> None:
    sent: Any = wire.decode((FOLDER / "cdr_example.json").read_bytes())
    tariffs = [pricing.read_tariff(one) for one in sent["tariffs"]]
    assert pricing.verify(pricing.read_billed(sent), tariffs, POLICY).agrees
    assert costs(sent, *sent["tariffs"], version="2.3.0").excl == Decimal("4.00")
