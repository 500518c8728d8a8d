"""Timestamps come in every form that OCPI allows and are kept, and so sent, in one (T82)."""

from functools import cache
from typing import Any

from msgspec import inspect

from . import shapes
from .values import Instant, format_time, parse_time

Json = dict[str, Any]
# The fields of an object that are a time (None) or have one inside (its plan).
Plan = dict[str, Any]


def unified(struct: Any, value: Json) -> Json:
    """An object of the struct, or a PATCH of it, with every time in UTC with Z, and milliseconds only where there are
    any; the very same object where all are so already. What is no time stays as it is."""
    return _unified(_plan_of(struct), value)


def _unified(plan: Plan, value: Json) -> Json:
    changed = {}
    for name, inside in plan.items():
        found = value.get(name)
        if found is not None and (spelled := _spelled(inside, found)) is not found:
            changed[name] = spelled
    return value | changed if changed else value


def _spelled(inside: Plan | None, found: Any) -> Any:
    if isinstance(found, str):
        return found if inside is not None or _is_spelled(found) else _in_our_form(found)
    if isinstance(found, dict):
        return _unified(inside or {}, found)
    if isinstance(found, list):
        entries = [_spelled(inside, entry) for entry in found]
        return found if all(map(lambda new, old: new is old, entries, found)) else entries
    return found


def _is_spelled(text: str) -> bool:
    return len(text) == 20 and text[-1] == "Z"


def _in_our_form(text: str) -> str:
    try:
        return format_time(parse_time(text))
    except ValueError:
        return text


@cache
def _plan_of(struct: Any) -> Plan:
    return _plan(shapes.of(struct)) or {}


def _plan(shape: inspect.Type) -> Plan:
    shape = shapes.inside(shape)
    if not isinstance(shape, inspect.StructType):
        return {}
    plan: Plan = {}
    for field in shape.fields:
        kind = shapes.inside(field.type)
        if isinstance(kind, inspect.CustomType) and kind.cls is Instant:
            plan[field.encode_name] = None
        elif inner := _plan(kind):
            plan[field.encode_name] = inner
    return plan
