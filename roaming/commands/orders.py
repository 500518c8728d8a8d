"""From what an eMSP's platform sends to an order for a CPO: who may ask what about which place and session (M4-M9)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from partners import routing
from partners.connections.models import Connection
from partners.parties.models import Party, PartyRole
from partners.people.models import User
from roaming.commands import addresses, selectors
from roaming.commands.addresses import Unfit
from roaming.commands.models import CommandType, Reservation
from roaming.locations import parts
from roaming.locations import selectors as locations
from roaming.locations.models import Location
from roaming.ocpi import routing_headers
from roaming.ocpi.schema.values import parse_time
from roaming.ocpi.versions import NEWEST_SHAPE
from roaming.sessions.models import Session

Data = dict[str, Any]
T = TypeVar("T")
# Not kept: the token belongs to the eMSP (M5), and the address is a column.
_NOT_KEPT = frozenset({"token", "response_url"})


class UnknownLocation(Exception):
    """No such location, EVSE or connector that this eMSP's drivers may charge at (M4)."""


class Declined(Exception):
    """The command is not passed on; `result` is the answer that OCPI has for it, the text says why."""

    def __init__(self, result: str, sentence: str) -> None:
        super().__init__(sentence)
        self.result = result


@dataclass(frozen=True)
class Asker:
    """The platform that asks, and whom its request names, in capitals: the CPO it can only be for (`addressed`), the
    one it is for where several might be meant (`likely`), and the party it is from."""

    connection: Connection
    addressed: routing.Code | None = None
    likely: routing.Code | None = None
    sending: routing.Code | None = None
    version: str = NEWEST_SHAPE
    correlation_id: str = ""


@dataclass(frozen=True)
class Reserving:
    """What a RESERVE_NOW calls its reservation, and until when it is meant to last."""

    ocpi_id: str
    expires_at: datetime


@dataclass(frozen=True)
class Order:
    """One command, ready to be put to the platform of `cpo`.

    `body` is the object in the newest shape, `query` what goes into the URL instead; neither has our response_url yet.
    `tail` follows their endpoint. Given by a platform (`asker`, with its `response_url`) or a person (`by`).
    """

    type: str
    cpo: Party
    emsp: Party | None
    tail: str
    body: Data = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    location: Location | None = None
    session: Session | None = None
    reservation: Reservation | Reserving | None = None
    asker: Connection | None = None
    by: User | None = None
    response_url: str = ""
    correlation_id: str = ""

    @property
    def kept(self) -> Data:
        """What of the body we keep."""
        return {name: value for name, value in {**self.body, **self.query}.items() if name not in _NOT_KEPT}


def from_platform(type: str, body: Data, asker: Asker, *, at: datetime) -> Order:
    """The order in the body of a command (valid, newest shape). Raises Unfit, UnknownLocation and Declined."""
    addresses.check(asker.connection, body["response_url"])
    said = {name: value for name, value in body.items() if value is not None}
    return _READERS[CommandType(type)](said, asker, at)


def session_of(asker: Asker, session_id: str) -> Session | None:
    """The session of one of the asker's drivers. Of several CPOs' with that id it is the only one that still runs, else
    the one of the CPO that is likely meant. Raises Unfit when that does not settle it (T107)."""
    found = selectors.sessions_of(asker, session_id)
    running = [session for session in found if session.status not in ("COMPLETED", "INVALID")]
    found = running if len(running) == 1 else found
    found = _likely(asker, found, [session.party for session in found])
    if len(found) > 1:
        cpos = ", ".join(session.party.code for session in found)
        raise Unfit(f"$.session_id is a session of {cpos}; {routing_headers.how_to_choose(asker.version)}.")
    return found[0] if found else None


def _start(body: Data, asker: Asker, at: datetime) -> Order:
    return _for_a_driver(CommandType.START_SESSION, body, asker, at)


def _reserve(body: Data, asker: Asker, at: datetime) -> Order:
    reserving = Reserving(body["reservation_id"], parse_time(body["expiry_date"]))
    return _for_a_driver(CommandType.RESERVE_NOW, body, asker, at, reserving)


def _for_a_driver(type: str, body: Data, asker: Asker, at: datetime, reserving: Reserving | None = None) -> Order:
    emsp = _issuer(body["token"], asker)
    location = _location(body["location_id"], asker, at)
    if not routing.emsps_served_by(location.party, at=at).filter(pk=emsp.pk).exists():
        raise UnknownLocation(f"No agreement opens location “{location.ocpi_id}” to drivers of {emsp.code} now.")
    place = _place(location, body)
    if type == CommandType.START_SESSION:
        _connector_named(location, place)
    return Order(
        type=type,
        cpo=location.party,
        emsp=emsp,
        tail=f"/{type}",
        body={**body, **place},
        location=location,
        reservation=reserving,
        **_given_by(asker, body),
    )


def _unlock(body: Data, asker: Asker, at: datetime) -> Order:
    location = _location(body["location_id"], asker, at)
    served = routing.emsps_served_by(location.party, at=at).filter(connection=asker.connection)
    emsp = next((party for party in served if asker.sending == (party.country_code, party.party_id)), None)
    return Order(
        type=CommandType.UNLOCK_CONNECTOR,
        cpo=location.party,
        emsp=emsp or served[0],
        tail=f"/{CommandType.UNLOCK_CONNECTOR}",
        body={**body, **_place(location, body)},
        location=location,
        **_given_by(asker, body),
    )


def _stop(body: Data, asker: Asker, at: datetime) -> Order:
    session = session_of(asker, body["session_id"])
    if session is None:
        theirs = selectors.is_of_another_emsp(asker, body["session_id"], at=at)
        word = "REJECTED" if theirs else "UNKNOWN_SESSION"
        raise Declined(word, f"“{body['session_id']}” is no session of your drivers.")
    return Order(
        type=CommandType.STOP_SESSION,
        cpo=session.party,
        emsp=session.emsp,
        tail=f"/{CommandType.STOP_SESSION}",
        body={**body, "session_id": session.ocpi_id},
        session=session,
        **_given_by(asker, body),
    )


def _cancel(body: Data, asker: Asker, at: datetime) -> Order:
    found = selectors.reservations_of(asker, body["reservation_id"])
    open_ones = [one for one in found if one.expires_at > at and selectors.stands(one)] or found[:1]
    if not open_ones:
        raise Declined("REJECTED", f"You have no reservation “{body['reservation_id']}”.")
    if len(open_ones) > 1:
        cpos = ", ".join(reservation.location.party.code for reservation in open_ones)
        raise Unfit(f"$.reservation_id names reservations at several CPOs or locations ({cpos}); use different ids.")
    (reservation,) = open_ones
    return Order(
        type=CommandType.CANCEL_RESERVATION,
        cpo=reservation.location.party,
        emsp=reservation.emsp,
        tail=f"/{CommandType.CANCEL_RESERVATION}",
        body=body,
        location=reservation.location,
        reservation=reservation,
        **_given_by(asker, body),
    )


_READERS: dict[CommandType, Callable[[Data, Asker, datetime], Order]] = {
    CommandType.START_SESSION: _start,
    CommandType.STOP_SESSION: _stop,
    CommandType.RESERVE_NOW: _reserve,
    CommandType.CANCEL_RESERVATION: _cancel,
    CommandType.UNLOCK_CONNECTOR: _unlock,
}


def _given_by(asker: Asker, body: Data) -> dict[str, Any]:
    return {
        "asker": asker.connection,
        "response_url": body["response_url"],
        "correlation_id": asker.correlation_id,
    }


def _issuer(token: Data, asker: Asker) -> Party:
    """The eMSP whose token it is, which must be one of the asker's (M5)."""
    code = token["country_code"], token["party_id"]
    emsp = routing.may_write(asker.connection, *code, PartyRole.EMSP)
    if emsp is None:
        raise Unfit(f"$.token is of {'*'.join(code)}, which is no eMSP of your platform; use your own tokens only.")
    return emsp


def _location(location_id: str, asker: Asker, at: datetime) -> Location:
    """The one location that is meant; where several CPOs have that id, the routing headers must say which."""
    seen = locations.visible_to_connection(asker.connection, at).filter(ocpi_id_upper=location_id.upper())
    found = list(seen.select_related("party__connection").order_by("id"))
    meant = asker.addressed
    if meant is not None:
        found = [row for row in found if meant == (row.party.country_code, row.party.party_id)]
    if not found:
        at_whom = f" of {'*'.join(meant)}" if meant else ""
        raise UnknownLocation(f"There is no location “{location_id}”{at_whom} that your drivers may charge at.")
    found = _likely(asker, found, [row.party for row in found])
    if len(found) > 1:
        cpos = ", ".join(row.party.code for row in found)
        raise Unfit(f"$.location_id is a location of {cpos}; {routing_headers.how_to_choose(asker.version)}.")
    return found[0]


def _likely(asker: Asker, found: list[T], owners: list[Party]) -> list[T]:
    """Of several found things those of the CPO that is likely meant, if there are any."""
    if len(found) < 2 or asker.likely is None:
        return found
    owned = zip(found, owners, strict=True)
    return [one for one, owner in owned if routing.are_same(asker.likely, owner)] or found


def _place(location: Location, body: Data) -> Data:
    """Location, EVSE and connector as their owner spells them."""
    place = {"location_id": location.ocpi_id}
    if "evse_uid" not in body:
        return place
    evse = parts.evse_of(location.data, body["evse_uid"])
    if evse is None:
        raise UnknownLocation(f"Location “{location.ocpi_id}” has no EVSE “{body['evse_uid']}”.")
    place["evse_uid"] = evse["uid"]
    if "connector_id" in body:
        connector = parts.connector_of(evse, body["connector_id"])
        if connector is None:
            raise UnknownLocation(f"EVSE “{evse['uid']}” has no connector “{body['connector_id']}”.")
        place["connector_id"] = connector["id"]
    return place


def _connector_named(location: Location, place: Data) -> None:
    """Some stations must be told which connector (M6)."""
    evse = parts.evse_of(location.data, place["evse_uid"]) if "evse_uid" in place else None
    wanted = evse is not None and "START_SESSION_CONNECTOR_REQUIRED" in (evse.get("capabilities") or [])
    if wanted and "connector_id" not in place:
        raise Unfit(f"$.connector_id is required at EVSE “{place['evse_uid']}”, which cannot choose by itself.")
