"""What drivers prefer of a running session: cheap, fast, green. Asked of the CPO while the eMSP waits (section 4.2)."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from roaming.commands import orders
from roaming.commands.orders import Asker
from roaming.exchange.asking import Asking, NoAnswer, ask
from roaming.locations import parts
from roaming.locations.models import Location
from roaming.ocpi import errors, storage
from roaming.ocpi.schema.enums import CHARGING_PREFERENCES_RESPONSES
from roaming.sessions.models import Session

Data = dict[str, Any]

CAPABLE = "CHARGING_PREFERENCES_CAPABLE"


class UnknownSession(Exception):
    """No session of the asker's drivers."""


class NotCapable(Exception):
    """The EVSE cannot take preferences (S7)."""


def prefer(*, asker: Asker, session_id: str, preferences: Data, at: datetime) -> str:
    """The CPO's answer, one word of ChargingPreferencesResponse.

    `preferences` are a ChargingPreferences in the newest shape. Raises UnknownSession, Unfit, NotCapable, NoAnswer and
    client.Refused. Talks to the CPO, so it must not be called inside a transaction.
    """
    session = orders.session_of(asker, session_id)
    if session is None:
        raise UnknownSession(f"There is no session “{session_id}” of your drivers here.")
    if not _capable(session):
        raise NotCapable(f"EVSE “{session.evse_uid}” lacks the capability {CAPABLE}.")
    answer = ask(_question(session, preferences, asker), at=at)
    if not isinstance(answer, str) or answer not in CHARGING_PREFERENCES_RESPONSES:
        said = f"“{answer[:50]}”" if isinstance(answer, str) else "no word at all"
        raise NoAnswer(errors.SERVER_ERROR, f"{session.party.code} answered {said}, which OCPI does not know.")
    return answer


def _question(session: Session, preferences: Data, asker: Asker) -> Asking:
    return Asking(
        to_party=session.party,
        from_party=session.emsp,
        module="sessions",
        role="SENDER",
        method="PUT",
        tail=f"/{quote(session.ocpi_id, safe='')}/charging_preferences",
        body=("charging_preferences", preferences),
        correlation_id=asker.correlation_id,
    )


def _capable(session: Session) -> bool:
    """Whether the EVSE takes preferences, as far as we know it; OCPI 2.1.1 has none."""
    if session.party.connection.version == "2.1.1":
        return False
    location = storage.find(Location, party=session.party, ocpi_id=session.location_id)
    evse = parts.evse_of(location.data, session.evse_uid) if location is not None else None
    return evse is None or CAPABLE in (evse.get("capabilities") or [])
