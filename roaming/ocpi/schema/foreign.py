"""Fields that mean nothing in the version they came in, but something in the next one.

Whatever a partner puts there is an unknown field, and passes untouched as long as it is what the newer version means
by that name. Otherwise it would make an object that is valid there and invalid here: then it is left out.
"""

from functools import cache
from typing import Any

from msgspec import inspect

from . import shapes

# For each field that the newer version brought its shape, for each that both have the plan of what is inside.
Plan = dict[str, Any]


def without_misfits(older: Any, newer: Any, value: dict[str, Any]) -> dict[str, Any]:
    """An object of the struct `older` without the foreign fields that the struct `newer` would refuse."""
    plan = _plan_of(older, newer)
    return _without(plan, value) if plan else value


def _without(plan: Plan, value: dict[str, Any]) -> dict[str, Any]:
    changed = {name: _fitting(plan[name], value[name]) for name in plan if value.get(name) is not None}
    if all(value[name] is item for name, item in changed.items()):
        return value
    return {name: item for name, item in (value | changed).items() if item is not None or name not in changed}


def _fitting(planned: Any, item: Any) -> Any:
    """What may stay in a field: the very same value where nothing has to go, None where all of it has to."""
    if not isinstance(planned, dict):
        return None if any(shapes.violations(planned, item)) else item
    if isinstance(item, dict):
        return _without(planned, item)
    if isinstance(item, list):
        entries = [_without(planned, entry) if isinstance(entry, dict) else entry for entry in item]
        return item if all(new is old for new, old in zip(entries, item, strict=True)) else entries
    return item


@cache
def _plan_of(older: Any, newer: Any) -> Plan:
    return _plan(shapes.of(older), shapes.of(newer))


def _plan(older: inspect.Type, newer: inspect.Type) -> Plan:
    older, newer = shapes.inside(older), shapes.inside(newer)
    if not isinstance(newer, inspect.StructType):
        return {}
    known = {}
    if isinstance(older, inspect.StructType):
        known = {field.encode_name: field.type for field in older.fields if not isinstance(field.type, inspect.AnyType)}
    plan: Plan = {}
    for field in newer.fields:
        name = field.encode_name
        step = _plan(known[name], field.type) if name in known else shapes.without_null(field.type)
        if step != {}:
            plan[name] = step
    return plan
