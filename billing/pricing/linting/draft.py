"""A tariff read as far as it can be: what is refused is told, put aside, and the rest is read on."""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from billing.pricing.errors import Unreadable
from billing.pricing.linting.problems import Problem, error
from billing.pricing.shapes import Component, Element, Tariff
from billing.pricing.tariff_reading import read_tariff

# Refusals after which the rest is not read any more: each of them reads the tariff anew.
_MOST_REFUSALS = 100
# A restriction that stands for one that could not be read, so that its element never counts as unrestricted.
SPOILED = "\0"
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_STAND_INS: dict[str, Any] = {
    "$.id": "?",
    "$.currency": "XXX",
    "$.elements": [{"price_components": []}],
    "$.elements[]": {"price_components": []},
    "$.elements[].price_components": [],
    "$.elements[].price_components[]": {"type": "FLAT", "price": 0},
    "$.elements[].price_components[].type": "FLAT",
    "$.elements[].price_components[].price": 0,
    "$.elements[].restrictions": {SPOILED: True},
}


@dataclass(frozen=True)
class Draft:
    """`spoiled` are the paths whose place something else was put in; about them nothing more is to be said."""

    tariff: Tariff
    spoiled: frozenset[str]
    version: str
    at: datetime | None

    def elements(self) -> Iterator[tuple[str, Element]]:
        return ((f"$.elements[{index}]", element) for index, element in enumerate(self.tariff.elements))

    def components(self, path: str, element: Element) -> Iterator[tuple[str, Component]]:
        """Those of an element whose dimension could be read."""
        for index, component in enumerate(element.components):
            place = f"{path}.price_components[{index}]"
            if not self.spoiled.intersection({place, f"{place}.type"}):
                yield place, component

    def is_spoiled(self, path: str) -> bool:
        """Whether the place, or one that it lies in, could not be read."""
        return any(path == one or path.startswith((f"{one}.", f"{one}[")) for one in self.spoiled)


def draft_of(data: Any, *, version: str, at: datetime | None) -> tuple[Draft | None, list[Problem]]:
    """What could be read of a tariff, and what was refused; None where nothing could."""
    refusals: list[Problem] = []
    data = copy.deepcopy(data)
    while len(refusals) < _MOST_REFUSALS:
        try:
            tariff = read_tariff(data)
        except Unreadable as refusal:
            refusals.append(error(refusal.code, refusal.path, refusal.sentence))
            if not isinstance(data, dict) or not _mended(data, refusal.path):
                return None, refusals
        else:
            return Draft(tariff, frozenset(_place(one.path) for one in refusals), version, at), refusals
    return None, refusals


def _place(path: str) -> str:
    """What is put aside for a refusal: a limit as a whole, for anything wrong in it."""
    limit = re.match(r"\$\.(min|max)_price", path)
    return limit[0] if limit else path


def _mended(data: dict[str, Any], path: str) -> bool:
    """Put something harmless in the place of what was refused; False where there is no such place."""
    steps = [int(index) if index else name for name, index in _STEP.findall(_place(path))]
    if not steps:
        return False
    restrictions = steps.index("restrictions") if "restrictions" in steps else len(steps)
    holder: Any = data
    for step in steps[:-1][: restrictions + 1]:
        holder = holder[step]
    if restrictions < len(steps) - 1:
        holder[SPOILED] = True
    step = steps[min(restrictions + 1, len(steps) - 1)]
    holder[step] = copy.deepcopy(_STAND_INS.get(re.sub(r"\[\d+\]", "[]", path)))
    return True


def names(unknown: tuple[str, ...]) -> list[str]:
    """The restrictions that nobody knows, without the mark of those that could not be read."""
    return [name for name in unknown if name != SPOILED]
