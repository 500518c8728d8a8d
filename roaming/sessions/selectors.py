"""Reading sessions: what a partner may see, what a user may see."""

from datetime import datetime

from django.db.models import Q, QuerySet

from partners import routing
from partners.connections.models import Connection
from partners.people.models import User
from partners.people.permissions import Grant, may
from roaming.ocpi import lateness
from roaming.sessions.models import Session


def visible_to_connection(connection: Connection, at: datetime) -> QuerySet[Session]:
    """Sessions charged with tokens of the connection's eMSPs, under an agreement that held at their start and whose
    history may be read at `at`."""
    return Session.objects.filter(routing.pairs_visible_to(connection, at=at))


def in_hand_of(connection: Connection) -> QuerySet[Session]:
    """Sessions charged with tokens of the connection's eMSPs, under an agreement that held at their start: they may
    have them stopped, also when they may not read them any more."""
    return Session.objects.filter(routing.pairs_in_hand_of(connection))


def without_cdr(at: datetime) -> Q:
    """Filter for sessions that came to something, are over, and whose CDR should be here by now (LATE_HOURS)."""
    before = at - lateness.limit()
    over = Q(ended_at__lt=before) | Q(ended_at=None, last_updated__lt=before)
    return Q(over, Q(energy_kwh__gt=0) | Q(cost__gt=0), status="COMPLETED", has_cdr=False)


def visible_to(user: User) -> QuerySet[Session]:
    return Session.objects.all() if may(user, Grant.VIEW_ROAMING) else Session.objects.none()


def list_for(user: User) -> QuerySet[Session]:
    """For lists and pages: with both parties, newest first, without the body."""
    sessions = visible_to(user).select_related("party__connection__partner", "emsp__connection__partner")
    return sessions.defer("body").order_by("-started_at", "-id")
