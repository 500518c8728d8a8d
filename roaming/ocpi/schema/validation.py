"""Is this decoded JSON the OCPI object it claims to be? Fast when it is, thorough when it is not."""

import types
from collections.abc import Iterator
from functools import cache
from itertools import chain, islice
from typing import Any, TypeVar

import msgspec

from . import rules, shapes, v211, v221, v230
from .rules import Invalid, Violation
from .values import check, format_time, json_type, parse_time

__all__ = ["Invalid", "Violation", "format_time", "parse_time", "read", "validate", "validate_patch"]

STRUCTS: dict[str, dict[str, type[msgspec.Struct]]] = {
    "2.1.1": v211.STRUCTS,
    "2.2.1": v221.STRUCTS,
    "2.3.0": v230.STRUCTS,
}

# How many violations are named.
MOST = 1000

S = TypeVar("S", bound=msgspec.Struct)


def validate(version: str, kind: str, value: object) -> Any:
    """Read a decoded object of this version as its struct (``v211`` to ``v230``), cross-field rules included.

    ``kind`` is one of ``STRUCTS``; ``versions`` gives a tuple of structs. Raises Invalid with every violation and its
    JSON path, KeyError for a version or kind that does not exist.
    """
    target = _target(version, kind)
    try:
        found = msgspec.convert(value, target, dec_hook=check)
    except msgspec.ValidationError as error:
        raise Invalid(_all_violations(target, version, kind, value) or [Violation("$", str(error))]) from None
    broken = _first(rules.of(version, kind, value))
    if broken:
        raise Invalid(broken)
    return found


def validate_patch(version: str, kind: str, patch: object) -> None:
    """Refuse a PATCH body that is no object or has a field this version does not take.

    From 2.2 on it must have last_updated (T62). Rules between fields are for the merged object. Raises Invalid.
    """
    if not isinstance(patch, dict):
        raise Invalid([Violation("$", f"must be an object, not {json_type(patch)}")])
    violations = _first(shapes.given(_target(version, kind), patch))
    if "last_updated" not in patch and version != "2.1.1":
        violations.append(Violation("$.last_updated", "is required"))
    if violations:
        raise Invalid(violations)


def read(struct: type[S], value: object) -> S:
    """Read an object that is known to be valid, such as a stored one, as a struct. Raises msgspec.ValidationError."""
    return msgspec.convert(value, struct, dec_hook=check)


@cache
def _target(version: str, kind: str) -> Any:
    structs = STRUCTS[version]
    return types.GenericAlias(tuple, (structs["version"], ...)) if kind == "versions" else structs[kind]


def _all_violations(target: Any, version: str, kind: str, value: object) -> list[Violation]:
    return _first(chain(shapes.violations(shapes.of(target), value), rules.of(version, kind, value)))


def _first(violations: Iterator[Violation]) -> list[Violation]:
    """Each once. Who sends mistakes by the hundred thousand is not told of them all: that would tie us up."""
    found = list(islice(dict.fromkeys(islice(violations, 2 * MOST)), MOST + 1))
    if len(found) <= MOST:
        return found
    return [*found[:MOST], Violation("$", f"has more than {MOST} mistakes, of which the others are not listed")]
