"""OCPI's JSON on the wire: strict reading without floats, compact writing, and the form in which deliveries compare."""

import json
import re
import sys
from codecs import BOM_UTF8
from collections.abc import Iterator
from datetime import datetime
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, InvalidOperation
from typing import Any, NoReturn, TypeAlias

import msgspec

from .values import INSTANT, format_time

JsonValue: TypeAlias = dict[str, "JsonValue"] | list["JsonValue"] | str | int | Decimal | bool | None

MAX_DEPTH = 64

_SURROGATE = re.compile("[\ud800-\udfff]")
_EXACT = Context(prec=10_000, Emax=MAX_EMAX, Emin=MIN_EMIN)
_IDENTITY = frozenset({"id", "uid", "country_code", "party_id"})
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_CANONICAL = msgspec.json.Encoder(order="deterministic")


class NotJson(ValueError):
    """The body is not JSON as OCPI means it; the door answers HTTP 400 with 2001 and this sentence."""


def decode(raw: bytes) -> JsonValue:
    """Read a body. Integers become int, every other number Decimal with all its digits, never float.

    Raises NotJson for an empty, truncated or otherwise broken body, bytes that are not UTF-8, NaN and Infinity,
    duplicate keys, more than 64 levels, and half a surrogate pair. Numbers too large for a column and NUL in a text are
    JSON: validation refuses them (section 8). A byte order mark in front is skipped.
    """
    if not raw.strip():
        raise NotJson("The body is empty.")
    try:
        text = raw.removeprefix(BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotJson(f"The body is not UTF-8: byte {error.start} cannot be read.") from None
    value = _parse(text)
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH:
        _refuse_deep(value)
    if b"\\u" in raw:
        _refuse_surrogates(value)
    return value


def encode(value: object) -> bytes:
    """Write JSON values and aware datetimes compactly as UTF-8.

    A Decimal becomes a JSON number with the digits it has, a datetime an OCPI DateTime with Z.
    """
    return _ENCODER.encode(_with_times_as_text(value) if _has_times(value) else value)


def encode_text(value: object) -> str:
    """Like ``encode``, as text."""
    return encode(value).decode()


def canonical(value: dict[str, Any], *, ignore: frozenset[str] = frozenset()) -> bytes:
    """Spell an object so that two deliveries of the same content are equal bytes.

    Keys are sorted, nulls and empty lists dropped, numbers and timestamps spelled one way, the case-insensitive
    identity fields at the top written in capitals; the top-level keys in ``ignore`` are left out.
    """
    top = {
        key: item.upper() if key in _IDENTITY and isinstance(item, str) else item
        for key, item in value.items()
        if key not in ignore
    }
    return _CANONICAL.encode(_canonical(top))


def _parse(text: str) -> JsonValue:
    try:
        return _load(text, int)
    except RecursionError:
        raise NotJson(f"The body is nested deeper than {MAX_DEPTH} levels.") from None
    except NotJson:
        raise
    except json.JSONDecodeError as error:
        raise NotJson(f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from None
    except ValueError:
        return _load(text, _whole)


def _load(text: str, parse_int: Any) -> JsonValue:
    value: JsonValue = json.loads(
        text, parse_int=parse_int, parse_float=_decimal, parse_constant=_constant, object_pairs_hook=_object
    )
    return value


def _whole(text: str) -> int | Decimal:
    """Python refuses to make an int of more than some thousand digits; validation has the better sentence for it."""
    return int(text) if len(text) <= sys.int_info.default_max_str_digits else Decimal(text)


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise NotJson("The body has a number with an exponent beyond all measure.") from None


def _constant(name: str) -> NoReturn:
    raise NotJson(f"The body is not JSON: {name} is no number.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise NotJson(f"The body has the key {key[:100]!a} twice in one object.")
            seen.add(key)
    return found


def _levels(value: Any) -> Iterator[list[Any]]:
    """The containers of a value, level by level from the outside."""
    level = [value] if type(value) in (dict, list) else []
    while level:
        yield level
        level = [
            item
            for node in level
            for item in (node.values() if type(node) is dict else node)
            if type(item) is dict or type(item) is list
        ]


def _refuse_deep(value: JsonValue) -> None:
    for depth, _ in enumerate(_levels(value), start=1):
        if depth > MAX_DEPTH:
            raise NotJson(f"The body is nested deeper than {MAX_DEPTH} levels.")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for level in _levels(value):
        for node in level:
            if isinstance(node, dict):
                yield from node
            yield from (item for item in (node.values() if isinstance(node, dict) else node) if isinstance(item, str))


def _refuse_surrogates(value: JsonValue) -> None:
    if any(_SURROGATE.search(text) for text in _texts(value)):
        raise NotJson("The body has half a surrogate pair, which is no character.")


def _has_times(value: object) -> bool:
    return isinstance(value, datetime) or any(
        isinstance(item, datetime)
        for level in _levels(value)
        for node in level
        for item in (node.values() if type(node) is dict else node)
    )


def _with_times_as_text(value: object) -> object:
    if isinstance(value, datetime):
        return format_time(value)
    if isinstance(value, dict):
        return {key: _with_times_as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_times_as_text(item) for item in value]
    return value


def _canonical(value: Any) -> Any:
    kind = type(value)
    if kind is str:
        return _canonical_text(value)
    if kind is dict:
        return {key: _canonical(item) for key, item in value.items() if item is not None and item != []}
    if kind is list:
        return [_canonical(item) for item in value]
    if kind is Decimal or kind is int:
        return msgspec.Raw(str(_EXACT.normalize(Decimal(value)) or 0).encode())
    return value


def _canonical_text(text: str) -> str:
    """A timestamp without its optional parts: Z and trailing zeros of the fraction."""
    if len(text) < 19 or text[10] != "T" or not INSTANT.fullmatch(text):
        return text
    whole, _, fraction = text.rstrip("Z").partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}Z" if fraction else f"{whole}Z"
