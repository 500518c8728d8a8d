"""What all operations share: parameters, headers, the envelope, and the answers that any of them may get."""

from typing import Any

from roaming.ocpi.openapi.schemas import REF

Json = dict[str, Any]
_TEXT: Json = {"type": "string", "minLength": 1}
_INSTANT: Json = {"type": "string", "format": "date-time", "maxLength": 25}
_RESPONSES = "#/components/responses/"

PATH: dict[str, Json] = {
    "country_code": {"type": "string", "pattern": "^[A-Za-z]{2}$"},
    "party_id": {"type": "string", "pattern": "^[A-Za-z0-9]{3}$"},
    "key": {"type": "string", "format": "uuid"},
}
QUERY: dict[str, tuple[str, Json]] = {
    "date_from": ("Changed at this time or later.", _INSTANT),
    "date_to": ("Changed before this time.", _INSTANT),
    "offset": ("Objects to skip.", {"type": "integer", "minimum": 0, "default": 0}),
    "limit": ("Objects wanted; more than X-Limit is cut to it.", {"type": "integer", "minimum": 1}),
    "timeslot_from": ("Free at some time from this one on.", _INSTANT),
    "timeslot_to": ("Free at some time before this one.", _INSTANT),
    "type": ("The type of the token.", {"type": "string", "default": "RFID"}),
    "duration": ("How far ahead, in seconds.", {"type": "integer", "minimum": 0, "maximum": 999_999_999}),
    "response_url": ("Where the result is to be posted.", {"type": "string", "format": "uri", "maxLength": 255}),
}
_REQUIRED = {"duration", "response_url"}
MESSAGE_IDS = {
    "X-Request-ID": "Unique for each request, a UUID; the answer repeats it.",
    "X-Correlation-ID": "The same for all requests that belong together; the answer repeats it.",
}
PARTIES = {
    f"OCPI-{direction}-{part}": f"{'Country code' if part == 'country-code' else 'Party id'} of {whose}."
    for direction, whose in (("to", "the party that is meant"), ("from", "the party that calls"))
    for part in ("country-code", "party-id")
}
PAGING: dict[str, Json] = {
    "Link": {"description": 'The next page: `<url>; rel="next"`. Absent on the last one.', "schema": _TEXT},
    "X-Total-Count": {"description": "Objects on all pages.", "schema": {"type": "integer", "minimum": 0}},
    "X-Limit": {"description": "The most objects on one page.", "schema": {"type": "integer", "minimum": 1}},
}
LOCATION: dict[str, Json] = {"Location": {"description": "Where it can be read.", "schema": {**_TEXT, "format": "uri"}}}
ALLOW: dict[str, Json] = {"Allow": {"description": "The methods that are possible.", "schema": _TEXT}}
RETRY: dict[str, Json] = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}

_ENVELOPE: Json = {
    "type": "object",
    "required": ["status_code", "timestamp"],
    "properties": {
        "status_code": {"type": "integer"},
        "status_message": {"type": "string", "description": "A sentence for people."},
        "timestamp": _INSTANT,
    },
}
ENVELOPES: dict[str, Json] = {
    "Done": {
        **_ENVELOPE,
        "title": "Done",
        "properties": {**_ENVELOPE["properties"], "status_code": {"type": "integer", "minimum": 1000, "maximum": 1999}},
    },
    "Refused": {
        **_ENVELOPE,
        "title": "Refused",
        "properties": {
            **_ENVELOPE["properties"],
            "status_code": {"type": "integer", "minimum": 2000, "maximum": 4999},
            "data": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Each violation with its JSON path, where there are more than the message names.",
            },
        },
    },
}
DONE, REFUSED = {"$ref": f"{REF}Done"}, {"$ref": f"{REF}Refused"}

_REFUSALS = {
    400: ("NotJson", "The body is no JSON, or Content-Type is not application/json."),
    401: ("NotKnown", "The token is missing, unknown or withdrawn, or a registration token where it is not enough."),
    404: (
        "NotThere",
        "There is no such object, or the party in the URL is not yours, or this is not offered to you.",
    ),
    405: ("NotHere", "The address has no such method, or not now: you are registered already, or not yet."),
    413: ("TooLarge", "The body is larger than this platform accepts."),
    415: ("OtherCoding", "The body is compressed in another way than gzip."),
    429: ("TooOften", "More requests than this connection may make."),
}


def parameter(name: str, place: str, description: str, schema: Json, *, required: bool = False) -> Json:
    return {"name": name, "in": place, "description": description, "schema": schema, "required": required}


def query(name: str) -> Json:
    description, schema = QUERY[name]
    return parameter(name, "query", description, schema, required=name in _REQUIRED)


def in_path(name: str) -> Json:
    schema = PATH.get(name, {**_TEXT, "maxLength": 39})
    return parameter(name, "path", "Its ids are compared without regard to case.", schema, required=True)


def refusal(status: int) -> Json:
    """A reference to the answer of a refusal under that HTTP status."""
    return {"$ref": f"{_RESPONSES}{_REFUSALS[status][0]}"}


def refusals(headers: Json) -> Json:
    """The answers that `refusal` refers to."""
    own = {405: ALLOW, 429: RETRY}
    return {
        name: {"description": why, "headers": {**headers, **own.get(status, {})}, "content": content(REFUSED)}
        for status, (name, why) in _REFUSALS.items()
    }


def content(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}
