"""What is wrong inside an element: restrictions that nothing or everything meets, and components without effect."""

from collections.abc import Iterator
from datetime import date, timedelta

from billing.pricing.conditions import hours
from billing.pricing.exact import plain
from billing.pricing.linting.draft import Draft, names
from billing.pricing.linting.problems import Problem, error, warning
from billing.pricing.shapes import Component, Dimension, Element, Restrictions

_TIMED = (Dimension.TIME, Dimension.PARKING_TIME)
_NEVER = "so the element never applies"


def bounds(draft: Draft) -> Iterator[Problem]:
    for path, said in _restrictions(draft):
        for quantity in ("kwh", "duration", "power", "current"):
            low, high = getattr(said, f"min_{quantity}"), getattr(said, f"max_{quantity}")
            if high is not None and high <= 0:
                message = f"“max_{quantity}” is {plain(high)} and nothing is below that, {_NEVER}."
                yield error("max_is_zero", f"{path}.max_{quantity}", message)
            elif low is not None and high is not None and low >= high:
                message = f"“min_{quantity}” {plain(low)} is not below “max_{quantity}” {plain(high)}, {_NEVER}."
                yield error("min_above_max", f"{path}.min_{quantity}", message)
            if low is not None and low <= 0 and quantity in ("kwh", "duration"):
                message = f"“min_{quantity}” is {plain(low)}, which is always reached: it restricts nothing."
                yield warning("restricts_nothing", f"{path}.min_{quantity}", message)


def times(draft: Draft) -> Iterator[Problem]:
    for path, said in _restrictions(draft):
        start, end = said.start_time, said.end_time
        if start is not None and start == end and start:
            yield warning(
                "whole_day_window",
                f"{path}.end_time",
                f"It starts and ends at {hours(start)}: read as the whole day here, and as no time at all by others.",
            )
        elif not start and not end and (start, end) != (None, None):
            place = "start_time" if start is not None else "end_time"
            yield warning("whole_day_window", f"{path}.{place}", "The times are the whole day: they restrict nothing.")
        elif start and end and start > end and 0 < len(said.day_of_week) < 7:
            message = (
                f"From {hours(start)} to {hours(end)} is over midnight, and its days hold for either side of it: the "
                "hours after the last of them are not meant, those before the first are."
            )
            yield warning("days_of_night_window", f"{path}.day_of_week", message)


def days(draft: Draft) -> Iterator[Problem]:
    for path, said in _restrictions(draft):
        if len(said.day_of_week) == 7:
            yield warning("whole_week", f"{path}.day_of_week", "All days of the week are named: they restrict nothing.")
        first, end = said.start_date, said.end_date
        if first is not None and end is not None and end <= first:
            message = f"“end_date” {end} is not after “start_date” {first}, {_NEVER}; the end is not included."
            yield error("end_date_before_start_date", f"{path}.end_date", message)
        elif end is not None and draft.at is not None and end <= draft.at.date():
            yield warning("dates_over", f"{path}.end_date", f"It applied before {end} only.")


def combinations(draft: Draft) -> Iterator[Problem]:
    """Restrictions that can be met one by one, but not together."""
    for path, said in _restrictions(draft):
        for reason in _impossible(draft, said):
            yield error("element_never_matches", path.removesuffix(".restrictions"), f"{reason}, {_NEVER}.")


def _impossible(draft: Draft, said: Restrictions) -> Iterator[str]:
    first, end = said.start_date, said.end_date
    if first is not None and end is not None and said.day_of_week and first < end:
        span = min((end - first).days, 7)
        if not {(first.weekday() + day) % 7 for day in range(span)}.intersection(said.day_of_week):
            yield "None of its days of the week lies between its dates"
    if _outside(draft, first, end):
        yield "Its dates lie outside the validity of the tariff"
    if said.reservation is not None and any((said.min_kwh, said.min_power, said.min_current)):
        yield "It prices a reservation, during which nothing is charged, and asks for energy, power or current"


def _outside(draft: Draft, first: date | None, end: date | None) -> bool:
    """By a day at least, because the dates are local and the validity is not."""
    starts, ends, day = draft.tariff.starts_at, draft.tariff.ends_at, timedelta(days=1)
    after = first is not None and ends is not None and first - ends.date() > day
    before = end is not None and starts is not None and starts.date() - end > day
    return after or before


def unanswerable(draft: Draft) -> Iterator[Problem]:
    for path, said in _restrictions(draft):
        for name in names(said.unknown):
            message = f"Nobody knows the restriction “{name}” or its value: it counts as never met, {_NEVER}."
            yield error("unknown_restriction", f"{path}.{name}", message)
        if not draft.version.startswith("2.1"):
            continue
        for name in ("min_power", "max_power", "min_current", "max_current"):
            if getattr(said, name) is not None:
                quantity = name.partition("_")[2]
                message = f"CDRs of OCPI 2.1.1 cannot tell the {quantity}, so nobody can prove that “{name}” was met."
                yield warning("not_in_cdrs", f"{path}.{name}", message)


def components(draft: Draft) -> Iterator[Problem]:
    for path, element in draft.elements():
        if not element.components:
            yield error("element_empty", f"{path}.price_components", "The element has no price components.")
        seen: set[Dimension] = set()
        for place, component in draft.components(path, element):
            if component.type in seen:
                message = f"A second price for {component.type} in one element; only the first is used."
                yield warning("duplicate_dimension", place, message)
            seen.add(component.type)
            yield from _of_component(place, component)
            if element.restrictions.reservation and component.type in (Dimension.ENERGY, Dimension.PARKING_TIME):
                message = f"A reservation has no {component.type}; it is priced by TIME and FLAT only."
                yield warning("reservation_dimension", f"{place}.type", message)


def _of_component(path: str, component: Component) -> Iterator[Problem]:
    if component.price < 0:
        yield warning("negative_price", f"{path}.price", f"The price is {plain(component.price)}, below 0.")
    if component.type is Dimension.FLAT:
        if component.step_size > 1:
            message = f"A session fee is not billed in steps; the step size of {component.step_size} does nothing."
            yield warning("flat_step_size", f"{path}.step_size", message)
    elif component.step_size == 0:
        message = "A step size of 0 or none is no step: it is billed exactly here, and refused or divided by elsewhere."
        yield warning("step_size_zero", f"{path}.step_size", message)


def time_steps(draft: Draft) -> Iterator[Problem]:
    """Of charging and parking that are both priced only parking is rounded up (spec: step_size)."""
    for path, element in draft.elements():
        timed = {one.type: (place, one.step_size) for place, one in reversed(_timed(draft, path, element))}
        if len(timed) < 2:
            continue
        place, step = timed[Dimension.TIME]
        if step > 1 and step != timed[Dimension.PARKING_TIME][1]:
            message = "In a session with paid parking only parking is rounded up; this step size is not used."
            yield warning("unused_time_step_size", f"{place}.step_size", message)


def _timed(draft: Draft, path: str, element: Element) -> list[tuple[str, Component]]:
    return [(place, one) for place, one in draft.components(path, element) if one.type in _TIMED]


def _restrictions(draft: Draft) -> Iterator[tuple[str, Restrictions]]:
    return ((f"{path}.restrictions", element.restrictions) for path, element in draft.elements())


RULES = (bounds, times, days, combinations, unanswerable, components, time_steps)
