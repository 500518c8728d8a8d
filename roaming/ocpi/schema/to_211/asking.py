"""Commands and their answers, credentials and version details."""

import re
from hashlib import sha256

from .. import enums as e
from .. import v211
from ..from_211 import RESULT_211
from ..known import Json
from ..narrowing import narrowed
from ..values import MAX_INT
from .charges import Charges
from .places import without

_PARTY = frozenset({"business_details", "party_id", "country_code"})


class Asking(Charges):
    """The steps for what platforms ask of each other, on top of those for what is stored."""

    def start_session(self, value: Json, path: str) -> Json:
        command = dict(value)
        self.losses.drop(command, path, ("connector_id", "authorization_reference"))
        self.losses.inside(command, path, "token", self.token)
        return command

    def reserve_now(self, value: Json, path: str) -> Json:
        command = self.start_session(value, path)
        identifier = command.get("reservation_id")
        if isinstance(identifier, str):
            command["reservation_id"] = number = _numbered(identifier)
            if str(number) != identifier:
                self.losses.note(f"{path}.reservation_id", f"is a number in OCPI 2.1.1, sent as {number}")
        return command

    def command_response(self, value: Json, path: str) -> Json:
        response = self.command_result(value, path)
        self.losses.drop(response, path, ("timeout",))
        return response

    def command_result(self, value: Json, path: str) -> Json:
        result = without(value, frozenset({RESULT_211}))
        self.losses.drop(result, path, ("message",))
        kept = value.get(RESULT_211)
        if result.get("result") == "REJECTED" and kept in ("TIMEOUT", "UNKNOWN_SESSION"):
            return result | {"result": kept}
        self.losses.fall_back(result, path, "result", e.COMMAND_RESPONSES_211, "REJECTED")
        return result

    def credentials(self, value: Json, path: str) -> Json:
        """In 2.1.1 a platform is one party: the one the connection is for, else the first."""
        roles = value.get("roles")
        credentials = without(value, _PARTY | {"roles"})
        if not isinstance(roles, list) or not all(isinstance(role, dict) for role in roles):
            return credentials
        wanted = next((role for role in roles if _owner(role) == self.known.owner), None)
        chosen = wanted or (roles[0] if roles else {})
        if len(roles) > 1:
            self.losses.note(f"{path}.roles", "may be one in OCPI 2.1.1, the others are left out")
        party, place = without(chosen, frozenset({"role"})), f"{path}.roles[{roles.index(chosen) if roles else 0}]"
        self.losses.drop(party, place, sorted(party.keys() - _PARTY))
        return credentials | narrowed(v211.STRUCTS["credentials"], party, self.losses, place, {})

    def version_details(self, value: Json, path: str) -> Json:
        """Each module has one address in 2.1.1."""
        details, seen = dict(value), set[str]()

        def endpoint(entry: Json, place: str) -> Json | None:
            identifier = str(entry.get("identifier"))
            if identifier in seen:
                self.losses.note(place, f"is a second endpoint of {identifier}, which OCPI 2.1.1 does not have")
                return None
            seen.add(identifier)
            return without(entry, frozenset({"role"}))

        self.losses.inside(details, path, "endpoints", endpoint)
        return details


def _numbered(identifier: str) -> int:
    """The same number for the same reservation, always: its own, or one drawn from its letters."""
    if re.fullmatch("0|[1-9][0-9]{0,9}", identifier) and int(identifier) <= MAX_INT:
        return int(identifier)
    return int.from_bytes(sha256(identifier.upper().encode()).digest()[:4], "big") & MAX_INT


def _owner(role: Json) -> tuple[str, str]:
    return str(role.get("country_code")), str(role.get("party_id"))
