"""What an exchange is about: the module, the side of it that was called, the version and the object, as its address and
its push tell."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from partners.connections.models import Connection
from roaming.ocpi import modules

TOKENS = "tokens"
REGISTRATION = frozenset({"versions", "credentials"})
_ORIGIN = re.compile(r"^[A-Za-z]+://[^/?]*")
_OURS = re.compile(
    r"/ocpi/(?:(?:versions|(?P<version>[0-9]+(?:\.[0-9]+)+)(?P<credentials>/credentials)?)/?(?=[?]|$)"
    r"|(?P<spoken>[0-9]+(?:\.[0-9]+)+)/(?P<role>sender|receiver)/(?P<module>[a-z]+)(?=[/?]|$))"
)
_KNOWN = frozenset(module.identifier for module in modules.MODULES)
# Country code and party id in front of the ids of an object.
_OWNER = re.compile(r"[A-Za-z]{2}/[A-Za-z0-9*]{3}/(?=.)")
_VERB = re.compile(r"(?:/|^)(?:authorize|charging_preferences)$")
_ASTRAY = re.compile(r"/tokens(?=/)", re.IGNORECASE)
_LONGEST_LOOK = 20_000
_JSON = re.compile(r'"((?:[^"\\]|\\.)*)"\s*(:?)|([{\[])|[}\]]', re.DOTALL)
_TEXT = re.compile(r'\s*"((?:[^"\\]|\\.){1,200})"')


@dataclass(frozen=True)
class Target:
    """`role` is the side of the interface that was called: sender or receiver. `object_id` is what the address names
    behind the owner, unquoted: `LOC1/EVSE1`. `tail_at` is where in the address that part begins; None where the address
    is none of a module's."""

    module: str = ""
    role: str = ""
    version: str = ""
    object_id: str = ""
    tail_at: int | None = None


def of_ours(url: str) -> Target:
    """The target of a request to us. Of an address that is none, just where a token's uid may stand in it."""
    origin = _ORIGIN.match(url)
    start = origin.end() if origin else 0
    found = _OURS.match(url, start)
    if found is None or (found["module"] and found["module"] not in _KNOWN):
        return _astray(url)
    if found["module"]:
        return _at(url, found.end(), found["module"], found["role"], found["spoken"])
    return Target(module="credentials" if found["credentials"] else "versions", version=found["version"] or "")


def of_theirs(url: str, connection: Connection | None, module: str = "") -> Target:
    """The target of a request to `connection`, by its endpoints; `module` is that of the push, if any."""
    endpoints = connection.endpoints if connection else []
    fitting = [one for one in endpoints if _below(url, one["url"])]
    version = connection.version if connection else ""
    if fitting:
        nearest = max(fitting, key=lambda one: len(one["url"]))
        name = modules.known_as(nearest["identifier"])
        return _at(url, len(nearest["url"].rstrip("/")), name, (nearest.get("role") or "").lower(), version)
    if module:
        return Target(module=module, version=version)
    path = url.partition("?")[0].rstrip("/")
    last = path.rpartition("/")[2].lower()
    if last in REGISTRATION:
        return Target(module=last)
    return _astray(url)


def id_in(body: str) -> str:
    """The id of the object that a body is, found without reading the whole of it; empty where there is none."""
    depth, end = 0, min(len(body), _LONGEST_LOOK)
    for found in _JSON.finditer(body, 0, end):
        if found[3]:
            depth += 1
        elif found[1] is None:
            depth -= 1
        elif depth == 1 and found[2] and found[1] == "id":
            value = _TEXT.match(body, found.end())
            return value[1] if value else ""
    return ""


def _below(url: str, endpoint: str) -> bool:
    endpoint = endpoint.rstrip("/")
    return url.startswith(endpoint) and (len(url) == len(endpoint) or url[len(endpoint)] in "/?")


def _at(url: str, tail_at: int, module: str, role: str, version: str) -> Target:
    tail = url[tail_at:].partition("?")[0].strip("/")
    owner = _OWNER.match(tail)
    ids = unquote(_VERB.sub("", tail[owner.end() :] if owner else tail))
    return Target(module[:30], role[:8], version[:10], ids, tail_at)


def _astray(url: str) -> Target:
    """At an address that is none a token's uid may stand all the same."""
    found = _ASTRAY.search(url)
    return Target(tail_at=found.end()) if found else Target()
