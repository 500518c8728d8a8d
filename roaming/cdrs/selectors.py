"""Reading CDRs: what a partner may see, what a user may see."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from partners import routing
from partners.connections.models import Connection
from partners.people.models import User
from partners.people.permissions import Grant, may
from roaming.cdrs.models import Cdr, CdrState


def visible_to_connection(connection: Connection) -> QuerySet[Cdr]:
    """CDRs for the connection's eMSPs, under an agreement that held at their start, from the day they were accepted."""
    events = Cdr._meta.get_field("state_state_reason_events").related_model
    accepted_once = events._default_manager.filter(pgh_obj=OuterRef("pk"), state=CdrState.ACCEPTED)
    told = Q(state__in=[CdrState.ACCEPTED, CdrState.SETTLED]) | (
        Q(state__in=[CdrState.HELD, CdrState.REJECTED]) & Exists(accepted_once)
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
