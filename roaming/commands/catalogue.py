"""The commands as a table: how each is put to a CPO, and what OCPI calls its answer and its result."""

from dataclasses import dataclass

from roaming.commands.models import CommandType

ACCEPTED = "ACCEPTED"
CANCELED_RESERVATION = "CANCELED_RESERVATION"


@dataclass(frozen=True)
class Way:
    """`body`, `answer` and `result` are kinds of objects; a command without body carries everything in its URL.

    `at_timeout` is the result told to the asker when none came; "" where OCPI has no word for it. `since` is the first
    version with that command.
    """

    module: str
    method: str
    body: str
    answer: str
    result: str
    at_timeout: str = ""
    since: str = "2.1.1"


def _command(body: str, since: str = "2.1.1") -> Way:
    return Way("commands", "POST", body, "command_response", "command_result", "TIMEOUT", since)


def _profile(method: str, body: str, result: str) -> Way:
    return Way("chargingprofiles", method, body, "charging_profile_response", result, since="2.2.1")


WAYS: dict[str, Way] = {
    CommandType.START_SESSION: _command("start_session"),
    CommandType.STOP_SESSION: _command("stop_session"),
    CommandType.RESERVE_NOW: _command("reserve_now"),
    CommandType.CANCEL_RESERVATION: _command("cancel_reservation", since="2.2.1"),
    CommandType.UNLOCK_CONNECTOR: _command("unlock_connector"),
    CommandType.SET_PROFILE: _profile("PUT", "set_charging_profile", "charging_profile_result"),
    CommandType.GET_PROFILE: _profile("GET", "", "active_charging_profile_result"),
    CommandType.CLEAR_PROFILE: _profile("DELETE", "", "clear_profile_result"),
}


def commands_of(version: str) -> list[str]:
    """OCPI's own commands in that version."""
    return [name for name, way in WAYS.items() if way.module == "commands" and version >= way.since]
