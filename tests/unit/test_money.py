"""Money is rounded once, half up, to what the currency has."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roaming.kernel.money import is_currency, minor_units, round_money


@pytest.mark.parametrize(("currency", "decimals"), [("EUR", 2), ("SEK", 2), ("JPY", 0), ("KWD", 3), ("RSD", 2)])
def test_every_currency_has_its_decimals(currency: str, decimals: int) -> None:
    assert minor_units(currency) == decimals


@pytest.mark.parametrize("code", ["XYZ", "eur", "", "EURO"])
def test_what_is_no_currency_is_refused(code: str) -> None:
    assert not is_currency(code)
    with pytest.raises(ValueError, match="is not an ISO 4217 currency"):
        minor_units(code)
    with pytest.raises(ValueError, match="is not an ISO 4217 currency"):
        round_money(Decimal(1), code)


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("0.125", "EUR", "0.13"),
        ("-0.125", "EUR", "-0.13"),
        ("0.1249999999999999999999999999999", "EUR", "0.12"),
        ("2.675", "EUR", "2.68"),
        ("0.5", "JPY", "1"),
        ("1.0005", "KWD", "1.001"),
        ("7", "EUR", "7.00"),
        ("123456789012345678901234567890.005", "EUR", "123456789012345678901234567890.01"),
    ],
)
def test_halves_go_up_away_from_nothing(amount: str, currency: str, rounded: str) -> None:
    assert str(round_money(Decimal(amount), currency)) == rounded


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=8), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_rounding_twice_changes_nothing_more(amount: Decimal, currency: str) -> None:
    once = round_money(amount, currency)
    assert round_money(once, currency) == once
    assert abs(once - amount) <= Decimal("0.5").scaleb(-minor_units(currency))
