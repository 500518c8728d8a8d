"""What is wrong with a tariff, before it is published or accepted. Pure; nothing of it changes a price."""

import re
from datetime import datetime
from typing import Any

from billing.pricing.linting import element_rules, order_rules, tariff_rules
from billing.pricing.linting.draft import draft_of
from billing.pricing.linting.field_rules import unknown_fields
from billing.pricing.linting.problems import Problem, Severity
from billing.pricing.spelling import version_of

__all__ = ["Problem", "Severity", "lint"]

_RULES = (*tariff_rules.RULES, *element_rules.RULES, *order_rules.RULES)
_ELEMENT = re.compile(r"\$\.elements\[(\d+)\]")


def lint(data: Any, *, version: str | None = None, at: datetime | None = None) -> tuple[Problem, ...]:
    """All problems of a tariff in the decoded JSON of any version, those of the whole first, then element by element.

    `version` is the OCPI version that its CDRs come by, guessed where it is not given. With `at` it is told what was
    over then.
    """
    draft, problems = draft_of(data, version=version or version_of(None, [data]), at=at)
    if draft is not None:
        found = (problem for rule in _RULES for problem in rule(draft))
        problems += (problem for problem in found if not draft.is_spoiled(problem.path))
        problems += unknown_fields(data)
    return tuple(sorted(problems, key=_place))


def _place(problem: Problem) -> int:
    element = _ELEMENT.match(problem.path)
    return int(element[1]) if element else -1
