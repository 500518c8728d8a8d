"""Why a CDR differs from our price: the single other reading, tariff version or mistake that gives its total.

Each candidate changes one thing and prices again. All that give the total are told, the likeliest first: which of them
it was, only the biller knows.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from billing.pricing import rounding
from billing.pricing.carried import CarriedCost
from billing.pricing.errors import PricingError
from billing.pricing.exact import ZERO, gap, last_digit
from billing.pricing.explaining import clocks, components, mistakes, quantities, readings, tariffs, tax
from billing.pricing.explaining.question import Candidate, Explanation, Kind, Question, Totals
from billing.pricing.outcome import Amounts

__all__ = ["Explanation", "Kind", "Question", "explain"]

# Told of one CDR; who reads more is none the wiser.
_MOST = 4
# Amounts of four decimals that were rounded on the way.
_CLOSE = Decimal("0.0005")


@dataclass(frozen=True, slots=True)
class _Aim:
    """What a candidate must give: the total of the CDR, how near, and nearer than ours, which `missed` by so much."""

    cost: CarriedCost
    near: Decimal
    missed: Decimal


def explain(question: Question) -> tuple[Explanation, ...]:
    """The changes that give the CDR's total, before tax and, where it tells it, after tax; none that its parts
    refute."""
    aim = _aim(question)
    if aim is None:
        return ()
    giving = (one.explanation for one in _candidates(question) if _gives_it(one, aim, question))
    return tuple(dict.fromkeys(islice(giving, _MOST)))  # two ways to leave out a component are one reason


def _aim(question: Question) -> _Aim | None:
    """To the last digit that the CDR writes, whatever is let pass."""
    cost, ours = question.billed.costs.get("total_cost"), rounding.due(question.priced)
    if cost is None:
        return None
    near = _near(cost.excl, question)
    net_differs = max(_gaps(cost, Amounts(ours.excl, None), question), default=ZERO) > near
    if net_differs and cost.incl == cost.excl:
        # Who knows no tax writes the same amount twice.
        cost = CarriedCost(cost.excl, None)
    return _Aim(cost, near, sum(_gaps(cost, ours, question), ZERO))


# The likeliest first.
_FAMILIES = (
    mistakes.candidates,
    tax.bases,
    tariffs.versions,
    quantities.units,
    readings.of_steps,
    tax.rates,
    components.candidates,
    readings.others,
    clocks.candidates,
    tariffs.restrictions,
    quantities.candidates,
)


def _candidates(question: Question) -> Iterator[Candidate]:
    for family in _FAMILIES:
        with suppress(PricingError):  # numbers that it cannot count with leave it without candidates
            yield from family(question)


def _gives_it(candidate: Candidate, aim: _Aim, question: Question) -> bool:
    try:
        found = candidate.price()
    except PricingError:
        return False  # this cannot have been what the biller did
    return _meets(found, aim, question) and not _is_refuted(found, question)


def _meets(found: Totals, aim: _Aim, question: Question) -> bool:
    if found.total.excl is None:
        return False
    gaps = _gaps(aim.cost, found.total, question)
    return max(gaps) <= aim.near and sum(gaps) < aim.missed


def _gaps(cost: CarriedCost, ours: Amounts, question: Question) -> list[Decimal]:
    """Before tax and after it, as far as both are known."""
    return [
        abs(gap(carried, amount, credit=question.billed.credit)[1])
        for carried, amount in ((cost.excl, ours.excl), (cost.incl, ours.incl))
        if carried is not None and amount is not None
    ]


def _near(carried: Decimal, question: Question) -> Decimal:
    written = -int(carried.normalize().as_tuple().exponent)
    return max(last_digit(max(written, rounding.decimals(question.priced.currency))), _CLOSE)


def _is_refuted(found: Totals, question: Question) -> bool:
    """By a part of the total that the CDR carries otherwise. Credits tell their parts as they were, or taken back."""
    for name, ours in found.parts.items():
        cost = question.billed.costs.get(name)
        if cost is not None and ours.excl is not None:
            carried = abs(cost.excl) if question.billed.credit else cost.excl
            near = max(_near(cost.excl, question), rounding.unit(question.priced.currency))
            if abs(carried - ours.excl) > near:
                return True
    return False
