"""Reading CDRs: what a partner may see, what a user may see."""

from typing import Any

from django.apps import apps
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from partners import routing
from partners.connections.models import Connection
from partners.people.models import User
from partners.people.permissions import Grant, may
from roaming.cdrs.models import Cdr, CdrState


def visible_to_connection(connection: Connection) -> QuerySet[Cdr]:
    """CDRs for the connection's eMSPs, under an agreement that held at their start, from the day they were accepted."""
    told = Q(state__in=[CdrState.ACCEPTED, CdrState.SETTLED]) | (
        Q(state__in=[CdrState.HELD, CdrState.REJECTED]) & Exists(_acceptances(OuterRef("pk")))
    )
    return Cdr.objects.filter(told, routing.pairs_visible_to(connection))


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


def _acceptances(cdr_id: int | OuterRef) -> QuerySet[Any]:
    """The moves to accepted in the trail that the database keeps of a CDR's state."""
    trail = apps.get_model("roaming", "CdrMove")
    acceptances: QuerySet[Any] = trail._default_manager.filter(pgh_obj=cdr_id, state=CdrState.ACCEPTED)
    return acceptances


def held_money(user: User) -> list[dict[str, Any]]:
    """What is held, per currency: `currency`, `count`, `total` before tax."""
    held = visible_to(user).filter(state=CdrState.HELD).values("currency").order_by("currency")
    return list(held.annotate(count=Count("id"), total=Sum("total_cost")))


def trail(cdr: Cdr) -> QuerySet[Any]:
    """Every state the CDR moved to, oldest first: `state`, `state_reason`, `state_at`."""
    moves: QuerySet[Any] = cdr.moves.order_by("pgh_id")
    return moves
