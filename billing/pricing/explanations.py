"""Why a CDR differs from our price: the single other reading, tariff version or mistake that gives its total.

Each candidate changes one thing and prices again. The likeliest come first; the first that meets the total is the
explanation.
"""

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from msgspec.structs import replace

from billing.pricing import policy_words, rounding
from billing.pricing.carried import Billed
from billing.pricing.engine import price
from billing.pricing.errors import PricingError
from billing.pricing.exact import ZERO, at_least, gap, rounded
from billing.pricing.other_quantities import others
from billing.pricing.outcome import Amounts, PricedSession
from billing.pricing.policy import READINGS, PricingPolicy
from billing.pricing.shapes import Cdr, Component, Dimension, Element, Place, Tariff


class Kind(StrEnum):
    """What kind of difference it is. Stable codes."""

    ROUNDING = "rounding"
    TARIFF_VERSION = "tariff_version"
    STEP_SIZE = "step_size"
    VAT = "vat"
    QUANTITY = "quantity"
    MISSING_COMPONENT = "missing_component"
    EXTRA_COMPONENT = "extra_component"
    PRICE_LIMIT = "price_limit"
    READING = "reading"
    TIME_ZONE = "time_zone"
    RESERVATION = "reservation"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class Explanation:
    """`change` names what was changed, for programs: `step_size_scope=period`, `time_zone=UTC`, `tariff=FAIR`."""

    kind: Kind
    change: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Question:
    """A CDR whose total is not ours, and all that it was priced with."""

    billed: Billed
    tariffs: tuple[Tariff, ...]
    policy: PricingPolicy
    tolerance: Decimal
    versions: tuple[Tariff, ...]
    time_zone: str | None
    location: Place | None
    priced: PricedSession


@dataclass(frozen=True, slots=True)
class _Candidate:
    explanation: Explanation
    price: Callable[[], Amounts]


_KINDS = {
    **dict.fromkeys(
        ("step_size_volume", "step_size_scope", "time_step", "parking_used", "written_hours"), Kind.STEP_SIZE
    ),
    "rounding": Kind.ROUNDING,
}
_DO_NOT_CHANGE_TOTALS = frozenset({"unknown_tariff", "tax_without_rate"})


def explain(question: Question) -> Explanation | None:
    """The first candidate whose total is the CDR's, before tax and, where it tells it, after tax."""
    for candidate in _candidates(question):
        try:
            total = candidate.price()
        except PricingError:
            continue  # this cannot have been what the biller did
        if _meets(total, question):
            return candidate.explanation
    return None


def _meets(total: Amounts, question: Question) -> bool:
    """Within the tolerance, and nearer than ours was: what changes nothing explains nothing."""
    cost = question.billed.costs.get("total_cost")
    if cost is None or total == rounding.due(question.priced):
        return False
    sides = [(cost.excl, total.excl)] + ([(cost.incl, total.incl)] if cost.incl is not None else [])
    return all(
        ours is not None and abs(gap(carried, ours, credit=question.billed.credit)[1]) <= question.tolerance
        for carried, ours in sides
    )


def _candidates(question: Question) -> Iterator[_Candidate]:
    yield from _of_tax(question)
    yield from _of_tariffs(question)
    yield from _of_readings(question, _KINDS.keys())
    yield from _of_components(question)
    yield from _of_readings(question, READINGS.keys() - _KINDS.keys() - _DO_NOT_CHANGE_TOTALS)
    yield from _of_surroundings(question)
    yield from _of_quantities(question)


def _again(question: Question, **changed: Any) -> Callable[[], Amounts]:
    arguments: dict[str, Any] = {
        "cdr": question.billed.charge,
        "tariffs": question.tariffs,
        "policy": question.policy,
        "time_zone": question.time_zone,
        "location": question.location,
        "reservation_expired": question.priced.expired,
        **changed,
    }
    return lambda: rounding.due(price(**arguments))


def _of_tax(question: Question) -> Iterator[_Candidate]:
    ours = rounding.due(question.priced)
    yield _Candidate(
        Explanation(Kind.VAT, "excl=incl", "The total before tax is our total after tax."),
        lambda: Amounts(ours.incl, ours.incl),
    )
    yield _Candidate(Explanation(Kind.VAT, "vat=none", "No VAT was added."), lambda: Amounts(ours.excl, ours.excl))
    cost = question.billed.costs.get("total_cost")
    if cost is not None and cost.incl is not None and cost.excl and ours.excl is not None:
        gross = abs(cost.incl) if question.billed.credit else cost.incl
        rate = rounded((cost.incl / cost.excl - 1) * 100, 1)
        yield _Candidate(
            Explanation(Kind.VAT, f"vat={at_least(rate, 0)}", f"VAT of about {at_least(rate, 0)} % was used."),
            lambda: Amounts(ours.excl, gross),
        )


def _of_tariffs(question: Question) -> Iterator[_Candidate]:
    for number, version in enumerate(question.versions, 1):
        yield _Candidate(
            Explanation(
                Kind.TARIFF_VERSION,
                f"version={number}",
                f"Another version of tariff {version.id} gives this total.",
            ),
            _again(question, tariffs=[version], cdr=_unnamed(question)),
        )
    if len(question.tariffs) > 1:
        for tariff in question.tariffs:
            yield _Candidate(
                Explanation(Kind.TARIFF_VERSION, f"tariff={tariff.id}", f"Tariff {tariff.id} gives this total."),
                _again(question, tariffs=[tariff], cdr=_unnamed(question)),
            )
    if any(tariff.min_price or tariff.max_price for tariff in question.tariffs):
        free = [replace(tariff, min_price=None, max_price=None) for tariff in question.tariffs]
        yield _Candidate(
            Explanation(Kind.PRICE_LIMIT, "limits=none", "The minimum or maximum price of the tariff was left out."),
            _again(question, tariffs=free),
        )


def _unnamed(question: Question) -> Cdr:
    """The charge without the names of tariffs, and so priced by whichever is given."""
    charge = question.billed.charge
    return replace(charge, periods=tuple(replace(period, tariff_id=None) for period in charge.periods))


def _of_readings(question: Question, names: Set[str]) -> Iterator[_Candidate]:
    for name, values in READINGS.items():
        for value in values:
            if name in names and value is not getattr(question.policy, name):
                kind, policy = _KINDS.get(name, Kind.READING), question.policy.but(**{name: value})
                other = policy_words.instead(name, value, of=getattr(question.policy, name))
                sentence = f"Another reading gives this total. {other}."
                yield _Candidate(Explanation(kind, f"{name}={value}", sentence), _again(question, policy=policy))


def _of_surroundings(question: Question) -> Iterator[_Candidate]:
    if question.priced.plan.needs_local_time:
        yield _Candidate(
            Explanation(
                Kind.TIME_ZONE, "time_zone=UTC", "The hours of the tariff were read in UTC, not in local time."
            ),
            _again(question, time_zone="UTC"),
        )
    expired = not question.priced.expired
    said = "ran out" if expired else "was used"
    yield _Candidate(
        Explanation(Kind.RESERVATION, f"reservation_expired={str(expired).lower()}", f"As if the reservation {said}."),
        _again(question, reservation_expired=expired),
    )


def _of_quantities(question: Question) -> Iterator[_Candidate]:
    for one in others(question.billed):
        yield _Candidate(Explanation(Kind.QUANTITY, one.change, one.sentence), _again(question, cdr=one.charge))


def _of_components(question: Question) -> Iterator[_Candidate]:
    """Without one kind of component: what was forgotten; and with the fee twice."""
    names = {
        Dimension.FLAT: "The flat fee",
        Dimension.PARKING_TIME: "Parking",
        Dimension.TIME: "Charging time",
        Dimension.ENERGY: "Energy",
    }
    for dimension, noun in names.items():
        without = [_without(tariff, dimension) for tariff in question.tariffs]
        yield _Candidate(
            Explanation(Kind.MISSING_COMPONENT, f"without={dimension}", f"{noun} was not billed."),
            _again(question, tariffs=without),
        )
    fees = [line for line in question.priced.lines if line.dimension == "FLAT"]
    total = rounding.due(question.priced)
    excl = sum((line.excl or ZERO for line in question.priced.lines if line.dimension == "FLAT"), ZERO)
    incl = sum((line.incl or ZERO for line in question.priced.lines if line.dimension == "FLAT"), ZERO)
    if fees and total.excl is not None:
        yield _Candidate(
            Explanation(Kind.EXTRA_COMPONENT, "fee=twice", "The flat fee was billed twice."),
            lambda: Amounts(_plus(total.excl, excl), _plus(total.incl, incl)),
        )


def _plus(amount: Decimal | None, more: Decimal) -> Decimal | None:
    return None if amount is None else amount + more


def _without(tariff: Tariff, dimension: Dimension) -> Tariff:
    def kept(components: tuple[Component, ...]) -> tuple[Component, ...]:
        return tuple(one for one in components if one.type is not dimension)

    return replace(tariff, elements=tuple(Element(kept(one.components), one.restrictions) for one in tariff.elements))
