"""Components that were forgotten, or billed more than once."""

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from billing.pricing import rounding
from billing.pricing.exact import exactly
from billing.pricing.explaining.question import Candidate, Explanation, Kind, Question, Totals, again, scaled, totals
from billing.pricing.outcome import Amounts
from billing.pricing.parts import COSTS, Part
from billing.pricing.shapes import Dimension, Element, Tariff

_NOUNS = {
    Dimension.FLAT: "The flat fee",
    Dimension.PARKING_TIME: "Parking",
    Dimension.TIME: "Charging time",
    Dimension.ENERGY: "Energy",
}
# Of the parts in OCPI.
_NAMES = {part: name for name, part in COSTS.items()}


def candidates(question: Question) -> Iterator[Candidate]:
    """Without one kind of component, without what a reservation costs, and with a fee for more than the session."""
    for dimension, noun in _NOUNS.items():
        without = [_without(tariff, dimension) for tariff in question.tariffs]
        explanation = Explanation(Kind.MISSING_COMPONENT, f"without={dimension}", f"{noun} was not billed.")
        yield Candidate(explanation, again(question, tariffs=without))
        # Where charging and parking have prices only one of them is rounded up: the other may have stayed as it was.
        yield Candidate(explanation, _taken_away(question, dimension))
    if Part.RESERVATION in question.priced.parts:
        unreserved = [_without_reservation(tariff) for tariff in question.tariffs]
        yield Candidate(
            Explanation(Kind.MISSING_COMPONENT, "without=RESERVATION", "The reservation was not billed."),
            again(question, tariffs=unreserved),
        )
    if Part.FIXED in question.priced.parts:
        periods = len(question.billed.charge.periods)
        yield _fees(question, 2, "fee=twice", "The flat fee was billed twice.")
        if periods > 2:
            yield _fees(question, periods, "fee=each_period", "The flat fee was billed for each charging period.")


def _taken_away(question: Question, dimension: Dimension) -> Callable[[], Totals]:
    """What its lines add up to is missing in the total, and in the part that they belong to."""

    def price() -> Totals:
        ours = totals(question.priced)
        total, parts = ours.total, dict(ours.parts)
        with exactly():
            for line in question.priced.lines:
                if line.dimension == dimension:
                    less, name = scaled(rounding.line(question.priced, line), -1), _NAMES[line.part]
                    total, parts[name] = _plus(total, less), _plus(parts[name], less)
        return Totals(total, parts)

    return price


def _fees(question: Question, times: int, change: str, sentence: str) -> Candidate:
    def price() -> Totals:
        ours, name = totals(question.priced), _NAMES[Part.FIXED]
        with exactly():
            more = scaled(ours.parts[name], times - 1)
            return Totals(_plus(ours.total, more), {**ours.parts, name: _plus(ours.parts[name], more)})

    return Candidate(Explanation(Kind.EXTRA_COMPONENT, change, sentence), price)


def _plus(amounts: Amounts, more: Amounts) -> Amounts:
    return Amounts(*(None if a is None or b is None else a + b for a, b in zip(amounts, more, strict=True)))


def _without(tariff: Tariff, dimension: Dimension) -> Tariff:
    elements = tuple(
        Element(tuple(one for one in element.components if one.type is not dimension), element.restrictions)
        for element in tariff.elements
    )
    return replace(tariff, elements=elements)


def _without_reservation(tariff: Tariff) -> Tariff:
    kept = tuple(element for element in tariff.elements if element.restrictions.reservation is None)
    return replace(tariff, elements=kept)
