"""A platform's books for whoever tests with it: what it was sent, how often, and what it did wrong on purpose; and how
to direct it. These doors stand beside OCPI and are meant for the tester on the same machine.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from roaming.simulator import faults, offers, script, speech
from roaming.simulator.caller import CallFailed, Refused
from roaming.simulator.server import Reply, Request
from roaming.simulator.wire import Json, MovableClock, NotJson, decode, moment, stamp

if TYPE_CHECKING:
    from roaming.simulator.platform import Platform


class CannotDirect(Exception):
    """The platform cannot do what it is told; the text says why."""


def answer(platform: "Platform", request: Request) -> Reply:
    """GET /books, /books/stories and /books/{module}; PUT /conduct, /offer, /script and /clock."""
    match request.method, request.segments:
        case "GET", ("books",):
            return Reply(200, of(platform))
        case "GET", ("books", "stories"):
            return Reply(200, [script.told(s) for s in platform.play.stories.values()] if platform.play else [])
        case "GET", ("books", module):
            return Reply(200, platform.store.received(module))
        case "PUT", (name,) if name in _DIRECTIONS:
            return _directed(platform, request, _DIRECTIONS[name])
    there_are = "GET /books, /books/stories and /books/{module}, and PUT /conduct, /offer, /script and /clock"
    return Reply(404, {"error": f"There are {there_are}."})


def of(platform: "Platform") -> Json:
    """Everything that a test compares; `cdrs` says how often each CDR was taken in: once is right."""
    return {
        "name": platform.name,
        "version": platform.version,
        "parties": [f"{party.code} {party.role}" for party in platform.parties],
        "registered": bool(platform.link.token_out),
        "requests": platform.requests,
        "received": {module: len(platform.store.received(module)) for module in speech.OBJECTS},
        "cdrs": platform.store.times("cdrs"),
        "repeats": platform.store.repeats,
        "injected": faults.counted(platform.faults.injected),
    }


def _directed(platform: "Platform", request: Request, direction: Callable[["Platform", Any], Json]) -> Reply:
    try:
        return Reply(200, direction(platform, decode(request.body) if request.body else {}))
    except (NotJson, ValueError, TypeError, AttributeError, KeyError, CannotDirect) as fault:
        return Reply(400, {"error": str(fault)})
    except (Refused, CallFailed) as failure:
        return Reply(502, {"error": str(failure)})


def _conduct(platform: "Platform", wanted: Json) -> Json:
    """Change how the platform behaves from now on: {"down": true, "faults": "http_500=0.1", "slow_seconds": 0.5}."""
    if "faults" in wanted:
        platform.faults.shares = faults.shares(wanted["faults"])
    platform.faults.slow_seconds = float(wanted.get("slow_seconds", platform.faults.slow_seconds))
    platform.down = bool(wanted.get("down", platform.down))
    return {"down": platform.down, "faults": dict(platform.faults.shares)}


def _offer(platform: "Platform", _: Json) -> Json:
    """PUT everything that the platform's parties own at the portal."""
    for estate in platform.estates:
        offers.put_all(platform, estate)
    return {"offered": sum(len(estate.objects()) for estate in platform.estates)}


def _script(platform: "Platform", wanted: Json) -> Json:
    """Have charges to play from now on, as the clock moves."""
    platform.play = script.staged(platform, script.Script.read(wanted))
    return {"charges": len(platform.play.charges), "next": _next(platform)}


def _clock(platform: "Platform", wanted: Json) -> Json:
    """Move the clock: {"to": "2026-10-01T08:00:00Z"}. What is to be played until then has been played when answered."""
    if not isinstance(platform.clock, MovableClock):
        raise CannotDirect("The clock of this platform is another's and cannot be moved.")
    to = moment(wanted["to"])
    platform.clock.to(to)
    played = platform.play.advance(to) if platform.play else 0
    return {"played": played, "next": _next(platform)}


def _next(platform: "Platform") -> str | None:
    next_at = platform.play.next_at if platform.play else None
    return stamp(next_at) if next_at else None


_DIRECTIONS: dict[str, Callable[["Platform", Any], Json]] = {
    "conduct": _conduct,
    "offer": _offer,
    "script": _script,
    "clock": _clock,
}
