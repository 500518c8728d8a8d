"""Reading CDRs: what a partner may see, what a user may see."""

from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from partners import routing
from partners.connections.models import Connection
from partners.people.models import User
from partners.people.permissions import Grant, may
from roaming.cdrs.models import NO_SESSION, Cdr, CdrState


def visible_to_connection(connection: Connection, at: datetime) -> QuerySet[Cdr]:
    """CDRs for the connection's eMSPs from the day they were accepted, under an agreement that held at their start and
    whose history may be read at `at`."""
    told = Q(state__in=[CdrState.ACCEPTED, CdrState.SETTLED]) | (
        Q(state__in=[CdrState.HELD, CdrState.REJECTED]) & Exists(_acceptances(OuterRef("pk")))
    )
    return Cdr.objects.filter(told, routing.pairs_visible_to(connection, at=at))


def without_session() -> Q:
    """Filter for CDRs that name a session which is not here."""
    return Q(known_session=None) & ~Q(session_id__in=NO_SESSION)


def visible_to(user: User) -> QuerySet[Cdr]:
    return Cdr.objects.all() if may(user, Grant.VIEW_ROAMING) else Cdr.objects.none()


def list_for(user: User) -> QuerySet[Cdr]:
    """For lists and pages: with both parties and the agreement, newest first, without body and evidence."""
    cdrs = visible_to(user).select_related(
        "party__connection__partner", "emsp__connection__partner", "agreement", "connection"
    )
    return cdrs.defer("body", "raw").order_by("-ended_at", "-id")


def was_accepted(cdr: Cdr) -> bool:
    """Whether the CDR is, or ever was, accepted: from then on its eMSP knows it."""
    if cdr.state in {CdrState.ACCEPTED, CdrState.SETTLED}:
        return True
    return cdr.state != CdrState.RECEIVED and _acceptances(cdr.pk).exists()


def _moves(cdr_id: int | OuterRef) -> QuerySet[Any]:
    """The trail that the database keeps of a CDR's state; pghistory makes its model, which no module can import."""
    moves: QuerySet[Any] = apps.get_model("roaming", "CdrMove")._default_manager.filter(pgh_obj=cdr_id)
    return moves


def _acceptances(cdr_id: int | OuterRef) -> QuerySet[Any]:
    return _moves(cdr_id).filter(state=CdrState.ACCEPTED)


def held_money(user: User) -> list[dict[str, Any]]:
    """What is held, per currency: `currency`, `count`, `total` before tax."""
    held = visible_to(user).filter(state=CdrState.HELD).values("currency").order_by("currency")
    return [dict(row) for row in held.annotate(count=Count("id"), total=Sum("total_cost"))]


def trail(cdr: Cdr) -> QuerySet[Any]:
    """Every state the CDR moved to, oldest first: `state`, `state_reason`, `state_at`."""
    return _moves(cdr.pk).order_by("pgh_id")
