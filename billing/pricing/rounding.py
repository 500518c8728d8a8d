"""From exact amounts to amounts of a currency, by a named rule. The currency decides the decimals: JPY 0, KWD 3."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import cache
from itertools import accumulate, pairwise

from billing.pricing import limits
from billing.pricing.exact import HALF_EVEN, HALF_UP, ONE, ZERO, Ratio, exactly, last_digit
from billing.pricing.limits import Cost
from billing.pricing.lines import Line
from billing.pricing.outcome import Amounts, PricedSession, amounts
from billing.pricing.parts import Part
from billing.pricing.policy import Rounding
from roaming.kernel.money import is_currency, minor_units

# Tuples: the hash of an enum member is slow.
_PER_LINE = (Rounding.PER_LINE_HALF_UP, Rounding.PER_LINE_HALF_EVEN)
_TO_EVEN = (Rounding.PER_CDR_HALF_EVEN, Rounding.PER_LINE_HALF_EVEN)


@cache
def decimals(currency: str) -> int:
    """Of its smallest unit, as the books have it; 2 for a currency that ISO 4217 does not know."""
    known = currency.upper()
    return minor_units(known) if is_currency(known) else 2


@cache
def unit(currency: str) -> Decimal:
    """The smallest amount: 0.01 EUR, 1 JPY, 0.001 KWD."""
    return last_digit(decimals(currency))


def total(priced: PricedSession) -> Amounts:
    """The total by the policy's rule. PER_INVOICE leaves it exact: only the sum of an invoice is rounded.

    Rounded lines may add up past a minimum or maximum price that the exact total does not reach; it holds all the same.
    """
    rule = priced.plan.policy.rounding
    if rule is Rounding.PER_INVOICE_HALF_UP:
        return priced.total
    if rule in _PER_LINE:
        return _within_limits(priced, rule)
    return _amounts(priced.total, priced, rule)


def part(priced: PricedSession, of: Part) -> Amounts:
    """The same of a part of the total."""
    rule = priced.plan.policy.rounding
    if rule is Rounding.PER_INVOICE_HALF_UP:
        return priced.part(of)
    if rule in _PER_LINE:
        return _of_lines(priced, [of])
    return _amounts(priced.part(of), priced, rule)


def on_invoice(totals: Sequence[Decimal], currency: str, rule: Rounding) -> list[Decimal]:
    """What the totals of CDRs are as lines of an invoice: each rounded by the rule. PER_INVOICE rounds their sum; what
    a line leaves over goes to the next, so that they add up to it."""
    quantize, smallest = _way(rule), unit(currency)
    if rule is not Rounding.PER_INVOICE_HALF_UP:
        return [quantize(total, smallest) for total in totals]
    with exactly():
        reached = [quantize(sum_so_far, smallest) for sum_so_far in accumulate(totals, initial=ZERO)]
        return [after - before for before, after in pairwise(reached)]


def due(priced: PricedSession) -> Amounts:
    """What a CDR is compared with: the exact total, or that of its lines where the policy rounds each of them."""
    return total(priced) if priced.plan.policy.rounding in _PER_LINE else priced.total


def due_part(priced: PricedSession, of: Part) -> Amounts:
    """The same of a part of the total."""
    return part(priced, of) if priced.plan.policy.rounding in _PER_LINE else priced.part(of)


def line(priced: PricedSession, one: Line) -> Amounts:
    """What a line adds to the total that a CDR is compared with."""
    rule, exact = priced.plan.policy.rounding, Amounts(one.excl, one.incl)
    return _amounts(exact, priced, rule) if rule in _PER_LINE else exact


def nothing(priced: PricedSession) -> Decimal:
    """The amount of a part that nothing was billed for: 0.00 EUR, 0 JPY."""
    return ZERO if priced.plan.policy.rounding is Rounding.PER_INVOICE_HALF_UP else ZERO.quantize(unit(priced.currency))


def _within_limits(priced: PricedSession, rule: Rounding) -> Amounts:
    """The sum of the rounded lines, held by the limits of the tariff."""
    cost = Cost(*(None if amount is None else Ratio(amount, ONE) for amount in _of_lines(priced, list(Part))))
    with exactly():
        held, _ = limits.within(priced.usage.limiting, cost, priced.plan)
    return _amounts(amounts(held), priced, rule)


def _of_lines(priced: PricedSession, parts: list[Part]) -> Amounts:
    due = [line(priced, one) for one in priced.lines if one.part in parts]
    with exactly():
        start = nothing(priced)
        return Amounts(_sum((one.excl for one in due), start), _sum((one.incl for one in due), start))


def _amounts(exact: Amounts, priced: PricedSession, rule: Rounding) -> Amounts:
    quantize, smallest, (excl, incl) = _way(rule), unit(priced.currency), exact
    return Amounts(
        None if excl is None else quantize(excl, smallest), None if incl is None else quantize(incl, smallest)
    )


def _way(rule: Rounding) -> Callable[[Decimal, Decimal], Decimal]:
    return HALF_EVEN.quantize if rule in _TO_EVEN else HALF_UP.quantize


def _sum(rounded: Iterable[Decimal | None], total: Decimal) -> Decimal | None:
    for one in rounded:
        if one is None:
            return None
        total += one
    return total
