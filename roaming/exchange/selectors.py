"""Reading the outbox and the journal."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from partners.connections import selectors as connections
from partners.connections.models import Connection
from partners.parties.models import ConnectionStatus
from partners.people.models import User
from partners.people.permissions import Grant, may
from roaming.exchange import breaker
from roaming.exchange.models import Exchange, Push, PushState


def connections_with_due_pushes(at: datetime) -> QuerySet[Connection]:
    """Connections that may be called now and have something to be sent."""
    due = Push.objects.filter(
        for_somebody_there(),
        connection=OuterRef("pk"),
        state__in=[PushState.WAITING, PushState.RETRYING],
        next_attempt_at__lte=at,
    )
    return connections.registered().filter(Exists(due), breaker.closed(at)).exclude(endpoints=[])


def due(connection: Connection, at: datetime, most: int) -> list[Push]:
    """What may be sent now, `most` at most: what lapses soonest, for somebody waits for it, else what is due longest.
    Those that the platform failed at lately come last, so that a pause which they caused ends with something else. Of
    one object the oldest comes alone, and what follows something comes after it. Those for a party that its hub says is
    away stay where they are (H1)."""
    under_way = Push.objects.filter(connection=connection, state__in=[PushState.WAITING, PushState.RETRYING])
    before = under_way.exclude(object_key="").filter(
        Q(object_key=OuterRef("follows")) | Q(object_key=OuterRef("object_key"), pk__lt=OuterRef("pk"))
    )
    in_order = Q(merges=True, follows="") | ~Exists(before)
    worth_it = Q(lapses_at__isnull=True) | Q(lapses_at__gt=at)
    waiting = under_way.filter(worth_it, in_order, for_somebody_there(), next_attempt_at__lte=at)
    waiting = waiting.prefetch_related("from_party", "to_party")
    # Each of these reads an index of its own in order.
    lapsing = waiting.filter(lapses_at__isnull=False).order_by("lapses_at", "id")
    oldest = waiting.order_by("next_attempt_at", "id")
    untroubled = oldest.exclude(pk__in=connection.troubled_pushes)
    return list(lapsing[:most]) or list(untroubled[:most]) or list(oldest[:most] if connection.troubled_pushes else [])


def for_somebody_there() -> Q:
    """Filter for pushes: not those for a party that its hub says is away, to which nothing is sent (H1)."""
    return Q(to_party__isnull=True) | Q(to_party__hub_status__in=["", ConnectionStatus.CONNECTED])


def pushes_of_row(connection: Connection) -> QuerySet[Push]:
    """For Exists, below a query of OCPI objects annotated with `push_key` (outbox.key_column): what the connection was
    sent, or is to be sent, of each."""
    about = Push.objects.filter(connection=connection, object_key=OuterRef("push_key"))
    return about.exclude(state=PushState.LAPSED)


def knows_older(connection: Connection) -> Q:
    """Filter for such objects (with `changed_at`): the connection was told of them, or is about to be, but not
    since they changed."""
    told = pushes_of_row(connection).exclude(state=PushState.DEAD)
    since = told.filter(state=PushState.DELIVERED, delivered_at__gte=OuterRef("changed_at"))
    return Q(Exists(told)) & ~Q(Exists(since))


def knows(connection: Connection, object_key: str) -> bool:
    """Whether the connection was told, or is about to be, of the object of that key (outbox.object_key), and not of its
    deletion since."""
    states = [PushState.WAITING, PushState.RETRYING, PushState.DELIVERED]
    told = Push.objects.filter(connection=connection, object_key=object_key, state__in=states)
    newest = told.order_by("-id").first()
    return newest is not None and newest.method != "DELETE"


def pushes_for(user: User) -> QuerySet[Push]:
    """For lists and pages: newest first, without the body."""
    pushes = Push.objects.select_related("connection", "from_party", "to_party").defer("body").order_by("-id")
    return pushes if may(user, Grant.VIEW_ROAMING) else pushes.none()


def exchanges_for(user: User) -> QuerySet[Exchange]:
    """For lists: newest first, without the bodies."""
    exchanges = Exchange.objects.select_related("connection").defer("request_body", "response_body").order_by("-id")
    return exchanges if may(user, Grant.VIEW_ROAMING) else exchanges.none()
