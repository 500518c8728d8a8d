"""Reading disputes."""

from datetime import datetime

from django.db.models import QuerySet

from billing.disputes.models import Dispute, DisputeState
from partners.people.models import User
from partners.people.permissions import Grant, may
from roaming.cdrs.models import Cdr


def list_for(user: User) -> QuerySet[Dispute]:
    """Disputes the user may see, newest first, with CDR and parties; none without the grant."""
    if not may(user, Grant.VIEW_MONEY):
        return Dispute.objects.none()
    return Dispute.objects.select_related(
        "cdr__party__connection__partner", "cdr__emsp__connection__partner", "cdr__agreement", "opened_by", "closed_by"
    ).order_by("-id")


def open_on(cdr: Cdr) -> Dispute | None:
    """The open dispute of a CDR; the database allows one."""
    return Dispute.objects.filter(cdr=cdr, state=DisputeState.OPEN).first()


def overdue(at: datetime) -> QuerySet[Dispute]:
    """Open disputes whose answer was due before `at`, the oldest first."""
    return Dispute.objects.filter(state=DisputeState.OPEN, due_at__lt=at).order_by("due_at")
