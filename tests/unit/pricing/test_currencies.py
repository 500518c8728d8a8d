"""Exact amounts become amounts of a currency in one place, by a named rule; its decimals are those of the currency."""

from decimal import Decimal
from fractions import Fraction

import pytest
from babel.numbers import list_currencies

from billing import pricing
from billing.pricing import RECOMMENDED, Part, rounding
from billing.pricing.policy import Rounding
from roaming.kernel.money import minor_units
from tests.unit.pricing.cases import (
    Json,
    cdr,
    element,
    energy,
    excl,
    flat,
    money,
    parking,
    period,
    priced,
    refused,
    tariff,
    time,
)

THREE = cdr(period("09:00", ENERGY="1"), period("10:00", TIME="1"), period("11:00", PARKING_TIME="1"))


def in_currency(charge: Json, currency: str) -> Json:
    return {**charge, "currency": currency}


def rounded_total(charge: Json, owed: Json, rule: Rounding) -> tuple[Decimal | None, Decimal | None]:
    return rounding.total(priced(charge, owed, policy=RECOMMENDED.but(rounding=rule)))


@pytest.mark.parametrize(
    ("currency", "expected"),
    [("EUR", "1.23"), ("JPY", "1"), ("KWD", "1.235"), ("jpy", "1"), ("ISK", "1"), ("CLF", "1.2346"), ("XTS", "1.23")],
)
def test_a_currency_has_its_own_decimals(currency: str, expected: str) -> None:
    owed = tariff(element(energy("1.23455")), currency=currency)
    session = priced(in_currency(cdr(period("09:00", ENERGY="1")), currency), owed)
    assert f"{rounding.total(session).excl:f}" == expected
    assert session.total.excl == Decimal("1.23455")  # the exact amount is kept
    assert session.currency == currency.upper()
    assert rounding.unit(session.currency) == Decimal(1).scaleb(-len(expected.partition(".")[2]))


@pytest.mark.parametrize(
    ("currency", "exact", "up", "even"),
    [
        ("EUR", "0.125", "0.13", "0.12"),
        ("EUR", "0.135", "0.14", "0.14"),
        ("EUR", "0.1250000000001", "0.13", "0.13"),
        ("EUR", "0.1249999999999", "0.12", "0.12"),
        ("EUR", "-0.125", "-0.13", "-0.12"),
        ("JPY", "2.5", "3", "2"),
        ("JPY", "3.5", "4", "4"),
        ("KWD", "0.0005", "0.001", "0.000"),
        ("EUR", "0", "0.00", "0.00"),
    ],
)
def test_half_is_up_or_to_even(currency: str, exact: str, up: str, even: str) -> None:
    charge = in_currency(cdr(period("09:00", ENERGY="1")), currency)
    owed = tariff(element(energy(exact, step=0)), currency=currency)
    for rule, expected in (("half_up", up), ("half_even", even)):
        for scope in ("per_cdr", "per_line"):
            amount = rounded_total(charge, owed, Rounding(f"{scope}_{rule}"))[0]
            assert f"{amount:f}" == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rounding.PER_CDR_HALF_UP, money("0.02", "0.02")),  # 0.0153 and 0.0179
        (Rounding.PER_LINE_HALF_UP, money("0.03", "0.03")),  # three times 0.0051 are 0.01, three times 0.00597 too
        (Rounding.PER_INVOICE_HALF_UP, money("0.0153", "0.017901")),
    ],
)
def test_a_cdr_is_rounded_once_or_by_its_lines_or_not_at_all(
    rule: Rounding, expected: tuple[Decimal | None, ...]
) -> None:
    owed = tariff(element(energy("0.0051", vat="17"), time("0.0051", vat="17"), parking("0.0051", vat="17")))
    assert rounded_total(THREE, owed, rule) == expected


def test_parts_are_rounded_by_the_same_rule() -> None:
    owed = tariff(element(flat("0.004"), energy("0.005"), time("0.015"), parking("0.0149")))
    for rule, energy_part, time_part in (
        (Rounding.PER_LINE_HALF_UP, "0.01", "0.02"),
        (Rounding.PER_CDR_HALF_EVEN, "0.00", "0.02"),
        (Rounding.PER_INVOICE_HALF_UP, "0.005", "0.015"),
    ):
        session = priced(THREE, owed, policy=RECOMMENDED.but(rounding=rule))
        parts = [rounding.part(session, one).excl for one in (Part.ENERGY, Part.TIME, Part.RESERVATION)]
        assert parts == [Decimal(energy_part), Decimal(time_part), 0]


@pytest.mark.parametrize(
    ("price", "limit", "expected"),
    [
        ("0.005", {"max_price": {"before_taxes": Decimal("0.014")}}, "0.01"),  # 0.015 in all, three cents in lines
        ("0.335", {"max_price": {"before_taxes": Decimal("1.01")}}, "1.01"),  # 1.005 in all, 1.02 in lines
        ("0.334", {"min_price": {"before_taxes": Decimal(1)}}, "1.00"),  # 1.002 in all, 0.99 in lines
        ("0.334", {"min_price": {"before_taxes": Decimal("0.9")}}, "0.99"),
    ],
)
def test_a_limit_holds_the_sum_of_rounded_lines(price: str, limit: Json, expected: str) -> None:
    owed = tariff(element(energy(price), time(price), parking(price)), **limit)
    total = rounded_total(THREE, owed, Rounding.PER_LINE_HALF_UP)[0]
    assert f"{total:f}" == expected


def test_the_books_and_the_prices_know_the_same_decimals() -> None:
    """CLDR rounds a dinar of Serbia to none, ISO 4217 to two."""
    assert {code: rounding.decimals(code) for code in ("RSD", "rsd", "ALL", "IQD", "JPY", "jpy")} == {
        "RSD": 2,
        "rsd": 2,
        "ALL": 2,
        "IQD": 3,
        "JPY": 0,
        "jpy": 0,
    }
    assert all(rounding.decimals(code) == minor_units(code) for code in list_currencies())


def test_nothing_is_written_with_the_decimals_of_its_currency_by_any_rule() -> None:
    free = cdr(period("09:00", CURRENT="1"))
    for rule in (Rounding.PER_LINE_HALF_UP, Rounding.PER_CDR_HALF_UP):
        assert f"{rounded_total(free, tariff(element(energy('1'))), rule)[0]:f}" == "0.00"


def test_what_is_not_known_is_not_rounded() -> None:
    owed = tariff(element(energy("0.40")), tax_included="YES")
    for rule in Rounding:
        assert rounded_total(cdr(period("09:00", ENERGY="1")), owed, rule) == money(None, "0.40")


@pytest.mark.parametrize("places", range(1, 8))
def test_decimals_add_up_to_the_last_digit(places: int) -> None:
    """0.1 + 0.2 is 0.3, and 1.1 hours are 3,960 seconds."""
    one, two = f"0.{'0' * places}1", f"0.{'0' * places}2"
    charge = cdr(period("09:00", ENERGY=one), period("10:00", ENERGY=two))
    assert excl(charge, tariff(element(energy("1", step=0)))) == Decimal(f"0.{'0' * places}3")
    assert excl(cdr(period("09:00", TIME="1.1")), tariff(element(time("2.00", step=3960)))) == Decimal("2.2")


def test_thirds_of_an_hour_stay_thirds() -> None:
    """20 minutes billed three times at one euro per hour are one euro, not 0.99."""
    owed = tariff(element(time("1.00", step=1200)))
    charge = cdr(period("09:00", TIME="0.3333"))
    session = priced(charge, owed)
    net = session.costs[Part.TIME].net
    assert net is not None and net.fraction == Fraction(1, 3)
    assert session.total.excl == Decimal("0.33333333333333333333")


@pytest.mark.parametrize("vat", ["21", "19", "7.7", "5.2", "25.5", "8.1"])
def test_tax_within_a_price_is_taken_out_exactly(vat: str) -> None:
    owed = tariff(element(energy("0.4999", vat=vat), time("1.37", vat="9")), tax_included="YES")
    session = priced(cdr(period("09:00", ENERGY="13.337", TIME="0.1117")), owed)
    net, gross = session.cost.net, session.cost.gross
    assert net is not None
    assert gross is not None
    seconds = Fraction(403)  # of 402.12, in steps of one
    energy_gross, time_gross = Fraction("13.337") * Fraction("0.4999"), seconds / 3600 * Fraction("1.37")
    assert gross.fraction == energy_gross + time_gross
    assert net.fraction == energy_gross / (1 + Fraction(vat) / 100) + time_gross / Fraction("1.09")


def test_another_currency_is_refused_in_either_case_of_letters_it_is_the_same() -> None:
    owed = tariff(element(energy("1")), currency="eur")
    assert excl(cdr(period("09:00", ENERGY="1")), owed) == 1
    assert refused(lambda: priced(THREE, tariff(element(energy("1")), currency="SEK"))) == (
        "currency_differs",
        "$.currency",
    )


def test_a_report_shows_exact_and_rounded_amounts() -> None:
    owed = tariff(element(energy("0.3333", vat="21")), currency="JPY")
    report = pricing.as_json(priced(in_currency(cdr(period("09:00", ENERGY="10")), "JPY"), owed))
    assert (report["total_cost_excl_vat"], report["total_cost_incl_vat"]) == ("3.333", "4.03293")
    assert (report["rounded"]["total_cost_excl_vat"], report["rounded"]["total_cost_incl_vat"]) == ("3", "4")
