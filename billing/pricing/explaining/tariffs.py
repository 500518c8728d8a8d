"""Other tariffs than those that price the charge, and tariffs of which something was left out."""

from collections.abc import Iterator

from msgspec.structs import replace

from billing.pricing.explaining.question import Candidate, Explanation, Kind, Question, again
from billing.pricing.shapes import NONE, Cdr, Element, Restrictions, Tariff


def versions(question: Question) -> Iterator[Candidate]:
    """Each other version, each single one of several tariffs, and those of ours without their limits. Whether one was
    valid then is no question: who uses the wrong one does not ask either."""
    for number, version in enumerate(question.versions, 1):
        yield _single(question, version, f"version={number}", f"{_named(version)} gives this total.")
    if len(question.tariffs) > 1:
        for tariff in question.tariffs:
            yield _single(question, tariff, f"tariff={tariff.id}", f"Tariff {tariff.id} gives this total.")
    if any(tariff.min_price or tariff.max_price for tariff in question.tariffs):
        free = [replace(tariff, min_price=None, max_price=None) for tariff in question.tariffs]
        yield Candidate(
            Explanation(Kind.PRICE_LIMIT, "limits=none", "The minimum or maximum price of the tariff was left out."),
            again(question, tariffs=free),
        )


def restrictions(question: Question) -> Iterator[Candidate]:
    """Its first prices, whatever they are restricted to."""
    if any(element.restrictions != NONE for tariff in question.tariffs for element in tariff.elements):
        yield Candidate(
            Explanation(Kind.READING, "restrictions=none", "The restrictions of the tariff were left out."),
            again(question, tariffs=[_unrestricted(tariff) for tariff in question.tariffs]),
        )


def _single(question: Question, tariff: Tariff, change: str, sentence: str) -> Candidate:
    always = replace(tariff, starts_at=None, ends_at=None)
    return Candidate(
        Explanation(Kind.TARIFF_VERSION, change, sentence),
        again(question, tariffs=[always], cdr=_unnamed(question.billed.charge)),
    )


def _named(version: Tariff) -> str:
    if version.last_updated is None:
        return f"Another version of tariff {version.id}"
    return f"The version of tariff {version.id} of {version.last_updated:%Y-%m-%d %H:%M} UTC"


def _unnamed(charge: Cdr) -> Cdr:
    """The charge without the names of tariffs, and so priced by whichever is given."""
    return replace(charge, periods=tuple(replace(period, tariff_id=None) for period in charge.periods))


def _unrestricted(tariff: Tariff) -> Tariff:
    """But for what only a reservation costs."""
    elements = tuple(
        Element(element.components, Restrictions(reservation=element.restrictions.reservation))
        for element in tariff.elements
    )
    return replace(tariff, elements=elements)
