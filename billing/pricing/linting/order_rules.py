"""What the order of the elements makes useless: for each dimension the first element that matches is the one."""

from collections import defaultdict
from collections.abc import Iterator

from billing.pricing.exact import plain
from billing.pricing.linting.draft import Draft
from billing.pricing.linting.problems import Problem, warning
from billing.pricing.reach import ALWAYS, Box, box_of, is_covered, is_empty
from billing.pricing.shapes import Component, Dimension, Reservation

_Group = tuple[Dimension, Reservation | None]


def reach(draft: Draft) -> Iterator[Problem]:
    """Components behind others that match whenever they do. Elements that never match have been told already."""
    in_front: dict[_Group, list[tuple[int, Box]]] = defaultdict(list)
    for index, (path, element) in enumerate(draft.elements()):
        box, reservation = box_of(element.restrictions), element.restrictions.reservation
        if is_empty(box):
            continue
        priced = {component.type: place for place, component in reversed([*draft.components(path, element)])}
        behind = {kind: in_front[kind, reservation] for kind in priced}
        covered = [kind for kind, others in behind.items() if is_covered(box, [one for _, one in others])]
        if covered and len(covered) == len(element.components):
            yield warning("unreachable_element", path, f"The element is never used: {_why(behind, covered)}.")
        else:
            for kind in covered:
                message = f"This price for {kind} is never used: {_why(behind, [kind])}."
                yield warning("unreachable_component", priced[kind], message)
        for kind in priced:
            in_front[kind, reservation].append((index, box))


def _why(behind: dict[Dimension, list[tuple[int, Box]]], covered: list[Dimension]) -> str:
    """The elements in front, an unrestricted one alone where there is one."""
    found: set[int] = set()
    for kind in covered:
        always = [index for index, box in behind[kind] if is_covered(ALWAYS, [box])]
        found.update(always[:1] or [index for index, _ in behind[kind]])
    numbers = ", ".join(str(index + 1) for index in sorted(found))
    plural = len(found) > 1
    one = f"element{'s' if plural else ''} {numbers}"
    return f"{one} in front of it {'match' if plural else 'matches'} whenever it does"


def cancelling(draft: Draft) -> Iterator[Problem]:
    """A price and its opposite look as if they were added up; they never are."""
    seen: dict[_Group, list[tuple[int, Component]]] = defaultdict(list)
    for index, (path, element) in enumerate(draft.elements()):
        for place, component in draft.components(path, element):
            before = seen[component.type, element.restrictions.reservation]
            for number, other in before:
                if component.price and component.price == -other.price:
                    message = (
                        f"{plain(component.price)} for {component.type} and {plain(other.price)} in element "
                        f"{number + 1} look as if they cancel, but prices of one kind are never added up: the first "
                        "that matches counts."
                    )
                    yield warning("components_cancel", f"{place}.price", message)
            before.append((index, component))


RULES = (reach, cancelling)
