"""Reading commands, and what commands are about: the asker's sessions and reservations."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet

from partners import routing
from partners.connections.models import Connection
from partners.parties.models import PartyRole
from partners.people.models import User
from partners.people.permissions import Grant, may
from roaming.commands.catalogue import ACCEPTED
from roaming.commands.models import UNDER_WAY, Command, CommandState, CommandType, Reservation
from roaming.exchange.models import Exchange, Push
from roaming.sessions import selectors as sessions
from roaming.sessions.models import Session

if TYPE_CHECKING:
    from roaming.commands.orders import Asker


def sessions_of(asker: Asker, session_id: str) -> list[Session]:
    """The sessions of the asker's drivers with that id, newest first; several, where CPOs use the same one and none is
    addressed."""
    mine = sessions.in_hand_of(asker.connection).filter(ocpi_id_upper=session_id.upper())
    if asker.addressed is not None:
        country_code, party_id = asker.addressed
        mine = mine.filter(party__country_code=country_code, party__party_id=party_id)
    return list(mine.select_related("party__connection", "emsp").order_by("-started_at", "-id"))


def is_of_another_emsp(asker: Asker, session_id: str, *, at: datetime) -> bool:
    """Whether a CPO whose stations the asker may use has such a session, of somebody else's driver (M9)."""
    owners = routing.owners_visible_to(asker.connection, role=PartyRole.CPO, at=at)
    return Session.objects.filter(party__in=owners, ocpi_id_upper=session_id.upper()).exists()


def reservations_of(asker: Asker, reservation_id: str) -> list[Reservation]:
    """The asker's reservations of that id, newest first."""
    mine = Reservation.objects.filter(emsp__connection=asker.connection, ocpi_id_upper=reservation_id.upper())
    if asker.addressed is not None:
        country_code, party_id = asker.addressed
        mine = mine.filter(location__party__country_code=country_code, location__party__party_id=party_id)
    return list(mine.select_related("location__party__connection", "emsp").order_by("-reserved_at", "-id"))


def stands(reservation: Reservation) -> bool:
    """Whether the CPO made the reservation and, as far as it said, still keeps it. What it refused changes nothing of
    one that it made before."""
    made = Q(type=CommandType.RESERVE_NOW, answer=ACCEPTED) & ~Q(state=CommandState.FAILED)
    ended = Q(type=CommandType.CANCEL_RESERVATION, state=CommandState.SUCCEEDED)
    last = Command.objects.filter(made | ended, reservation=reservation).order_by("-asked_at", "-id").first()
    return last is not None and last.type == CommandType.RESERVE_NOW and last.state != CommandState.CANCELED


def asked_of(connection: Connection, type: str, key: str) -> Command | None:
    """The command whose result that platform may tell: it was asked, by the address that ends in `key`."""
    try:
        named = uuid.UUID(key)
    except ValueError:
        return None
    return Command.objects.filter(key=named, type=type, cpo__connection=connection).first()


def due(at: datetime) -> QuerySet[Command]:
    """Those whose time is over without a result."""
    return Command.objects.filter(state__in=UNDER_WAY, due_at__lte=at).order_by("due_at")


def visible_to(user: User) -> QuerySet[Command]:
    return Command.objects.all() if may(user, Grant.VIEW_ROAMING) else Command.objects.none()


def list_for(user: User) -> QuerySet[Command]:
    """For lists and pages: with everything a row names, newest first, without the bodies."""
    named = ("cpo__connection__partner", "emsp__connection__partner", "asker", "by", "location", "session")
    return (
        visible_to(user).select_related(*named).defer("body", "answer_body", "result_body").order_by("-asked_at", "-id")
    )


def moves_of(command: Command) -> list[Any]:
    """The trail that the database keeps of its state, oldest first; pghistory makes its model, which no module can
    import."""
    moves: Any = command
    return list(moves.moves.order_by("pgh_id"))


def pushes_of(command: Command) -> QuerySet[Push]:
    """What the asker was told, or is to be told, of the result."""
    keys = [result_key(command), cancellation_key(command)]
    return Push.objects.filter(connection=command.asker, object_key__in=keys).order_by("id")


def exchanges_of(command: Command) -> QuerySet[Exchange]:
    """Every request that was made about it, oldest first: by the ids that travel with all of them (T12)."""
    ids = {command.correlation_id, command.result_correlation_id} - {""}
    who = [command.cpo.connection_id, *([command.asker_id] if command.asker_id else [])]
    return Exchange.objects.filter(correlation_id__in=ids, connection__in=who).order_by("at", "id")


def result_key(command: Command) -> str:
    """What the push of its result is called."""
    return f"commands {command.key}"


def cancellation_key(command: Command) -> str:
    """What the push of a later cancellation is called."""
    return f"commands {command.key} canceled"
