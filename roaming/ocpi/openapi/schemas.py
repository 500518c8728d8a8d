"""The objects of a version as JSON Schema, made from the structs of `roaming.ocpi.schema`."""

import copy
from functools import cache
from typing import Any

import msgspec

from roaming.ocpi.schema.validation import STRUCTS
from roaming.ocpi.schema.values import ASCII, MAX_NUMBER, PRINTABLE, SENTENCES, Day, Instant, Number, TimeZone

Json = dict[str, Any]
REF = "#/components/schemas/"
# What a check function of the schema says in code.
_CHECKED: dict[Any, Json] = {
    Number: {"type": "number", "minimum": -int(MAX_NUMBER), "maximum": int(MAX_NUMBER)},
    Instant: {"type": "string", "format": "date-time", "maxLength": 25},
    Day: {"type": "string", "format": "date"},
    TimeZone: {"type": "string", "description": "An IANA time zone."},
}
# Python's regular expressions as those of JavaScript, which JSON Schema has; JSON text holds no lone surrogates.
_SPELLINGS = ((r"\A", "^"), (r"\Z", "$"), (r"\ud800-\udfff", ""))
_PATCH = "Patch"


def kinds(version: str) -> frozenset[str]:
    """The kinds of objects that a version has."""
    return frozenset(STRUCTS[version])


def of(version: str, kind: str, *, patch: bool = False) -> Json:
    """A reference to the schema of a kind, or to that of the body of its PATCH."""
    name = STRUCTS[version][kind].__name__
    return {"$ref": f"{REF}{name}{_PATCH if patch else ''}"}


@cache
def components(version: str) -> Json:
    """Every schema of the version by name: the objects, what is inside them, and partial ones for PATCH."""
    structs = list(dict.fromkeys(STRUCTS[version].values()))
    _, found = msgspec.json.schema_components(structs, schema_hook=_checked, ref_template=f"{REF}{{name}}")
    whole = {name: _readable(schema) for name, schema in found.items()}
    partial = {f"{struct.__name__}{_PATCH}": _partial(whole[struct.__name__], version) for struct in structs}
    return {**whole, **partial}


def _checked(kind: type) -> Json:
    """What a type of ours is in JSON. Raises NotImplementedError for others, which msgspec knows."""
    if kind not in _CHECKED:
        raise NotImplementedError
    return _CHECKED[kind]


def _readable(schema: Any) -> Any:
    """The schema without what only msgspec needs: defaults of null, and fields that belong to another version."""
    if isinstance(schema, list):
        return [_readable(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: _readable(value) for name, value in schema.items() if (name, value) != ("default", None)}
    if isinstance(schema.get("pattern"), str):
        kept |= _pattern(schema["pattern"])
    if isinstance(kept.get("properties"), dict):
        kept["properties"] = {name: value for name, value in kept["properties"].items() if value}
    return kept


def _pattern(pattern: str) -> Json:
    """The pattern as others read it, and the sentence that we refuse with; not that text is to be text."""
    portable = pattern
    for ours, theirs in _SPELLINGS:
        portable = portable.replace(ours, theirs)
    said = {} if pattern in (ASCII, PRINTABLE) else {"description": SENTENCES[pattern].removeprefix("must be ")}
    return {"pattern": portable, **said}


def _partial(schema: Json, version: str) -> Json:
    """Any of the fields; from 2.2 on `last_updated` with them (T62)."""
    partial = copy.deepcopy(schema)
    partial["title"] = f"{schema.get('title', '')} (part)"
    partial["required"] = [] if version == "2.1.1" or "last_updated" not in schema["properties"] else ["last_updated"]
    return partial
