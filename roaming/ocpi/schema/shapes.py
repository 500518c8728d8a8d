"""The slow pass of validation: compare decoded JSON with a struct and name every violation with its path."""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from .rules import Violation
from .values import CHECKS, MAX_INT, SENTENCES, check, json_type

# A missing field whose counterpart of another version is there: (missing, present) and the version it belongs to.
ELSEWHERE = {
    ("excl_vat", "before_taxes"): "2.3.0",
    ("before_taxes", "excl_vat"): "2.2.1",
    ("cdr_token", "auth_id"): "2.1.1",
    ("contract_id", "auth_id"): "2.1.1",
    ("cdr_location", "location"): "2.1.1",
    ("location_id", "location"): "2.1.1",
    ("start_date_time", "start_datetime"): "2.1.1",
    ("end_date_time", "stop_date_time"): "2.1.1",
    ("max_voltage", "voltage"): "2.1.1",
    ("max_amperage", "amperage"): "2.1.1",
    ("roles", "business_details"): "2.1.1",
    ("auth_id", "cdr_token"): "2.2.1",
    ("auth_id", "contract_id"): "2.2.1",
    ("location", "cdr_location"): "2.2.1",
    ("location", "location_id"): "2.2.1",
    ("start_datetime", "start_date_time"): "2.2.1",
    ("stop_date_time", "end_date_time"): "2.2.1",
    ("voltage", "max_voltage"): "2.2.1",
    ("amperage", "max_amperage"): "2.2.1",
    ("business_details", "roles"): "2.2.1",
}


@cache
def of(struct: Any) -> inspect.Type:
    """The description of a struct, as msgspec sees it."""
    return inspect.type_info(struct)


@cache
def required(struct: Any) -> frozenset[str]:
    """The names of the fields without which an object is none."""
    shape = of(struct)
    assert isinstance(shape, inspect.StructType)
    return frozenset(field.encode_name for field in shape.fields if field.required)


def inside(shape: inspect.Type) -> inspect.Type:
    """The shape of one object of a field: without null, and without the list."""
    shape = without_null(shape)
    return inside(shape.item_type) if isinstance(shape, inspect.VarTupleType) else shape


def without_null(shape: inspect.Type) -> inspect.Type:
    """The shape of what a field may hold beside null."""
    return shape.types[0] if isinstance(shape, inspect.UnionType) else shape


def is_whole(struct: Any, value: dict[str, Any]) -> bool:
    """Whether this is an object with all it needs, and not the body of a PATCH."""
    return all(value.get(name) is not None for name in required(struct))


def fits(struct: Any, value: object) -> bool:
    """Whether a value is an object of this struct; rules between its fields aside."""
    try:
        msgspec.convert(value, struct, dec_hook=check)
    except msgspec.ValidationError:
        return False
    return True


def violations(shape: inspect.Type, value: object, path: str = "$") -> Iterator[Violation]:
    """Everything about ``value`` that does not fit ``shape``."""
    if isinstance(shape, inspect.UnionType):
        if value is not None:
            yield from violations(without_null(shape), value, path)
    elif isinstance(shape, inspect.StructType):
        yield from _of_object(shape, value, path)
    elif isinstance(shape, inspect.VarTupleType):
        yield from _of_list(shape, value, path)
    elif not isinstance(shape, inspect.AnyType):
        message = _of_scalar(shape, value)
        if message:
            yield Violation(path, message)


def _of_object(shape: inspect.StructType, value: object, path: str) -> Iterator[Violation]:
    if not isinstance(value, dict):
        yield Violation(path, f"must be an object, not {json_type(value)}")
        return
    for field in shape.fields:
        place = f"{path}.{field.encode_name}"
        found = value.get(field.encode_name)
        if found is not None:
            yield from violations(field.type, found, place)
        elif field.required:
            yield Violation(place, _missing(field.encode_name, value))


def given(struct: Any, value: dict[str, Any]) -> Iterator[Violation]:
    """Like ``violations`` for an object that may be partial: fields that are not there are not missed."""
    shape = of(struct)
    assert isinstance(shape, inspect.StructType)
    for field in shape.fields:
        name = field.encode_name
        if name in value and not (value[name] is None and not field.required):
            if value[name] is None:
                yield Violation(f"$.{name}", "is required, it cannot be null")
            else:
                yield from violations(field.type, value[name], f"$.{name}")


def _missing(name: str, value: dict[str, Any]) -> str:
    if name in value:
        return "is required, it cannot be null"
    for (missing, present), version in ELSEWHERE.items():
        if missing == name and present in value:
            return f"is required ({present} belongs to OCPI {version})"
    return "is required"


def _of_list(shape: inspect.VarTupleType, value: object, path: str) -> Iterator[Violation]:
    if not isinstance(value, list):
        yield Violation(path, f"must be a list, not {json_type(value)}")
        return
    if shape.min_length and not value:
        yield Violation(path, "must have at least one entry")
    for index, item in enumerate(value):
        yield from violations(shape.item_type, item, f"{path}[{index}]")


def _of_scalar(shape: inspect.Type, value: object) -> str | None:
    """What is wrong with a value that is neither object nor list; None when it fits."""
    if isinstance(shape, inspect.StrType):
        return _of_text(shape, value)
    if isinstance(shape, inspect.LiteralType):
        fits = isinstance(value, str) and value in shape.values
        return None if fits else "must be one of " + ", ".join(sorted(map(str, shape.values)))
    if isinstance(shape, inspect.BoolType):
        return None if isinstance(value, bool) else f"must be true or false, not {json_type(value)}"
    if isinstance(shape, inspect.IntType):
        return _of_int(shape, value)
    if isinstance(shape, inspect.CustomType):
        try:
            CHECKS[shape.cls](value)
        except ValueError as error:
            return str(error)
    return None


def _of_text(shape: inspect.StrType, value: object) -> str | None:
    if not isinstance(value, str):
        return f"must be a string, not {json_type(value)}"
    if shape.min_length and len(value) < shape.min_length:
        return "must not be empty"
    if shape.max_length is not None and len(value) > shape.max_length:
        return f"must be at most {shape.max_length} characters, has {len(value)}"
    if shape.pattern and not re.search(shape.pattern, value):
        return SENTENCES[shape.pattern]
    return None


def _of_int(shape: inspect.IntType, value: object) -> str | None:
    if isinstance(value, Decimal):
        return "must be a whole number without a decimal point"
    if not isinstance(value, int) or isinstance(value, bool):
        return f"must be a whole number, not {json_type(value)}"
    low, high = shape.ge or 0, shape.le or MAX_INT
    return None if low <= value <= high else f"must be a whole number from {low} to {high}"
