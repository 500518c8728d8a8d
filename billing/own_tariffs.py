"""Problems of our own tariffs, told before they are stored. They block nothing."""

from collections.abc import Iterable, Iterator

from billing.pricing.linting import Problem, lint
from roaming.kernel import clock
from roaming.ocpi.versions import NEWEST_SHAPE
from roaming.own_objects.kinds import TARIFF, Data, Kind
from roaming.own_objects.plans import Planned


def problems_of(kind: Kind, data: Data) -> tuple[Problem, ...]:
    return lint(data, version=NEWEST_SHAPE, at=clock.now()) if kind is TARIFF else ()


def problems_of_file(kind: Kind, planned: Iterable[Planned]) -> Iterator[tuple[Planned, Problem]]:
    """Those of the objects that would be stored, one after the other."""
    return ((one, problem) for one in planned for problem in problems_of(kind, one.data))
