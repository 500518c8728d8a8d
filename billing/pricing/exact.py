"""Exact arithmetic: decimals that refuse to lose a digit, and ratios of them where a third must stay a third."""

from datetime import timedelta
from decimal import (
    MAX_EMAX,
    MIN_EMIN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
    getcontext,
    setcontext,
)
from fractions import Fraction
from functools import cache

from msgspec import Struct

from billing.pricing.errors import CannotPrice

# Sums and products of real tariffs and charges need some 40 digits; what needs more than this was made up.
DIGITS = 120
_EXACT = Context(prec=DIGITS, Emax=999_999, Emin=-999_999, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])
# Most quotients end within so many digits, and dividing to more takes twice as long.
_SHORT = Context(prec=40, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[Inexact])
_FINITE = Context(prec=400, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[Inexact])
HALF_UP = Context(prec=400, rounding=ROUND_HALF_UP, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])
HALF_EVEN = Context(prec=400, rounding=ROUND_HALF_EVEN)
# The last digit of a quotient that has no end.
ENDLESS = Decimal("1e-20")
MICROSECOND = timedelta(microseconds=1)
_MICROSECONDS = Decimal(3_600_000_000)  # of an hour
ZERO, ONE = Decimal(0), Decimal(1)


class exactly:  # noqa: N801  # reads as a word: `with exactly():`
    """Within it no digit is lost: what would lose one, or is not a number, raises CannotPrice."""

    __slots__ = ("_before",)

    def __enter__(self) -> None:
        self._before = getcontext()
        setcontext(_EXACT)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        setcontext(self._before)
        if isinstance(error, Inexact | InvalidOperation | Overflow):
            raise CannotPrice(
                "number_out_of_range", "$", f"A number has more digits than can be counted with exactly ({DIGITS})."
            ) from error


class Ratio(Struct, frozen=True, gc=False):
    """An exact amount: `over` / `under`. Money per hour and tax within a price leave no finite decimal."""

    over: Decimal
    under: Decimal

    @property
    def fraction(self) -> Fraction:
        return Fraction(self.over) / Fraction(self.under)

    @property
    def decimal(self) -> Decimal:
        """With every digit when it has an end (7/8 → 0.875), else to 20 decimals, half up (1/3 → 0.33…3)."""
        return quotient(self.over, self.under)


def quotient(over: Decimal, under: Decimal) -> Decimal:
    """`over` / `under` with every digit when it has an end, else to 20 decimals, half up."""
    try:
        return _SHORT.divide(over, under)
    except Inexact:
        pass
    try:
        return _FINITE.divide(over, under)
    except Inexact:
        return HALF_UP.quantize(HALF_UP.divide(over, under), ENDLESS)


def hours_of(length: timedelta) -> Decimal:
    """To the microsecond, thirds to 20 decimals."""
    return quotient(Decimal(length // MICROSECOND), _MICROSECONDS)


def rounded(value: Decimal, decimals: int) -> Decimal:
    """`value` to a number of decimals, half up."""
    return HALF_UP.quantize(value, last_digit(decimals))


def gap(carried: Decimal, ours: Decimal, *, credit: bool = False) -> tuple[Decimal, Decimal]:
    """Ours as OCPI writes it, to four decimals and below zero for a credit, and what is carried beyond that."""
    with exactly():
        owed = -rounded(ours, 4) if credit else rounded(ours, 4)
        return owed, rounded(carried, 4) - owed


@cache
def last_digit(decimals: int) -> Decimal:
    """Of a number with so many decimals: 2 → 0.01."""
    return Decimal(1).scaleb(-decimals)


def in_full(value: Decimal) -> str:
    """`value` without exponent, with the idle zeros that it has: 0.50."""
    text = str(value)
    return f"{value:f}" if "E" in text else text


def plain(value: Decimal) -> str:
    """`value` without exponent and idle zeros: 0.4900 → 0.49, 1E+2 → 100."""
    text = in_full(value)
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def at_least(value: Decimal, decimals: int) -> str:
    """`value` written plainly, but with at least so many decimals: 0.49 → 0.4900."""
    digits = len(plain(value).partition(".")[2])
    return f"{rounded(value, max(digits, decimals)):f}"
