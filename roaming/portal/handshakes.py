"""What was tried with a connection, told: each attempt, each call of it in a sentence, and what they serve."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from partners.connections.models import Connection
from partners.people.models import User
from roaming.exchange.models import Exchange
from roaming.ocpi.modules import interfaces_of
from roaming.ocpi.schema import wire
from roaming.registration import selectors
from roaming.registration.models import Attempt
from roaming.registration.needs import Needs

_SHOWN = 8


@dataclass(frozen=True)
class Call:
    """One call; `result` is done, refused or unanswered."""

    exchange: Exchange
    result: str
    sentence: str


@dataclass(frozen=True)
class Told:
    """One attempt and its calls."""

    attempt: Attempt
    calls: list[Call]

    @property
    def who(self) -> str:
        return who(self.attempt)


def of(connection: Connection, user: User) -> list[Told]:
    """The last attempts, newest first."""
    return [told(attempt) for attempt in selectors.attempts_for(user, connection)[:_SHOWN]]


def told(attempt: Attempt) -> Told:
    return Told(attempt, [_call(exchange) for exchange in selectors.calls_of(attempt)])


def who(attempt: Attempt) -> str:
    """Who started it."""
    return str(attempt.by or "us") if attempt.ours else "them"


def _call(exchange: Exchange) -> Call:
    good = (exchange.http_status or 0) < 300 and (exchange.ocpi_status or 0) // 1000 == 1
    result = "done" if good else "refused" if exchange.http_status else "unanswered"
    return Call(exchange, result, exchange.error or _sentence(exchange.response_body, good))


def _sentence(answer: str, good: bool) -> str:
    """What an answer holds, or why it says no."""
    try:
        said = wire.decode(answer.encode())
    except wire.NotJson:
        return ""
    if not isinstance(said, dict):
        return ""
    return (good and _content(said.get("data"))) or str(said.get("status_message") or "")


def _content(data: Any) -> str:
    if isinstance(data, list):
        versions = [str(entry["version"]) for entry in data if isinstance(entry, dict) and "version" in entry]
        return f"Versions: {', '.join(versions)}." if versions else ""
    if not isinstance(data, dict):
        return ""
    if isinstance(data.get("endpoints"), list):
        return f"{len(data['endpoints'])} endpoints."
    listed = data.get("roles")
    roles = listed if isinstance(listed, list) else [data]
    codes = [f"{role['country_code']}*{role['party_id']}" for role in roles if _is_party(role)]
    return f"Credentials of {', '.join(dict.fromkeys(codes))}." if codes else ""


def _is_party(role: Any) -> bool:
    return isinstance(role, dict) and "country_code" in role and "party_id" in role


@dataclass(frozen=True)
class Side:
    """Their SENDER or RECEIVER interface of a module: where it is (empty: nowhere), and whether we need it."""

    url: str
    needed: bool
    possible: bool

    @property
    def missing(self) -> bool:
        return self.needed and not self.url


@dataclass(frozen=True)
class Module:
    """`sides` are SENDER and RECEIVER."""

    identifier: str
    sides: tuple[Side, Side]


def modules_of(connection: Connection, roles: Iterable[str]) -> list[Module]:
    """What they serve, and what a platform with parties of these roles could."""
    roles = list(roles)
    possible = interfaces_of(roles, connection.version or "2.3.0")
    listed = {(entry["identifier"], entry["role"]): entry["url"] for entry in connection.endpoints}
    needed = Needs(connection, roles).interfaces

    def side(identifier: str, role: str) -> Side:
        interface = (identifier, role)
        return Side(listed.get(interface, ""), interface in needed, interface in possible)

    names = sorted({identifier for identifier, _ in [*possible, *listed]} - {"credentials"})
    return [Module(name, (side(name, "SENDER"), side(name, "RECEIVER"))) for name in names]
