"""What partner systems may call here, as a page and as OpenAPI documents, for whoever is signed in."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

from roaming.ocpi.openapi import document
from roaming.ocpi.openapi.schemas import REF
from roaming.ocpi.versions import NEWEST_SHAPE, OFFERED
from roaming.portal.access import Page

Json = dict[str, Any]
_METHODS = ("get", "post", "put", "patch", "delete")
_RESPONSES = {
    "400": "NotJson",
    "401": "NotKnown",
    "404": "NotThere",
    "405": "NotHere",
    "413": "TooLarge",
    "415": "OtherCoding",
    "429": "TooOften",
}


class Docs(Page):
    """The document of one version, drawn by us: viewers of others are megabytes of script, or need a looser policy."""

    def get(self, request: HttpRequest, version: str = NEWEST_SHAPE) -> HttpResponseBase:
        told = _told(version)
        return self.show(
            "portal/openapi.html",
            version=version,
            versions=OFFERED,
            told=told,
            server=told["servers"][0]["url"],
            modules=_modules(told),
            objects=_objects(told),
            refusals=[(status, told["components"]["responses"][name]) for status, name in _RESPONSES.items()],
        )


class DocsJson(Page):
    """The document itself, for tools."""

    def get(self, request: HttpRequest, version: str) -> HttpResponseBase:
        return JsonResponse(_told(version), json_dumps_params={"indent": 1, "ensure_ascii": False})


def _told(version: str) -> Json:
    if version not in OFFERED:
        raise Http404(f"OCPI {version} is not offered here.")
    return document.of(version)


@dataclass(frozen=True)
class Words:
    """A schema in words; `name` is the object that it leads to, "" for none."""

    text: str
    name: str = ""
    part: bool = False


@dataclass(frozen=True)
class Row:
    """One method of one address."""

    method: str
    path: str
    summary: str
    query: list[str]
    body: Words | None
    answer: Words | None


def _modules(told: Json) -> list[tuple[str, list[Row]]]:
    """Each module with its addresses."""
    rows: dict[str, list[Row]] = {tag["name"]: [] for tag in told["tags"]}
    for path, item in told["paths"].items():
        for method in _METHODS:
            if method in item:
                rows[item[method]["tags"][0]].append(_row(method, path, item[method]))
    return list(rows.items())


def _row(method: str, path: str, operation: Json) -> Row:
    body = operation.get("requestBody")
    return Row(
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        query=[parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "query"],
        body=_words(body["content"]["application/json"]["schema"]) if body else None,
        answer=_answer(operation),
    )


def _answer(operation: Json) -> Words | None:
    """What `data` holds when it is done; None for nothing."""
    done = operation["responses"]["200"]["content"]["application/json"]["schema"]["anyOf"][0]
    return _words(done["allOf"][1]["properties"]["data"]) if "allOf" in done else None


@dataclass(frozen=True)
class Field:
    name: str
    required: bool
    words: Words


def _objects(told: Json) -> list[tuple[str, str, list[Field]]]:
    """Each object by name: a sentence about it, and its fields. Parts are told with their whole."""
    schemas = told["components"]["schemas"]
    return [
        (name, schema.get("description", ""), _fields(schema))
        for name, schema in sorted(schemas.items())
        if not schema.get("title", "").endswith("(part)")
    ]


def _fields(schema: Json) -> list[Field]:
    required = schema.get("required", [])
    return [Field(name, name in required, _words(inside)) for name, inside in schema["properties"].items()]


def _words(schema: Json) -> Words:
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(REF)
        whole = name.removesuffix("Patch")
        return Words("", whole, part=whole != name)
    if "anyOf" in schema:
        return _words(next(choice for choice in schema["anyOf"] if choice.get("type") != "null"))
    if schema.get("type") == "array":
        inside = _words(schema["items"])
        return Words(f"list of {inside.text}".strip() + _at_least(schema), inside.name)
    if "enum" in schema:
        return Words(" · ".join(schema["enum"]))
    return Words(_scalar(schema))


def _at_least(schema: Json) -> str:
    return ", one at least" if schema.get("minItems") and "$ref" not in schema["items"] else ""


_FORMATS = {"date-time": "time", "date": "day", "uri": "URL", "uuid": "UUID"}
_TYPES = {"string": "text", "boolean": "true or false", "integer": "whole number", "number": "number"}


def _scalar(schema: Json) -> str:
    if schema.get("description"):
        return str(schema["description"])
    kind = _FORMATS.get(schema.get("format", "")) or _TYPES.get(schema.get("type", ""), "anything")
    if kind == "text" and "maxLength" in schema:
        return f"text of at most {schema['maxLength']}"
    if "maximum" in schema and schema["maximum"] < 1_000_000:
        return f"{kind} from {schema.get('minimum', 0)} to {schema['maximum']}"
    return kind
