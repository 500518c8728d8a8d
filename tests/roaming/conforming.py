"""A partner's platform that does all that OCPI asks for, until a test bends it."""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlencode

from partners.connections.models import Connection
from roaming.ocpi.schema import transforms, wire
from roaming.ocpi.schema.known import Known
from roaming.ocpi.schema.values import format_time, parse_time
from tests import cast
from tests.roaming.platform import Asked, Platform, Said
from tests.wire import load

TOKEN = "polder-gave-us-this"
LISTS = ("tariffs", "locations", "sessions", "cdrs", "tokens")
_KINDS = {name: name.removesuffix("s") for name in LISTS}
_ROUTED = ("/sender/", "/receiver/")


@dataclass
class Told(Said):
    """An answer whose envelope can be bent: `members` replace those of the envelope, None takes one away."""

    timestamp: str = field(default_factory=lambda: format_time(datetime.now(UTC).replace(microsecond=0)))
    members: dict[str, Any] = field(default_factory=dict)

    def encoded(self) -> bytes:
        if self.raw is not None:
            return self.raw
        envelope = {"status_code": self.status, "timestamp": self.timestamp, "data": self.data, **self.members}
        return wire.encode({name: value for name, value in envelope.items() if value is not None})


Bend = Callable[[Asked, Told], None]


class Conforming(Platform):
    """`bend(asked, told)` changes an answer before it is given."""

    def __init__(self, version: str = "2.2.1", *roles: str) -> None:
        super().__init__(*(roles or ("CPO NL*PLD",)), token_c=TOKEN)
        self.version = version
        self.x_limit = 100
        self.bend: Bend = lambda asked, told: None
        self.wants_base64 = version != "2.1.1"
        self.lists = {name: [] for name in LISTS}

    @property
    def modules(self) -> list[str]:
        cpo = any(role.startswith("CPO") for role in self.roles)
        return list(LISTS[:4]) if cpo else ["tokens"]

    def furnish(self) -> None:
        """Five tariffs, three locations, two sessions, three CDRs; or four tokens: as old as their numbers."""
        made = {
            "tariffs": [self._made("tariff", "tariff_kaal", number, id=f"T{number}") for number in range(5)],
            "locations": [self._made("location", "location_zuidplein", number, id=f"L{number}") for number in range(3)],
            "sessions": [self._made("session", "session_finished", number, id=f"S{number}") for number in range(2)],
            "cdrs": [self._made("cdr", "cdr_polder", number, id=f"C{number}") for number in range(3)],
            "tokens": [self._made("token", "token_nomad", number, uid=f"0{number}") for number in range(4)],
        }
        self.lists = {name: made[name] for name in self.modules}

    def _made(self, kind: str, name: str, number: int, **fields: Any) -> dict[str, Any]:
        code = self.roles[0].split()[1]
        owner = {"country_code": code[:2], "party_id": code[3:]}
        value = {**load(name), **owner, **fields, "last_updated": f"2026-10-0{number + 1}T10:00:00Z"}
        newest = transforms.upgrade("2.2.1", kind, value)
        place = transforms.upgrade("2.2.1", "location", load("location_zuidplein"))
        told, _ = transforms.downgrade(self.version, kind, newest, Known(location=lambda location_id: place))
        return told

    def _usual(self, asked: Asked) -> Said:
        told = self._right(asked)
        told.headers |= self._headers(asked)
        self.bend(asked, told)
        return told

    def _headers(self, asked: Asked) -> dict[str, str]:
        names = ("x-request-id", "x-correlation-id")
        found = {name: asked.headers[name] for name in names if name in asked.headers}
        if asked.path.startswith(_ROUTED):
            for word, opposite in (("to", "from"), ("from", "to")):
                for part in ("country-code", "party-id"):
                    if value := asked.headers.get(f"ocpi-{opposite}-{part}"):
                        found[f"ocpi-{word}-{part}"] = value
        return found

    def _right(self, asked: Asked) -> Told:
        if asked.headers.get("authorization") != f"Token {self._written(TOKEN)}":
            return Told(http=401, status=2000, message="unknown token")
        match asked.path.rstrip("/").split("/")[1:]:
            case ["versions"]:
                return Told([{"version": version, "url": f"{self.url}/{version}"} for version in ("2.0", self.version)])
            case [self.version]:
                return Told({"version": self.version, "endpoints": self._endpoints()})
            case ["credentials"]:
                return Told(self._credentials())
            case ["sender", name] if name in self.lists:
                return self._list(asked, self.lists[name])
            case ["sender", "locations", location_id] if "locations" in self.lists:
                return self._one(unquote(location_id))
        return Told(http=404, status=2000, message="nothing here")

    def _written(self, token: str) -> str:
        return base64.b64encode(token.encode()).decode() if self.wants_base64 else token

    def _endpoints(self) -> list[dict[str, str]]:
        own = {"identifier": "credentials", "role": "SENDER", "url": f"{self.url}/credentials"}
        lists = [{"identifier": name, "role": "SENDER", "url": f"{self.url}/sender/{name}"} for name in self.modules]
        if self.version == "2.1.1":
            return [{"identifier": one["identifier"], "url": one["url"]} for one in (own, *lists)]
        return [own, *lists]

    def _credentials(self) -> dict[str, Any]:
        told = self.credentials(TOKEN)
        if self.version != "2.1.1":
            return told
        role = told["roles"][0]
        names = ("country_code", "party_id", "business_details")
        return {"token": TOKEN, "url": told["url"], **{name: role[name] for name in names}}

    def _list(self, asked: Asked, objects: list[Any]) -> Told:
        query = asked.query
        after, before = (parse_time(query[name]) if name in query else None for name in ("date_from", "date_to"))
        found = [
            one
            for one in objects
            if (after is None or changed(one) >= after) and (before is None or changed(one) < before)
        ]
        offset, limit = int(query.get("offset", 0)), min(int(query.get("limit", self.x_limit)), self.x_limit)
        end = offset + limit
        headers = {"X-Total-Count": str(len(found)), "X-Limit": str(self.x_limit)}
        if end < len(found):
            following = urlencode({**query, "offset": end, "limit": limit})
            headers["Link"] = f'<{self.url}{asked.path}?{following}>; rel="next"'
        return Told(found[offset:end], headers=headers)

    def _one(self, location_id: str) -> Told:
        found = [one for one in self.lists["locations"] if one["id"] == location_id]
        return Told(found[0]) if found else Told(http=404, status=2003, message="no such location")


def changed(one: dict[str, Any]) -> datetime:
    return parse_time(one["last_updated"])


@contextmanager
def conforming(version: str = "2.2.1", *roles: str) -> Iterator[Conforming]:
    """A furnished platform that is up."""
    running = Conforming(version, *roles)
    running.up()
    running.furnish()
    try:
        yield running
    finally:
        running.down()


def registered(theirs: Conforming, name: str = "Polder Laden") -> Connection:
    """Our connection with that platform, as the registration leaves it."""
    connection = cast.connection(name, *theirs.roles, url=theirs.url)
    connection.version = theirs.version
    connection.endpoints = [{"role": "SENDER", **one} for one in theirs._endpoints()]
    connection.token_out = TOKEN
    connection.save()
    return connection
