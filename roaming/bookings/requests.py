"""Asking a CPO for a booking, or to change or cancel one, while the eMSP waits (B1)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from partners import routing
from partners.connections.models import Connection
from partners.parties.models import Party, PartyRole
from roaming.bookings import selectors, services
from roaming.bookings.models import Booking, BookingLocation
from roaming.exchange.asking import Asking, NoAnswer, ask
from roaming.ocpi import errors
from roaming.ocpi.schema.values import parse_time
from roaming.ocpi.storage import Stored

Data = dict[str, Any]


class NotYours(Exception):
    """The request is made in the name of an eMSP that the platform does not host. The text says so."""


class NotCovered(Exception):
    """No agreement covers the time that is asked for. The text says which."""


class UnknownPlace(Exception):
    """No place of that id can be booked by the eMSP that asks."""


@dataclass(frozen=True)
class Request:
    """A BookingRequest (newest shape) of a platform. `places` are those that it may book, of the CPO that it means."""

    connection: Connection
    data: Data
    places: QuerySet[BookingLocation]
    correlation_id: str = ""


def put_to_the_cpo(request: Request, *, at: datetime) -> Stored[Booking]:
    """The Booking that the CPO answers with, as it is stored here; `note` says why that is not what it answered.

    Raises NotYours, UnknownPlace, NotCovered, and what asking.ask raises. Talks to the CPO, so it must not be called
    inside a transaction.
    """
    emsp, place = _who(request), _where(request)
    _agreed(request.data, place.party, emsp, at)
    question = Asking(
        to_party=place.party,
        from_party=emsp,
        module="bookings",
        role="SENDER",
        method="POST",
        body=("booking_request", request.data),
        answer="booking",
        correlation_id=request.correlation_id,
    )
    booking: Data = ask(question, at=at)
    _check(booking, request.data, place.party)
    stored = services.keep_answer(party=place.party, data=booking, at=at)
    if stored.note and stored.row.emsp_id != emsp.pk:
        raise NoAnswer(errors.SERVER_ERROR, f"{place.party.code} answered with the id of a booking of somebody else.")
    return stored


def _agreed(data: Data, cpo: Party, emsp: Party, at: datetime) -> None:
    """An agreement opens the place now, and holds when the charging is to begin: the eMSP would not hear of the booking
    otherwise. Whatever was booked may be canceled."""
    if not _serves(cpo, emsp, at):
        raise UnknownPlace(f"{emsp.code} has no agreement with {cpo.code}; its places cannot be booked.")
    begins = data["period"]["start_date_time"]
    if not data.get("canceled") and not _serves(cpo, emsp, parse_time(begins)):
        raise NotCovered(
            f"$.period.start_date_time: no agreement of {emsp.code} with {cpo.code} covers {begins}; "
            "ask for a time that one covers."
        )


def _serves(cpo: Party, emsp: Party, at: datetime) -> bool:
    return routing.emsps_served_by(cpo, at=at).filter(pk=emsp.pk).exists()


def _who(request: Request) -> Party:
    code = str(request.data["country_code"]), str(request.data["party_id"])
    emsp = routing.may_write(request.connection, *code, PartyRole.EMSP)
    if emsp is None:
        raise NotYours(f"country_code and party_id: {'*'.join(code)} is not an eMSP of your platform.")
    return emsp


def _where(request: Request) -> BookingLocation:
    place = selectors.place_by_id(request.places, request.data["booking_location_id"])
    if place is None:
        raise UnknownPlace(f"There is no booking location “{request.data['booking_location_id']}” for you.")
    return place


def _check(booking: Data, request: Data, cpo: Party) -> None:
    """They answered with a booking of their own, about this request."""
    owner = f"{booking['country_code']}*{booking['party_id']}".upper()
    if owner != cpo.code:
        raise NoAnswer(errors.SERVER_ERROR, f"{cpo.code} answered with a booking of {owner}.")
    if booking["request_id"].upper() != request["request_id"].upper():
        raise NoAnswer(errors.SERVER_ERROR, f"{cpo.code} answered about another request, “{booking['request_id']}”.")
