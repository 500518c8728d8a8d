"""Reading what was tried to register, and the calls that belong to it."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from partners.connections import selectors as connections
from partners.connections.models import Connection
from partners.people.models import User
from partners.people.permissions import Grant, may
from roaming.exchange.models import Direction, Exchange
from roaming.registration.models import Attempt

# A partner reads our versions and details before it posts; those calls have correlation ids of their own.
_LOOKED_BEFORE = timedelta(minutes=15)
_CONFIGURATION = r"^/ocpi/(versions|[0-9.]+(/credentials)?)/?($|\?)"


def attempts_for(user: User, connection: Connection) -> QuerySet[Attempt]:
    """The attempts of a connection, newest first."""
    attempts = Attempt.objects.filter(connection=connection).select_related("by").order_by("-id")
    return attempts if may(user, Grant.VIEW_ROAMING) else attempts.none()


def calls_of(attempt: Attempt) -> list[Exchange]:
    """Every call of an attempt in both directions, in the order in which they ended.

    Ours carry its correlation id. Theirs are those to versions, details and credentials around it, since the attempt
    before. Calls with a token that is not known here belong to nobody and are not among them.
    """
    since = attempt.started_at if attempt.ours else attempt.started_at - _LOOKED_BEFORE
    theirs = Q(direction=Direction.IN, url__regex=_CONFIGURATION)
    if attempt.ended_at is not None:
        theirs &= Q(at__lte=attempt.ended_at)
    earlier = Attempt.objects.filter(connection=attempt.connection, pk__lt=attempt.pk).order_by("-id").first()
    if earlier is not None and earlier.ended_at is not None:
        theirs &= Q(at__gt=earlier.ended_at)
    ours = Q(direction=Direction.OUT, correlation_id=attempt.correlation_id)
    return list(Exchange.objects.filter(ours | theirs, connection=attempt.connection, at__gte=since).order_by("id"))


def due_for_rotation(before: datetime, at: datetime) -> QuerySet[Connection]:
    """Registered connections whose tokens were last exchanged before that moment, but for those that may take one yet
    that they were offered."""
    old = connections.registered().filter(registered_at__lt=before).exclude(token_out="")
    return old.exclude(token_offered_until__gt=at).order_by("registered_at")
