"""Reading charging profiles: who set one, who asked, how fast a session charges."""

from datetime import datetime

from django.db.models import QuerySet

from partners import routing
from partners.connections.models import Connection
from partners.parties import selectors as parties
from partners.parties.models import PartyRole
from partners.routing import Receiver
from roaming.commands.catalogue import ACCEPTED
from roaming.commands.models import Command, CommandType
from roaming.profiles.models import ActiveProfile
from roaming.sessions.models import Session


def asked_for_profile(connection: Connection, session: Session, *, since: datetime) -> QuerySet[Command]:
    """When that platform asked the CPO for the profile of the session lately."""
    return Command.objects.filter(session=session, asker=connection, type=CommandType.GET_PROFILE, asked_at__gt=since)


def setters_of(session: Session) -> list[Receiver]:
    """Who set a profile for the session at least once (P2) and must still receive what becomes of it."""
    accepted = Command.objects.filter(session=session, type=CommandType.SET_PROFILE, answer=ACCEPTED)
    told = routing.receivers_of_pair(session.party, session.emsp, at=session.started_at)
    return [one for one in told if accepted.filter(asker=one.connection, emsp=one.party).exists()]


def session_of(connection: Connection, session_id: str, *, cpo: tuple[str, str] | None) -> Session | None:
    """A session at a station of the platform's own; `cpo` (in capitals) decides where it hosts several."""
    mine = Session.objects.filter(party__in=parties.hosted(connection, PartyRole.CPO), ocpi_id_upper=session_id.upper())
    rows = list(mine.select_related("party__connection", "emsp").order_by("-started_at", "-id"))
    named = [row for row in rows if (row.party.country_code, row.party.party_id) == cpo]
    return next(iter(named or rows), None)


def active_of(session: Session) -> ActiveProfile | None:
    """How its station last planned to charge."""
    return ActiveProfile.objects.filter(session=session).first()
