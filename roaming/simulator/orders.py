"""What the portal asks a platform to do, and the results that follow: commands, charging profiles, bookings.

A real station would take a while; ours does as `platform.outcomes` says, at once, in a thread of its own.
"""

from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import uuid4

from roaming.simulator import speech
from roaming.simulator.caller import Answer, CallFailed
from roaming.simulator.server import Request
from roaming.simulator.wire import Json, decode, stamp

if TYPE_CHECKING:
    from roaming.simulator.platform import Platform

TIMEOUT_SECONDS = 30


def obeyed(platform: "Platform", request: Request, module: str, rest: list[str]) -> Json:
    """The immediate answer to a command, or to a request about a charging profile; the result follows."""
    order = decode(request.body) if request.body else {}
    name = rest[0] if module == "commands" else request.method
    platform.store.note(module, {**order, "order": name, "about": rest[-1]})
    url = order.get("response_url") or request.query["response_url"]
    outcome = platform.outcomes.get(name, "ACCEPTED")
    result: Json = {"result": outcome}
    if module == "chargingprofiles" and name == "GET" and outcome == "ACCEPTED":
        result["profile"] = {"start_date_time": stamp(platform.clock()), "charging_profile": _profile(platform, rest)}
    Thread(target=_report, args=(platform, url, result), daemon=True).start()
    return {"result": "ACCEPTED"} if platform.version == "2.1.1" else {"result": "ACCEPTED", "timeout": TIMEOUT_SECONDS}


def _profile(platform: "Platform", rest: list[str]) -> Json:
    """The last profile that was set for the session, or an even 11 kW."""
    for order in reversed(platform.store.noted("chargingprofiles")):
        if order["order"] == "PUT" and order["about"] == rest[-1]:
            profile: Json = order["charging_profile"]
            return profile
    return {"charging_rate_unit": "W", "charging_profile_period": [{"start_period": 0, "limit": 11000}]}


def _report(platform: "Platform", url: str, result: Json) -> None:
    try:
        platform.caller.call("POST", url, token=platform.link.token_out, body=result, plain=platform.plain)
    except CallFailed as failure:
        platform.store.note("failures", {"url": url, "failure": str(failure)})


def booked(platform: "Platform", asked: Json) -> Json:
    """A booking that grants the request as it stands."""
    at = stamp(platform.clock())
    location = next(data for data in platform.store.own("locations") if data["id"] == asked["location_id"])
    booking = {name: location[name] for name in ("country_code", "party_id")} | {
        name: asked[name] for name in ("request_id", "location_id", "period", "authorization_reference")
    }
    terms = {"supported_access_methods": ["TOKEN"], "change_until_minutes": 60, "cancel_until_minutes": 60}
    return booking | {
        "id": f"B-{asked['request_id']}"[:36],
        "booking_tokens": asked.get("tokens") or [],
        "period": {**asked["period"]},
        "reservation_status": "RESERVED",
        "booking_terms": terms,
        "booking_requests": [{"request_status": "ACCEPTED", "booking_request": asked, "request_received": at}],
        "last_updated": at,
    }


def object_of(platform: "Platform", module: str, data: Json) -> Json:
    """An object of ours as a part of an order, in the version of the platform."""
    return speech.spoken(platform.version, module, data, platform.store)


def command(platform: "Platform", name: str, body: Json, **parties: Json) -> tuple[Answer, str]:
    """Give a command through the portal; its answer, and the key under which `platform.store` will have the result."""
    key = str(uuid4())
    order = {**body, "response_url": f"{platform.base_url}/sender/commands/{name}/{key}"}
    return platform.send("POST", "commands", "RECEIVER", f"/{name}", body=order, **parties), key


def profile(
    platform: "Platform", method: str, session_id: str, body: Json | None = None, **parties: Json
) -> tuple[Answer, str]:
    """Set (PUT, with `body` the profile), read (GET) or clear (DELETE) the charging profile of a session."""
    key = str(uuid4())
    url = f"{platform.base_url}/sender/chargingprofiles/{key}"
    asked: dict[str, str] = {} if method == "PUT" else {"response_url": url}
    if method == "GET":
        asked["duration"] = "900"
    tail = f"/{session_id}" + (f"?{urlencode(asked)}" if asked else "")
    order: Any = {"charging_profile": body, "response_url": url} if method == "PUT" else None
    return platform.send(method, "chargingprofiles", "RECEIVER", tail, body=order, **parties), key
