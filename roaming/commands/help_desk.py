"""Commands of our own people, for a driver on the phone: unlock a connector, stop a session (M8).

Only where we have a say: at our own stations, and for our own drivers at a partner's.
"""

from datetime import datetime

from partners import routing
from partners.parties.models import Party
from partners.people.models import User
from roaming.commands.models import CommandType
from roaming.commands.orders import Order
from roaming.locations import parts
from roaming.locations.models import Location
from roaming.sessions.models import Session


class CannotHelp(Exception):
    """This is not ours to do; the text says why."""


def unlocking(*, location: Location, evse_uid: str, connector_id: str, by: User, at: datetime) -> Order:
    """An order to unlock one connector. Raises CannotHelp."""
    emsp = _on_whose_behalf(location.party, at)
    evse = parts.evse_of(location.data, evse_uid)
    connector = parts.connector_of(evse, connector_id) if evse is not None else None
    if evse is None or connector is None:
        raise CannotHelp(f"{location.ocpi_id} has no connector “{connector_id}” at an EVSE “{evse_uid}”.")
    return Order(
        type=CommandType.UNLOCK_CONNECTOR,
        cpo=location.party,
        emsp=emsp,
        tail=f"/{CommandType.UNLOCK_CONNECTOR}",
        body={"location_id": location.ocpi_id, "evse_uid": evse["uid"], "connector_id": connector["id"]},
        location=location,
        by=by,
    )


def stopping(*, session: Session, by: User) -> Order:
    """An order to stop a session. Raises CannotHelp."""
    if not may_stop(session):
        raise CannotHelp("Neither the station nor the driver of this session is ours; only theirs may stop it.")
    return Order(
        type=CommandType.STOP_SESSION,
        cpo=session.party,
        emsp=session.emsp,
        tail=f"/{CommandType.STOP_SESSION}",
        body={"session_id": session.ocpi_id},
        session=session,
        by=by,
    )


def may_stop(session: Session) -> bool:
    """Whether the session is ours to stop (M9): it runs, and station or driver is ours."""
    ours = session.party.connection.own or (session.emsp is not None and session.emsp.connection.own)
    return ours and session.status not in ("COMPLETED", "INVALID")


def may_unlock(location: Location, *, at: datetime) -> bool:
    """Whether there is any connector at the location that we may have unlocked."""
    try:
        _on_whose_behalf(location.party, at)
    except CannotHelp:
        return False
    return True


def _on_whose_behalf(cpo: Party, at: datetime) -> Party | None:
    """The eMSP of ours whose drivers may charge there; None at stations of our own."""
    if cpo.connection.own:
        return None
    ours = routing.emsps_served_by(cpo, at=at).filter(connection__own=True).first()
    if ours is None:
        raise CannotHelp(f"No agreement lets drivers of ours charge at stations of {cpo.code} now.")
    return ours
