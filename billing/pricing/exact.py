"""Exact arithmetic: amounts are fractions while we count, and leave as decimals that round nothing they can hold."""

from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_UP, Context, Decimal, Inexact
from fractions import Fraction

_ENDLESS = Decimal("1e-20")


def decimal(value: Fraction) -> Decimal:
    """`value` with every digit when it has an end (7/8 → 0.875), else to 20 decimals, half up (1/3 → 0.33…3)."""
    context = Context(prec=400, rounding=ROUND_HALF_UP, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])
    quotient = context.divide(Decimal(value.numerator), Decimal(value.denominator))
    return context.quantize(quotient, _ENDLESS) if context.flags[Inexact] else quotient


def rounded(value: Decimal, decimals: int) -> Decimal:
    """`value` to a number of decimals, half up."""
    context = Context(prec=400, rounding=ROUND_HALF_UP)
    return value.quantize(Decimal(1).scaleb(-decimals), context=context)


def at_least(value: Decimal, decimals: int) -> str:
    """`value` written plainly with no idle zeros, but with at least so many decimals: 0.49 → 0.4900."""
    digits = len(f"{value:f}".partition(".")[2].rstrip("0"))
    return f"{rounded(value, max(digits, decimals)):f}"
