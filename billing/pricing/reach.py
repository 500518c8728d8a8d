"""Where the elements of a tariff are in force, as boxes of all that restrictions ask: what is left behind others.

Days and times are apart, as the engine reads them. All intervals include their start and exclude their end.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from billing.pricing.exact import ZERO
from billing.pricing.shapes import NONE, Restrictions

Axis = tuple[tuple[Decimal, Decimal], ...]
# Energy, duration, power, current, date, day of the week, minute of the day.
Box = tuple[Axis, ...]

_ENDLESS = Decimal("Infinity")
# Where power and current lie that nobody measured: an element that asks for them never has it.
_UNMEASURED = Decimal(-1)
_DAY = Decimal(1440)
# Pieces that are looked at before an element is taken for reachable; real tariffs have a handful.
_MOST_PIECES = 500


def box_of(said: Restrictions) -> Box:
    """Empty along an axis where it can never match; along all where it asks something unknown."""
    if said.unknown:
        return ((),) * 7
    return (
        _between(said.min_kwh, said.max_kwh),
        _between(said.min_duration, said.max_duration),
        _measured(said.min_power, said.max_power),
        _measured(said.min_current, said.max_current),
        _between(_ordinal(said.start_date or date.min), _ordinal(said.end_date)),
        tuple((Decimal(day), Decimal(day + 1)) for day in said.day_of_week or range(7)),
        _minutes(said.start_time, said.end_time),
    )


def is_empty(box: Box) -> bool:
    return not all(box)


def overlap(one: Box, other: Box) -> bool:
    return all(_common(left, right) for left, right in zip(one, other, strict=True))


def is_covered(box: Box, by: Iterable[Box]) -> bool:
    """Whether nothing of it is left outside all of the others."""
    left = [] if is_empty(box) else [box]
    for other in by:
        left = [piece for one in left for piece in _without(one, other)]
        if len(left) > _MOST_PIECES:
            return False
    return not left


def cover_everything(boxes: Iterable[Box]) -> bool:
    """Whether one of them is always in force, given that power and current are measured."""
    measured = ((ZERO, _ENDLESS),)
    return is_covered((*ALWAYS[:2], measured, measured, *ALWAYS[4:]), boxes)


def _between(low: Decimal | None, high: Decimal | None) -> Axis:
    low, high = max(ZERO, low or ZERO), _ENDLESS if high is None else high
    return ((low, high),) if low < high else ()


def _measured(low: Decimal | None, high: Decimal | None) -> Axis:
    return ((_UNMEASURED, _ENDLESS),) if low is None and high is None else _between(low, high)


def _ordinal(day: date | None) -> Decimal | None:
    return None if day is None else Decimal(day.toordinal())


def _minutes(start: int | None, end: int | None) -> Axis:
    """An end of 00:00 is the end of the day; equal times are the whole day, as the engine recommends."""
    first, last = Decimal(start or 0), Decimal(end or _DAY)
    if first == last or (first, last) == (ZERO, _DAY):
        return ((ZERO, _DAY),)
    return ((first, last),) if first < last else ((ZERO, last), (first, _DAY))


def _common(one: Axis, other: Axis) -> Axis:
    found = ((max(a, c), min(b, d)) for a, b in one for c, d in other)
    return tuple((low, high) for low, high in found if low < high)


def _beside(one: Axis, other: Axis) -> Axis:
    for low, high in other:
        one = tuple((start, end) for a, b in one for start, end in ((a, min(b, low)), (max(a, high), b)) if start < end)
    return one


def _without(box: Box, other: Box) -> Iterator[Box]:
    """The pieces of a box that lie outside the other, one beside it along each axis."""
    if not overlap(box, other):
        yield box
        return
    for index, (axis, taken) in enumerate(zip(box, other, strict=True)):
        if beside := _beside(axis, taken):
            common = tuple(_common(left, right) for left, right in zip(box[:index], other[:index], strict=True))
            yield (*common, beside, *box[index + 1 :])


ALWAYS = box_of(NONE)
