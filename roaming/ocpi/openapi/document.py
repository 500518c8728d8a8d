"""One OpenAPI document per version of OCPI."""

import re
from functools import cache
from typing import Any

from django.conf import settings

from roaming.ocpi.openapi import operations, parts, schemas
from roaming.ocpi.openapi.operations import Operation

Json = dict[str, Any]
_ABOUT = """Every address needs the header Authorization: Token …, with the credentials token {spelling}. Which of these
addresses are for you is listed in version details. Every answer is an envelope; JSON that is fine but no valid object
is refused with HTTP 200 and status code 2001, and every violation is named with its path. A method that an address does
not have is answered with HTTP 405, an unknown address with 404."""


@cache
def of(version: str) -> Json:
    """The document of a version, as JSON-ready dicts. Raises KeyError for a version that is not offered."""
    spelling = "as it is" if version == "2.1.1" else "in Base64"
    headers = _headers(version)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"OCPI {version} of {settings.PORTAL_NAME}",
            "version": version,
            "description": _ABOUT.replace("\n", " ").format(spelling=spelling),
        },
        "servers": [{"url": f"{settings.PORTAL_URL}/ocpi"}],
        "security": [{"token": []}],
        "tags": [{"name": name} for name in _modules(version)],
        "paths": {
            "/versions": {"get": _operation(version, "versions", "get", operations.VERSIONS)},
            **{_address(version, path): _item(version, path) for path in operations.of(version)},
        },
        "components": {
            "schemas": {**schemas.components(version), **parts.ENVELOPES},
            "responses": parts.refusals(headers),
            "securitySchemes": {
                "token": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": f"`Token <value>`; the value is the credentials token {spelling}.",
                }
            },
        },
    }


def _modules(version: str) -> list[str]:
    return list(dict.fromkeys(["versions", *map(operations.module_of, operations.of(version))]))


def _address(version: str, path: str) -> str:
    return f"/{version}/{path}".rstrip("/")


def _item(version: str, path: str) -> Json:
    methods = operations.of(version)[path]
    named = {"parameters": [parts.in_path(name) for name in re.findall(r"{(\w+)}", path)]}
    return (named if named["parameters"] else {}) | {
        method: _operation(version, path, method, operation) for method, operation in methods.items()
    }


def _operation(version: str, path: str, method: str, operation: Operation) -> Json:
    described: Json = {
        "operationId": re.sub(r"\W+", "_", f"{method} {path or 'details'}").strip("_"),
        "summary": operation.summary,
        "tags": [operations.module_of(path)],
        "parameters": _parameters(version, operation),
        "responses": _responses(version, operation),
    }
    if operation.body:
        schema = schemas.of(version, operation.body, patch=operation.patch)
        described["requestBody"] = {"required": not operation.optional, "content": parts.content(schema)}
    return described


def _parameters(version: str, operation: Operation) -> list[Json]:
    headers = dict(parts.MESSAGE_IDS) if version != "2.1.1" else {}
    if operation.parties and version != "2.1.1":
        headers |= parts.PARTIES
    return [
        *map(parts.query, operation.query),
        *(parts.parameter(name, "header", why, {"type": "string"}) for name, why in headers.items()),
    ]


def _responses(version: str, operation: Operation) -> Json:
    """Refusals of what was understood travel under 200, as OCPI has it (T30)."""
    headers = (
        _headers(version) | (parts.PAGING if operation.many else {}) | (parts.LOCATION if operation.located else {})
    )
    done = _done(version, operation)
    answer = {
        "description": "Done, or refused",
        "headers": headers,
        "content": parts.content({"anyOf": [done, parts.REFUSED]}),
    }
    answers: Json = {"200": answer}
    if operation.creates:
        answers["201"] = {"description": "Created", "headers": headers, "content": parts.content(done)}
    statuses = [400, 413, 415] if operation.body else []
    statuses += [404] if operation.missing else []
    return answers | {str(status): parts.refusal(status) for status in sorted([*statuses, 401, 405, 429])}


def _done(version: str, operation: Operation) -> Json:
    """The envelope with its data; without any where none is specified (T24)."""
    data = _data(version, operation)
    if data is None:
        return parts.DONE
    return {"allOf": [parts.DONE, {"type": "object", "required": ["data"], "properties": {"data": data}}]}


def _data(version: str, operation: Operation) -> Json | None:
    if operation.answer == "string":
        return {"type": "string"}
    if operation.answer == "versions":
        return {"type": "array", "items": schemas.of(version, "version")}
    if not operation.answer:
        return None
    schema = schemas.of(version, operation.answer)
    return {"type": "array", "items": schema} if operation.many else schema


def _headers(version: str) -> Json:
    """The headers of every answer."""
    del version  # 2.1.1 knows no message ids; ours are harmless there (T13)
    return {name: {"description": why, "schema": {"type": "string"}} for name, why in parts.MESSAGE_IDS.items()}
