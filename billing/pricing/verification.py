"""A CDR against our price: every total that it carries, what kind of difference it is, and what would explain it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from billing.pricing import rounding
from billing.pricing.carried import Billed
from billing.pricing.contradictions import Contradiction, contradictions
from billing.pricing.engine import price_by
from billing.pricing.exact import at_least, gap, rounded
from billing.pricing.explaining import Explanation, Kind, Question, explain
from billing.pricing.outcome import PricedSession
from billing.pricing.parts import COSTS
from billing.pricing.plan import compile
from billing.pricing.policy import RECOMMENDED, PricingPolicy
from billing.pricing.shapes import Place, Tariff


class Tax(StrEnum):
    """Which side of an amount."""

    EXCL = "excl"
    INCL = "incl"


_SIDES = {Tax.EXCL: "before tax", Tax.INCL: "after tax"}


@dataclass(frozen=True, slots=True)
class Difference:
    """`field` is OCPI's, before or after tax; `difference` is what the CDR carries minus ours, to four decimals."""

    field: str
    tax: Tax
    kind: Kind
    carried: Decimal
    ours: Decimal
    difference: Decimal
    sentence: str

    @property
    def side(self) -> str:
        return _SIDES[self.tax]


@dataclass(frozen=True)
class Verdict:
    """`agrees` says whether the total could be compared and every total is within the tolerance; what the CDR
    contradicts itself in stands apart. `uncompared` are sentences about totals that are missing on one of both sides.

    `explanation` is the single other reading, tariff or mistake that would give the CDR's total, if one was found;
    `alternatives` are others that would give it too, but are less likely.
    """

    agrees: bool
    priced: PricedSession
    differences: tuple[Difference, ...]
    uncompared: tuple[str, ...]
    contradictions: tuple[Contradiction, ...]
    explanation: Explanation | None
    alternatives: tuple[Explanation, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """`difference` is what the CDR carries minus ours, before tax, ours rounded to four decimals."""

    within: bool
    difference: Decimal
    carried: Decimal
    ours: Decimal
    sentence: str


def verify(
    billed: Billed,
    tariffs: Sequence[Tariff],
    policy: PricingPolicy = RECOMMENDED,
    tolerance: Decimal | None = None,
    *,
    versions: Iterable[Tariff] = (),
    time_zone: str | None = None,
    location: Place | None = None,
    reservation_expired: bool | None = None,
) -> Verdict:
    """Compare every total with ours; `tolerance` is money in the currency of the charge, its smallest unit where none
    is given. `versions` are other tariffs that the owner may have used (older, published); where the total is ours
    they are not read. Raises CannotPrice, TimeZoneUnknown."""
    priced = price_by(
        compile(tariffs, policy),
        billed.charge,
        time_zone=time_zone,
        location=location,
        reservation_expired=reservation_expired,
    )
    pass_by = rounding.unit(priced.currency) if tolerance is None else tolerance
    pairs = tuple(_pairs(billed, priced))
    found = tuple(_differences(pairs, billed, priced.currency, pass_by))
    explanations: tuple[Explanation, ...] = ()
    if any(one.field == "total_cost" for one in found):
        explanations = explain(Question(billed, tuple(tariffs), policy, tuple(versions), time_zone, location, priced))
    explanation = next(iter(explanations), None)
    return Verdict(
        agrees=not found and any(one.field == "total_cost" and one.ours is not None for one in pairs),
        priced=priced,
        differences=tuple(replace(one, kind=_kind(one, explanation, priced)) for one in found),
        uncompared=tuple(_uncompared(pairs, billed, priced)),
        contradictions=tuple(contradictions(billed, with_parts=_must_add_up(billed, priced))),
        explanation=explanation,
        alternatives=explanations[1:],
    )


def compare(carried: Decimal, priced: PricedSession, *, tolerance: Decimal) -> Comparison:
    """Is the CDR's total before tax within `tolerance` (money, in its currency) of ours, above or below?

    Both are rounded once, half up, to the four decimals of an OCPI number before they are compared. Raises ValueError
    where the tariff leaves the price before tax open.
    """
    due = rounding.due(priced).excl
    if due is None:
        raise ValueError("The price before tax is not known.")
    ours, difference = gap(carried, due)
    return Comparison(
        within=abs(difference) <= tolerance,
        difference=difference,
        carried=carried,
        ours=ours,
        sentence=_compared(carried, ours, priced.currency),
    )


def _must_add_up(billed: Billed, priced: PricedSession) -> bool:
    """Whether no limit sets the total, and the CDR has a part for all that costs something."""
    return not priced.limits and all(name in billed.costs or not priced.part(part).excl for name, part in COSTS.items())


class _Pair(NamedTuple):
    """An amount that the CDR carries, beside ours; None where the tariff leaves ours open."""

    field: str
    tax: Tax
    carried: Decimal
    ours: Decimal | None


def _pairs(billed: Billed, priced: PricedSession) -> Iterator[_Pair]:
    for field, cost in billed.costs.items():
        ours = rounding.due(priced) if field == "total_cost" else rounding.due_part(priced, COSTS[field])
        for tax, carried, amount in ((Tax.EXCL, cost.excl, ours.excl), (Tax.INCL, cost.incl, ours.incl)):
            if carried is not None:
                yield _Pair(field, tax, carried, amount)


def _differences(pairs: Sequence[_Pair], billed: Billed, currency: str, tolerance: Decimal) -> Iterator[Difference]:
    for field, tax, carried, amount in pairs:
        if amount is None:
            continue
        taken_back = billed.credit and field == "total_cost"  # a credit takes the total back, nothing else
        ours, difference = gap(carried, amount, credit=taken_back)
        if abs(difference) > tolerance:
            told = _of_credit if taken_back else _of_charge
            sentence = f"{field} {_SIDES[tax]} {told(carried, ours, difference, currency)}."
            yield Difference(field, tax, Kind.UNEXPLAINED, carried, ours, difference, sentence)


def _uncompared(pairs: Sequence[_Pair], billed: Billed, priced: PricedSession) -> Iterator[str]:
    cost, ours = billed.costs.get("total_cost"), priced.total
    if cost is None:
        yield "There is no total_cost to hold against our price."
    elif cost.incl is None and ours.incl is not None and ours.incl != ours.excl:
        yield "total_cost after tax was not compared: the CDR does not say it."
    for tax, side in _SIDES.items():
        fields = [one.field for one in pairs if one.tax is tax and one.ours is None]
        if fields:
            were = "was" if len(fields) == 1 else "were"
            yield f"{', '.join(fields)} {side} {were} not compared: the tariff does not say what ours would be."


def _of_charge(carried: Decimal, ours: Decimal, difference: Decimal, currency: str) -> str:
    word = "more" if difference > 0 else "less"
    said, gap = f"{at_least(carried, 2)} {currency}", at_least(abs(difference), 2)
    return f"is {said}, {gap} {word} than ours of {at_least(ours, 2)} {currency}"


def _of_credit(carried: Decimal, ours: Decimal, difference: Decimal, currency: str) -> str:
    """Both are below zero, or should be."""
    if carried > 0:
        return f"is {at_least(carried, 2)} {currency} and would bill once more; a credit takes back what was billed"
    word = "less" if difference > 0 else "more"
    said, gap = f"{at_least(-carried, 2)} {currency}", at_least(abs(difference), 2)
    return f"takes back {said}, {gap} {word} than ours of {at_least(-ours, 2)} {currency}"


def _kind(one: Difference, explanation: Explanation | None, priced: PricedSession) -> Kind:
    if abs(one.difference) <= rounding.unit(priced.currency) and one.carried == rounded(
        one.carried, rounding.decimals(priced.currency)
    ):
        return Kind.ROUNDING
    if explanation is not None:
        return explanation.kind
    if one.ours == 0:
        return Kind.EXTRA_COMPONENT
    if one.carried == 0:
        return Kind.MISSING_COMPONENT
    return Kind.UNEXPLAINED


def _compared(carried: Decimal, ours: Decimal, currency: str) -> str:
    difference = carried - ours
    if not difference:
        return f"Billed {at_least(carried, 2)} {currency}, exactly our price."
    word = "more" if difference > 0 else "less"
    gap = at_least(abs(difference), 2)
    return f"Billed {at_least(carried, 2)} {currency}, {gap} {word} than our price of {at_least(ours, 2)} {currency}."
