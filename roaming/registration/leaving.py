"""Two short calls that we start: a look whether they answer, and the last one, with which we leave (C5)."""

from datetime import datetime

from partners.connections import services as connections
from partners.connections.models import Connection, ConnectionState, TokenKind
from partners.people.models import User
from roaming.kernel.http import Unreachable
from roaming.kernel.sentences import joined
from roaming.ocpi.client import Refused
from roaming.registration.models import Method
from roaming.registration.starting import CannotRegister, Progress, Report, converse, nobody, trying


def ask_versions(*, connection: Connection, at: datetime, by: User | None = None, report: Report = nobody) -> str:
    """GET their versions with our token, as any call would go; what came, as a sentence. Raises CannotRegister."""
    with trying(connection, Method.GET, at=at, by=by, report=report) as progress:
        if not connection.token_out or not connection.versions_url:
            raise CannotRegister(f"{connection} has given us no token yet; it cannot be called.")
        talk = converse(connection, connection.token_out, progress, at, version=connection.version)
        data = talk.send("GET", connection.versions_url).data
        entries = [entry for entry in data if isinstance(entry, dict)] if isinstance(data, list) else []
        offered = ", ".join(str(entry.get("version")) for entry in entries)
        answer = f"They answer, and offer {offered}." if offered else "They answer, but with no list of versions."
        progress.end("Test call", answer)
        return answer


def unregister(*, connection: Connection, at: datetime, by: User | None = None, report: Report = nobody) -> str:
    """DELETE at theirs; then the tokens of both sides are dead here, whatever they answered. How it went, as a
    sentence. Raises CannotRegister where there is nothing to end."""
    with trying(connection, Method.DELETE, at=at, by=by, report=report) as progress:
        if connection.state == ConnectionState.PLANNED and connection.token_in_kind != TokenKind.CREDENTIALS:
            raise CannotRegister(f"{connection} is not registered.")
        told = _told(connection, progress, at)
        connections.unregister(connection=connection, at=at)
        answer = f"The tokens of both sides are dead here and nothing is exchanged any more. {told}"
        progress.end("Unregistered", answer)
        return answer


def _told(connection: Connection, progress: Progress, at: datetime) -> str:
    url = connection.endpoint("credentials", "SENDER")
    if not url or not connection.token_out:
        return "They were not told: they have given us no address for it."
    try:
        talk = converse(connection, connection.token_out, progress, at, version=connection.version)
        talk.change("DELETE", url)
    except (Refused, Unreachable) as error:
        return joined(f"They did not confirm it: {error}")
    return "They confirmed it."
