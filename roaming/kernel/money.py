"""Money is Decimal and an ISO 4217 currency; rounding happens once, half up, to the currency's minor unit. Pure."""

from decimal import ROUND_HALF_UP, Decimal, localcontext

from babel.numbers import list_currencies

_CURRENCIES = frozenset(list_currencies())
# ISO 4217 itself: CLDR rounds more coarsely what shops no longer hand out in coins (RSD, ALL), which books do not.
_DECIMALS = {
    **dict.fromkeys(["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND"], 0),
    **dict.fromkeys(["VUV", "XAF", "XOF", "XPF"], 0),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}


def is_currency(code: str) -> bool:
    """Whether `code` is an ISO 4217 code, in capitals: `EUR` is, `eur` and `XYZ` are not."""
    return code in _CURRENCIES


def minor_units(currency: str) -> int:
    """How many decimals amounts of `currency` have: EUR 2, JPY 0, KWD 3. Raises ValueError for an unknown code."""
    if not is_currency(currency):
        raise ValueError(f"“{currency}” is not an ISO 4217 currency.")
    return _DECIMALS.get(currency, 2)


def round_money(amount: Decimal, currency: str) -> Decimal:
    """`amount` to the minor unit of `currency`, half up (away from zero): 0.125 EUR → 0.13, -0.125 EUR → -0.13."""
    with localcontext(prec=60):
        return amount.quantize(Decimal(1).scaleb(-minor_units(currency)), rounding=ROUND_HALF_UP)
