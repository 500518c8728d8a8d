"""What of a tariff is worth telling: for each thing paid for the prices that can ever be asked, in their order."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from billing.pricing.reach import Box, box_of, cover_everything, is_covered, is_empty, overlap
from billing.pricing.shapes import Component, Dimension, Restrictions, Tariff
from billing.pricing.words.phrases import Subject


@dataclass(frozen=True)
class Offer:
    """A price and when it holds; `otherwise` where another one in front of it may hold at the same time."""

    component: Component
    restrictions: Restrictions
    otherwise: bool


@dataclass
class Offers:
    """All prices for one thing."""

    told: list[Offer] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)

    @property
    def leave_open(self) -> bool:
        """Whether there are moments at which none of them holds."""
        return not cover_everything(self.boxes)

    @property
    def are_free(self) -> bool:
        return not any(offer.component.price for offer in self.told)

    def take(self, component: Component, restrictions: Restrictions) -> None:
        """Leave out what never matches, or never before another one does."""
        box = box_of(restrictions)
        if is_empty(box) or is_covered(box, self.boxes):
            return
        otherwise = any(overlap(box, other) for other in self.boxes)
        self.told.append(Offer(component, restrictions, otherwise))
        self.boxes.append(box)


def offers(tariff: Tariff) -> dict[Subject, Offers]:
    """In the order in which the tariff first names them."""
    found: dict[Subject, Offers] = {}
    for element in tariff.elements:
        reservation = element.restrictions.reservation
        for component in element.components:
            if reservation is None or component.type in (Dimension.FLAT, Dimension.TIME):
                found.setdefault((reservation, component.type), Offers()).take(component, element.restrictions)
    return {subject: one for subject, one in found.items() if one.told}


def unanswerable(tariff: Tariff) -> Sequence[str]:
    """Restrictions that nobody knows: their elements never apply here."""
    return list(dict.fromkeys(name for element in tariff.elements for name in element.restrictions.unknown))
