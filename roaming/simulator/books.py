"""A platform's books for whoever tests with it: what it was sent, how often, and what it did wrong on purpose.

These doors stand beside OCPI and are meant for the tester on the same machine.
"""

from typing import TYPE_CHECKING

from roaming.simulator import faults, speech
from roaming.simulator.server import Reply, Request
from roaming.simulator.wire import Json, NotJson, decode

if TYPE_CHECKING:
    from roaming.simulator.platform import Platform


def answer(platform: "Platform", request: Request) -> Reply:
    """GET /books, GET /books/{module} for the objects themselves, and PUT /conduct."""
    match request.method, request.segments:
        case "GET", ("books",):
            return Reply(200, of(platform))
        case "GET", ("books", module):
            return Reply(200, platform.store.received(module))
        case "PUT", ("conduct",):
            return _conduct(platform, request)
    return Reply(404, {"error": "There are GET /books, GET /books/{module} and PUT /conduct."})


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


def _conduct(platform: "Platform", request: Request) -> Reply:
    """Change how the platform behaves from now on: {"down": true, "faults": "http_500=0.1", "slow_seconds": 0.5}."""
    try:
        wanted = decode(request.body)
        if "faults" in wanted:
            platform.faults.shares = faults.shares(wanted["faults"])
        platform.faults.slow_seconds = float(wanted.get("slow_seconds", platform.faults.slow_seconds))
        platform.down = bool(wanted.get("down", platform.down))
    except (NotJson, ValueError, TypeError, AttributeError) as fault:
        return Reply(400, {"error": str(fault)})
    return Reply(200, {"down": platform.down, "faults": dict(platform.faults.shares)})
