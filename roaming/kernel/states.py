"""States are a table: one compare-and-set for every `move()` of the product."""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db.models import Model

M = TypeVar("M", bound=Model)
Moves = Mapping[str, frozenset[str]]


class CannotMove(Exception):
    """The move is not in the table, or somebody else moved the row first. The text is fit for a person."""


def move(row: M, *, to: str, moves: Moves, **stamps: Any) -> M:
    """Set `row.state` to `to` if the table allows it from the state the row has in memory and still has in the
    database.

    `stamps` are further fields written by the same statement (`accepted_at=at`). Raises CannotMove; writes all or
    nothing.
    """
    seen: str = row.state  # type: ignore[attr-defined]
    if to not in moves.get(seen, frozenset()):
        raise CannotMove(f"{row} is {seen.lower()} and cannot become {to.lower()}.")
    changed = type(row)._base_manager.filter(pk=row.pk, state=seen).update(state=to, **stamps)
    if not changed:
        raise CannotMove(f"{row} was changed by somebody else meanwhile; look at it again.")
    for name, value in {"state": to, **stamps}.items():
        setattr(row, name, value)
    return row
