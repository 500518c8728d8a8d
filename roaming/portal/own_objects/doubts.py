"""Problems of our own tariffs, shown before they are stored. They block nothing: who saves again has decided."""

import hashlib
from copy import copy
from typing import TYPE_CHECKING, cast

from django.http import QueryDict

from billing.pricing.linting import Problem, lint
from roaming.kernel import clock
from roaming.ocpi.versions import NEWEST_SHAPE
from roaming.own_objects.kinds import TARIFF, Data, Kind
from roaming.own_objects.plans import Planned

if TYPE_CHECKING:
    from roaming.portal.own_objects.fields import ObjectForm


def problems_of(kind: Kind, data: Data) -> tuple[Problem, ...]:
    return lint(data, version=NEWEST_SHAPE, at=clock.now()) if kind is TARIFF else ()


def of_file(kind: Kind, planned: list[Planned], most: int) -> list[tuple[Planned, Problem]]:
    """Those of the objects that would be stored, the first `most`."""
    found: list[tuple[Planned, Problem]] = []
    for one in planned:
        if len(found) >= most:
            break
        found += [(one, problem) for problem in problems_of(kind, one.data)]
    return found[:most]


def doubt(form: "ObjectForm") -> None:
    """Send a form without errors back for the problems that it has; the same ones are not asked about twice."""
    if form.errors:
        return
    form.problems = problems_of(form.kind, form.result)
    told = "\n".join(f"{one.code} {one.path} {one.message}" for one in form.problems)
    key = hashlib.sha256(told.encode()).hexdigest()[:16] if told else ""
    if key and form.data.get("doubts") != key:
        form.data = copy(form.data)
        cast(QueryDict, form.data)["doubts"] = key
        form.add_error(None, "Nothing is saved yet: there are problems, listed above. Save again to keep it as it is.")
