"""What each OCPI address does: method by method, which object goes in and which comes out.

Addresses are below `/ocpi/{version}/`; where a version lacks the module, or an object that goes in or out, it lacks the
operation.
"""

from dataclasses import dataclass

from roaming.ocpi.modules import MODULES
from roaming.ocpi.openapi import schemas
from roaming.ocpi.versions import OFFERED


@dataclass(frozen=True)
class Operation:
    """`body` and `answer` are kinds of objects, "" for none; `answer` may also be "string" or "versions".

    `many`: the answer is a page of a list. `patch`: the body is a part of the object. `creates`: what is new is
    answered with 201. `located`: the answer says in `Location` where the object is. `optional`: the body may be left
    out. `query` are parameters by name. `parties`: the request may carry routing headers. `missing`: it may be that
    there is nothing, or nothing for who asks.
    """

    summary: str
    body: str = ""
    answer: str = ""
    many: bool = False
    patch: bool = False
    creates: bool = False
    located: bool = False
    optional: bool = False
    query: tuple[str, ...] = ()
    parties: bool = True
    missing: bool = True
    versions: tuple[str, ...] = OFFERED

    def in_version(self, version: str) -> bool:
        needed = {kind for kind in (self.body, self.answer) if kind not in ("", "string", "versions")}
        return version in self.versions and needed <= schemas.kinds(version)


Methods = dict[str, Operation]
_OWNER = "{country_code}/{party_id}"
_OLDER = ("2.1.1",)
_FROM_22 = tuple(version for version in OFFERED if version > "2.1.1")
_WINDOW = ("date_from", "date_to", "offset", "limit")


def _list(kind: str, what: str, *query: str) -> Methods:
    return {"get": Operation(f"A page of {what}", answer=kind, many=True, query=(*_WINDOW, *query))}


def _get(kind: str, what: str, *query: str) -> Methods:
    return {"get": Operation(f"Read {what}", answer=kind, query=query)}


def _put(kind: str, what: str, *query: str) -> Methods:
    return {"put": Operation(f"Create or replace {what}", body=kind, creates=True, query=query)}


def _patch(kind: str, what: str, *query: str, versions: tuple[str, ...] = OFFERED) -> Methods:
    return {"patch": Operation(f"Change {what}", body=kind, patch=True, query=query, versions=versions)}


def _delete(what: str) -> Methods:
    return {"delete": Operation(f"Delete {what}")}


def _post(summary: str, body: str, answer: str = "", *, creates: bool = False, located: bool = False) -> Methods:
    return {"post": Operation(summary, body=body, answer=answer, creates=creates, located=located)}


def _owned(kind: str, what: str, *query: str) -> Methods:
    return _get(kind, what, *query) | _put(kind, what, *query) | _patch(kind, what, *query)


CONFIGURATION: dict[str, Methods] = {
    "": {"get": Operation("What is offered to you in this version", answer="version_details", parties=False)},
    "credentials": {
        "get": Operation("The credentials that you use", answer="credentials", parties=False, missing=False),
        "post": Operation("Register", body="credentials", answer="credentials", parties=False, missing=False),
        "put": Operation("Change your credentials", "credentials", "credentials", parties=False, missing=False),
        "delete": Operation("Leave", parties=False, missing=False),
    },
}
VERSIONS = Operation("The versions that we speak", answer="versions", parties=False, missing=False)

FUNCTIONAL: dict[str, Methods] = {
    "sender/locations": _list("location", "the locations that you may see"),
    "sender/locations/{location_id}": _get("location", "a location"),
    "sender/locations/{location_id}/{evse_uid}": _get("evse", "an EVSE"),
    "sender/locations/{location_id}/{evse_uid}/{connector_id}": _get("connector", "a connector"),
    f"receiver/locations/{_OWNER}/{{location_id}}": _owned("location", "a location of yours"),
    f"receiver/locations/{_OWNER}/{{location_id}}/{{evse_uid}}": _owned("evse", "an EVSE of yours"),
    f"receiver/locations/{_OWNER}/{{location_id}}/{{evse_uid}}/{{connector_id}}": _owned("connector", "a connector"),
    "sender/tariffs": _list("tariff", "the tariffs that you may see"),
    f"receiver/tariffs/{_OWNER}/{{tariff_id}}": _get("tariff", "a tariff of yours")
    | _put("tariff", "a tariff of yours")
    | _patch("tariff", "a tariff of yours", versions=_OLDER)
    | _delete("a tariff of yours"),
    "sender/tokens": _list("token", "the tokens that may charge at your stations"),
    "sender/tokens/{token_uid}/authorize": {
        "post": Operation(
            "Ask whether a driver may charge",
            body="location_references",
            answer="authorization_info",
            optional=True,
            query=("type",),
        )
    },
    f"receiver/tokens/{_OWNER}/{{token_uid}}": _owned("token", "a token of yours", "type"),
    "sender/sessions": _list("session", "the sessions of your drivers"),
    "sender/sessions/{session_id}/charging_preferences": {
        "put": Operation("Say what the driver prefers", body="charging_preferences", answer="string")
    },
    f"receiver/sessions/{_OWNER}/{{session_id}}": _owned("session", "a session at your stations"),
    "sender/cdrs": _list("cdr", "the CDRs of your drivers"),
    "receiver/cdrs": _post("Post a CDR", "cdr", creates=True, located=True),
    f"receiver/cdrs/{_OWNER}/{{cdr_id}}": _get("cdr", "a CDR of yours as it is stored"),
}
_COMMANDS = {
    "START_SESSION": "start_session",
    "STOP_SESSION": "stop_session",
    "RESERVE_NOW": "reserve_now",
    "CANCEL_RESERVATION": "cancel_reservation",
    "UNLOCK_CONNECTOR": "unlock_connector",
}
_PROFILES = {
    "SET_PROFILE": "charging_profile_result",
    "GET_PROFILE": "active_charging_profile_result",
    "CLEAR_PROFILE": "clear_profile_result",
}
_SESSION = "receiver/chargingprofiles/{session_id}"
_ANSWER = "charging_profile_response"

ORDERS: dict[str, Methods] = {
    **{
        f"receiver/commands/{name}": _post(f"Ask a CPO for {name}", body, "command_response")
        for name, body in _COMMANDS.items()
    },
    **{
        f"sender/commands/{name}/{{key}}": {
            "post": Operation(
                f"Tell what came of {name}",
                body="command_result",
                versions=_FROM_22 if name == "CANCEL_RESERVATION" else OFFERED,
            )
        }
        for name in _COMMANDS
    },
    _SESSION: {
        "get": Operation("Ask for the active profile", answer=_ANSWER, query=("duration", "response_url")),
        "put": Operation("Set a profile", body="set_charging_profile", answer=_ANSWER),
        "delete": Operation("Clear the profile", answer=_ANSWER, query=("response_url",)),
    },
    **{
        f"sender/chargingprofiles/{name}/{{key}}": _post(f"Tell what came of {name}", body)
        for name, body in _PROFILES.items()
    },
    "sender/chargingprofiles/{session_id}": {
        "put": Operation("Tell that the plan of a session changed", body="active_charging_profile")
    },
}
HUB: dict[str, Methods] = {
    "sender/hubclientinfo": {
        "get": Operation(
            "A page of the parties that are reached through us",
            "",
            "client_info",
            many=True,
            query=_WINDOW,
            parties=False,
        )
    },
    f"receiver/hubclientinfo/{_OWNER}": {
        "get": Operation("Read what you told of a party", answer="client_info", parties=False),
        "put": Operation("Tell of a party behind you", body="client_info", creates=True, parties=False),
    },
}
_RECORD = "invoice_reconciliation_record"
_ADVICE = "financial_advice_confirmation"
_ASSIGNMENT = "terminal_assignment"

SINCE_23: dict[str, Methods] = {
    "sender/invoicereconciliation": _list(_RECORD, "the invoice records that are for you"),
    "receiver/invoicereconciliation": _post("Post an invoice record", _RECORD, creates=True),
    f"receiver/invoicereconciliation/{_OWNER}/{{record_id}}": _get(_RECORD, "an invoice record of yours")
    | _put(_RECORD, "an invoice record of yours")
    | _delete("an invoice record of yours"),
    "sender/bookings/booking_locations": _list(
        "booking_location", "the places that you may book", "timeslot_from", "timeslot_to"
    ),
    "sender/bookings/booking_locations/{booking_location_id}": _get("booking_location", "a place that can be booked"),
    "sender/bookings/booking_locations/{booking_location_id}/{calendar_id}": _get("calendar", "a calendar"),
    "sender/bookings": _list("booking", "the bookings of your drivers")
    | _post("Ask a CPO for a booking, to change it or to cancel it", "booking_request", "booking"),
    f"receiver/bookings/{_OWNER}/booking_locations/{{booking_location_id}}": _owned("booking_location", "a place"),
    f"receiver/bookings/{_OWNER}/booking_locations/{{booking_location_id}}/{{calendar_id}}": _owned(
        "calendar", "a calendar of a place"
    ),
    f"receiver/bookings/{_OWNER}/{{booking_id}}": _owned("booking", "a booking of yours"),
    "sender/payments/terminals": _list("terminal", "the payment terminals at your stations"),
    "sender/payments/terminals/{terminal_id}": {
        **_get("terminal", "a payment terminal at stations of yours"),
        "put": Operation("Say what a terminal is for", body=_ASSIGNMENT),
        **_patch(_ASSIGNMENT, "what a terminal is for"),
    },
    "sender/payments/terminals/activate": _post("Have a terminal activated", "terminal_activation"),
    "sender/payments/terminals/{terminal_id}/deactivate": {"post": Operation("Have a terminal deactivated")},
    "sender/payments/financial-advice-confirmations": _list(_ADVICE, "what was captured for charging at your stations"),
    "sender/payments/financial-advice-confirmations/{advice_id}": _get(_ADVICE, "what was captured for one charging"),
    "receiver/payments/terminals": _post("Tell of a terminal that is new or changed", "terminal", creates=True),
    "receiver/payments/terminals/{terminal_id}": _get("terminal", "a terminal of yours"),
    "receiver/payments/financial-advice-confirmations": _post("Tell what was captured", _ADVICE, creates=True),
    "receiver/payments/financial-advice-confirmations/{advice_id}": _get(_ADVICE, "what you told of a capture"),
}

ALL: dict[str, Methods] = {**CONFIGURATION, **FUNCTIONAL, **ORDERS, **HUB, **SINCE_23}


def of(version: str) -> dict[str, Methods]:
    """The operations of a version by address (below it) and method."""
    served = {module.identifier for module in MODULES if module.in_version(version)}
    found = {
        path: {method: operation for method, operation in methods.items() if operation.in_version(version)}
        for path, methods in ALL.items()
        if "/" not in path or module_of(path) in served
    }
    return {path: methods for path, methods in found.items() if methods}


def module_of(path: str) -> str:
    """The module of an address; configuration addresses are their own."""
    return path.split("/")[1] if "/" in path else path or "versions"
