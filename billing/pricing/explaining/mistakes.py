"""A total that is ours in another unit, or with the other sign."""

from collections.abc import Iterator
from decimal import Decimal

from billing.pricing import rounding
from billing.pricing.explaining.question import Candidate, Explanation, Kind, Question, Totals, scaled


def candidates(question: Question) -> Iterator[Candidate]:
    """In the smallest unit of the currency, and negated."""
    currency = question.priced.currency
    many = 1 / rounding.unit(currency)
    if many != 1:
        said = f"The total is in the smallest unit of {currency}, not in {currency}."
        yield _times(many, Explanation(Kind.CURRENCY, "total=smallest_unit", said), question)
    yield _times(Decimal(-1), Explanation(Kind.SIGN, "total=negated", "The total has the other sign."), question)


def _times(factor: Decimal, explanation: Explanation, question: Question) -> Candidate:
    return Candidate(explanation, lambda: Totals(scaled(rounding.due(question.priced), factor)))
