"""The platform's OCPI endpoints: who may knock, and what each door does."""

import base64
import binascii
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from roaming.simulator import orders, speech
from roaming.simulator.caller import CallFailed
from roaming.simulator.lists import page
from roaming.simulator.server import Reply, Request
from roaming.simulator.wire import Json, NotJson, decode, envelope

if TYPE_CHECKING:
    from roaming.simulator.platform import Platform

_ORDERS = ("commands", "chargingprofiles")
_NAMES = ("country_code", "party_id", "id", "terminal_id")


class Refusal(Exception):
    def __init__(self, http_status: int, status_code: int, message: str) -> None:
        super().__init__(message)
        self.http_status, self.status_code, self.message = http_status, status_code, message


def answer(platform: "Platform", request: Request) -> Reply:
    """Answer one request: authentication first, then the door its path names."""
    try:
        return _answer(platform, request)
    except Refusal as refusal:
        body = envelope(platform.clock(), refusal.status_code, message=refusal.message)
        return Reply(refusal.http_status, body)
    except NotJson as fault:
        return Reply(400, envelope(platform.clock(), 2001, message=f"The body is not JSON: {fault}."))
    except KeyError as missing:
        return Reply(200, envelope(platform.clock(), 2001, message=f"{missing} is missing."))


def _answer(platform: "Platform", request: Request) -> Reply:
    registering = _authenticate(platform, request)
    match request.segments:
        case ("ocpi", "versions"):
            return _good(platform, [{"version": platform.version, "url": platform.base_url}])
        case ("ocpi", platform.version):
            return _good(platform, {"version": platform.version, "endpoints": _endpoints(platform)})
        case ("ocpi", platform.version, "credentials"):
            return _credentials(platform, request, registering)
        case ("ocpi", platform.version, side, module, *rest) if not registering:
            return _module(platform, request, side, module, rest)
    if registering:
        raise Refusal(401, 2000, "A registration token opens versions and credentials only.")
    raise Refusal(404, 2000, "There is nothing at this address.")


def _authenticate(platform: "Platform", request: Request) -> bool:
    """True when the portal knocks with a registration token, False with the one agreed on."""
    scheme, _, value = (request.headers.get("Authorization") or "").partition(" ")
    token = value if platform.plain else _decoded(value)
    if scheme != "Token" or not token:
        raise Refusal(401, 2000, "The header Authorization is missing or wrong.")
    if token == platform.link.token_in:
        return False
    if token in platform.link.registration_tokens:
        return True
    raise Refusal(401, 2000, "This token is not known here.")


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _endpoints(platform: "Platform") -> list[Json]:
    found = [{"identifier": "credentials", "role": "SENDER", "url": f"{platform.base_url}/credentials"}]
    for module, side in platform.interfaces:
        url = f"{platform.base_url}/{side.lower()}/{module}"
        found.append({"identifier": module, "role": side, "url": url})
    if platform.version == "2.1.1":
        return [{"identifier": entry["identifier"], "url": entry["url"]} for entry in found]
    return found


def _credentials(platform: "Platform", request: Request, registering: bool) -> Reply:
    if request.method == "GET" and not registering:
        return _good(platform, platform.credentials(platform.link.token_in))
    if request.method == "DELETE" and not registering:
        platform.link.token_in = platform.link.token_out = ""
        return _good(platform)
    if request.method not in {"POST", "PUT"} or (request.method == "POST") != registering:
        raise Refusal(405, 2000, f"{request.method} is not possible here now.")
    offered = decode(request.body)
    try:
        endpoints = platform.discover(offered["url"], offered["token"])
    except CallFailed as failure:
        raise Refusal(200, 3001, str(failure)) from failure
    platform.link.token_in, platform.link.token_out = secrets.token_hex(24), offered["token"]
    platform.link.endpoints = endpoints
    platform.link.registration_tokens.clear()
    return _good(platform, platform.credentials(platform.link.token_in))


def _module(platform: "Platform", request: Request, side: str, module: str, rest: list[str]) -> Reply:
    if (module, side.upper()) not in platform.interfaces:
        raise Refusal(404, 2000, f"This platform has no {side} interface for {module}.")
    if side == "receiver":
        return _receive(platform, request, module, rest)
    match request.method, module, rest:
        case "POST", "tokens", [uid, "authorize"]:
            return _authorize(platform, request, uid)
        case "POST", ("commands" | "chargingprofiles"), [*_, key]:
            platform.store.note("results", {**decode(request.body), "key": key})
            return _good(platform)
        case "PUT", "chargingprofiles", [session_id]:
            platform.store.note("active_profiles", {**decode(request.body), "session_id": session_id})
            return _good(platform)
        case "PUT", "sessions", [session_id, "charging_preferences"]:
            platform.store.note("preferences", {**decode(request.body), "session_id": session_id})
            return _good(platform, "ACCEPTED")
        case "POST", "bookings", []:
            return _good(platform, orders.booked(platform, decode(request.body)))
        case (("PUT" | "PATCH" | "POST"), "payments", ["terminals", *about]):
            order = decode(request.body) if request.body else {}
            platform.store.note("terminals", {**order, "order": request.method, "about": "/".join(about)})
            return _good(platform)
    if request.method != "GET":
        raise Refusal(405, 2000, f"{request.method} is not possible here.")
    if not rest:
        url = f"{platform.base_url}/sender/{module}"
        told = [speech.spoken(platform.version, module, data, platform.store) for data in platform.store.own(module)]
        return page(told, request.query, url=url, at=platform.clock())
    for data in platform.store.own(module):
        if module == "locations" and str(data["id"]).upper() == rest[0].upper():
            return _good(platform, speech.spoken(platform.version, module, data, platform.store))
    raise Refusal(404, 2003, f"There is no {rest[0]} here.")


def _authorize(platform: "Platform", request: Request, uid: str) -> Reply:
    """May this card charge now? Blocked ones are an answer, unknown ones an error."""
    kind = request.query.get("type", "RFID")
    wanted = (uid.upper(), kind.upper())
    token = next((t for t in platform.store.own("tokens") if (t["uid"].upper(), t["type"].upper()) == wanted), None)
    if token is None:
        raise Refusal(404, 2004, f"Token {uid} is not known here.")
    info: Json = {"allowed": "ALLOWED" if token["valid"] else "BLOCKED"}
    if platform.version != "2.1.1":
        info["token"] = speech.spoken(platform.version, "tokens", token, platform.store)
    if token["valid"] and platform.version != "2.1.1":
        info["authorization_reference"] = f"AR-{secrets.token_hex(8)}"
        if request.body:
            info["location"] = decode(request.body)
    return _good(platform, info)


def _receive(platform: "Platform", request: Request, module: str, rest: list[str]) -> Reply:
    if module == "cdrs":
        return _receive_cdr(platform, request, rest)
    if module in _ORDERS:
        return _good(platform, orders.obeyed(platform, request, module, rest))
    if module not in speech.OBJECTS:
        return _receive_as_is(platform, request, module, rest)
    if len(rest) < 3:
        raise Refusal(404, 2000, "The address of an object has an owner and an id.")
    key = tuple(part.upper() for part in rest[:3])
    if module == "tokens":
        key += (request.query.get("type", "RFID").upper(),)
    if request.method == "GET":
        return _good(platform, _known(platform.store.received_object(module, key), rest[2]))
    if request.method == "DELETE" and module == "tariffs":
        _known(platform.store.forget(module, key), rest[2])
        return _good(platform)
    body = speech.heard(platform.version, module, _object(platform, request), (rest[0], rest[1]), platform.store)
    if request.method == "PUT" and len(rest) == 3:
        created = platform.store.receive(module, key, body)
        return _good(platform, http_status=201 if created else 200)
    if request.method == "PATCH" and len(rest) == 3 and module != "tariffs":
        _known(platform.store.merge(module, key, body), rest[2])
        return _good(platform)
    raise Refusal(405, 2000, f"{request.method} is not possible here.")


def _receive_cdr(platform: "Platform", request: Request, rest: list[str]) -> Reply:
    if request.method == "GET" and len(rest) == 3:
        key = tuple(part.upper() for part in rest)
        return _good(platform, _known(platform.store.received_object("cdrs", key), rest[2]))
    if request.method != "POST" or rest:
        raise Refusal(405, 2000, f"{request.method} is not possible here.")
    said = _object(platform, request)
    body = speech.heard(platform.version, "cdrs", said, _owner_of_its_station(platform, said), platform.store)
    parts = (str(body["country_code"]), str(body["party_id"]), str(body["id"]))
    created = platform.store.receive_once("cdrs", tuple(part.upper() for part in parts), body)
    address = f"{platform.base_url}/receiver/cdrs/" + "/".join(quote(part, safe="") for part in parts)
    return _good(platform, http_status=201 if created else 200, headers={"Location": address})


def _owner_of_its_station(platform: "Platform", cdr: Json) -> tuple[str, str]:
    """Whose a CDR of 2.1.1 is, which does not say it: the party that sent us the station it was at."""
    station = cdr.get("location") or {}
    for location in platform.store.received("locations"):
        if location["id"] == station.get("id"):
            return location["country_code"], location["party_id"]
    return "XX", "XXX"


def _receive_as_is(platform: "Platform", request: Request, module: str, rest: list[str]) -> Reply:
    """Modules of which the platform only keeps what it is sent."""
    body = decode(request.body) if request.body else {}
    if request.method == "POST":
        rest = [*rest, *(str(body[name]) for name in _NAMES if name in body)]
    key = tuple(part.upper() for part in rest)
    if request.method == "GET":
        return _good(platform, _known(platform.store.received_object(module, key), rest[-1]))
    if request.method == "DELETE":
        _known(platform.store.forget(module, key), rest[-1])
        return _good(platform)
    if request.method == "PATCH":
        _known(platform.store.merge(module, key, body), rest[-1])
        return _good(platform)
    created = platform.store.receive(module, key, body)
    return _good(platform, http_status=201 if created else 200)


def _object(platform: "Platform", request: Request) -> Json:
    body = decode(request.body)
    if not isinstance(body, dict):
        raise Refusal(200, 2001, "An object is expected.")
    if request.method == "PATCH" and "last_updated" not in body and platform.version != "2.1.1":
        raise Refusal(200, 2001, "A PATCH names last_updated.")
    return body


def _known(found: Any, name: str) -> Any:
    if not found:
        raise Refusal(404, 2003, f"There is no {name} here.")
    return found


def _good(
    platform: "Platform", data: Any = None, *, http_status: int = 200, headers: dict[str, str] | None = None
) -> Reply:
    return Reply(http_status, envelope(platform.clock(), 1000, data), headers or {})
