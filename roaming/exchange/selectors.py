"""Reading the outbox and the journal."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce

from partners.connections import selectors as connections
from partners.connections.models import Connection
from partners.parties.models import ConnectionStatus
from partners.people.models import User
from partners.people.permissions import Grant, may
from roaming.exchange import breaker, persons
from roaming.exchange.models import SLOW_MS, Exchange, Pull, PullState, Push, PushState


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
    told = pushes_of_row(connection).exclude(state__in=[PushState.DEAD, PushState.DROPPED])
    since = told.filter(state=PushState.DELIVERED, delivered_at__gte=OuterRef("changed_at"))
    return Q(Exists(told)) & ~Q(Exists(since))


def newest_is(connection: Connection, field: str) -> Coalesce:
    """To annotate such objects: a text field of the newest push about it to the connection, whatever became of that;
    "" for none. A newer state takes the row of an older one only while no newer row is there, so ids are in order."""
    newest = Push.objects.filter(connection=connection, object_key=OuterRef("push_key")).order_by("-id")
    return Coalesce(Subquery(newest.values(field)[:1]), Value(""), output_field=TextField())


def newest_of(connection: Connection, object_keys: Collection[str]) -> dict[str, Push]:
    """The newest push about each of these objects to the connection, whatever became of that, by the object's key."""
    about = Push.objects.filter(connection=connection, object_key__in=object_keys)
    return {push.object_key: push for push in about.order_by("object_key", "-id").distinct("object_key")}


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


def _newer() -> QuerySet[Push]:
    """Below a query of pushes: newer states of the same object; of a part of a location also the whole. Where states do
    not replace each other, only what has arrived makes an older one out of date."""
    same = Q(object_key=OuterRef("object_key")) | Q(kind="location", object_key=OuterRef("follows"))
    newer = Push.objects.filter(same, connection=OuterRef("connection"), pk__gt=OuterRef("pk")).exclude(object_key="")
    return newer.filter(Q(merges=True) | Q(state=PushState.DELIVERED))


def has_newer() -> Exists:
    """Filter for pushes: a newer state of the object was written down since."""
    return Exists(_newer())


def superseder() -> Subquery:
    """To annotate pushes: the id of the newest state of the object that was delivered since; None for none. A dead push
    is pointless then."""
    return Subquery(_newer().filter(state=PushState.DELIVERED).order_by("-pk").values("pk")[:1])


def dead_for(user: User) -> QuerySet[Any]:
    """Dead letters, newest first, each with the push that superseded it (`superseded_by`: its id or None)."""
    return pushes_for(user).filter(state=PushState.DEAD).annotate(superseded_by=superseder())


@dataclass(frozen=True)
class Handling:
    """What a person did with a dead push: `what` ("Sent again", "Repaired", "Dropped"), and in what words it was dead.
    `body_before` is what it said before a repair. `by` is None for who works at the command line."""

    what: str
    at: datetime
    by: User | None
    note: str
    failure: str
    last_error: str
    body_before: str


def handlings(push: Push) -> list[Handling]:
    """The trail that the database keeps of it, oldest first; pghistory makes its models, which no module can import."""
    tracked: Any = push
    bodies = iter(tracked.bodies_before.order_by("pgh_id").values_list("body", flat=True))
    return [
        Handling(
            what=event.pgh_label.replace("_", " ").capitalize(),
            at=event.handled_at,
            by=event.handled_by,
            note=event.note,
            failure=event.failure,
            last_error=event.last_error,
            body_before=next(bodies) if event.pgh_label == "repaired" else "",
        )
        for event in tracked.handlings.select_related("handled_by").order_by("pgh_id")
    ]


def exchanges_for(user: User) -> QuerySet[Exchange]:
    """For lists: newest first, without the bodies."""
    exchanges = Exchange.objects.select_related("connection").order_by("-id")
    exchanges = exchanges.defer("request_body", "response_body", "original")
    return exchanges if may(user, Grant.VIEW_ROAMING) else exchanges.none()


def came_to_nothing() -> Q:
    """Filter for exchanges: what was refused, and what failed."""
    return ~Q(error="")


def refused() -> Q:
    """Filter for exchanges: what was understood and not done (`Exchange.ended`)."""
    return came_to_nothing() & (Q(http_status__range=(400, 499)) | Q(ocpi_status__range=(2000, 2999)))


def failed() -> Q:
    """Filter for exchanges: what may go well another time."""
    http = Q(http_status__isnull=True) | ~Q(http_status__range=(400, 499))
    ocpi = Q(ocpi_status__isnull=True) | ~Q(ocpi_status__range=(2000, 2999))
    return came_to_nothing() & http & ocpi


def slow() -> Q:
    """Filter for exchanges that took long."""
    return Q(duration_ms__gte=SLOW_MS)


def about(text: str) -> QuerySet[Exchange]:
    """Exchanges about an object whose id begins so, about the card or contract of just that, or of that request or
    correlation id. Each is found by an index of its own, however many exchanges there are."""
    by_object = Exchange.objects.exclude(object_id="").filter(object_id__istartswith=text)
    by_person = Exchange.objects.exclude(marks=[]).filter(marks__overlap=persons.marks(text))
    by_message = Exchange.objects.filter(correlation_id=text), Exchange.objects.filter(request_id=text)
    numbers = [found.order_by().values("pk") for found in (by_object, by_person, *by_message)]
    return Exchange.objects.filter(pk__in=numbers[0].union(*numbers[1:]))


def chain(exchange: Exchange) -> QuerySet[Exchange]:
    """All that was said under its correlation id, in the order of time, without the bodies."""
    if not exchange.correlation_id:
        return Exchange.objects.none()
    same = Exchange.objects.filter(correlation_id=exchange.correlation_id).select_related("connection")
    return same.defer("request_body", "response_body", "original").order_by("at", "id")


def due_pulls(at: datetime) -> QuerySet[Pull]:
    """Readings that a worker has to take up, or has taken up, of connections that we exchange data with."""
    states = [PullState.WAITING, PullState.RUNNING]
    there = connections.registered().exclude(endpoints=[])
    return Pull.objects.filter(state__in=states, due_at__lte=at, connection__in=there)


def connections_with_due_pulls(at: datetime) -> QuerySet[Connection]:
    """Connections that may be called now and have a list to be read, or read on."""
    due = due_pulls(at).filter(connection=OuterRef("pk"))
    return connections.registered().filter(Exists(due), breaker.closed(at)).exclude(endpoints=[])


def pulls_for(user: User) -> QuerySet[Pull]:
    """For lists and pages: newest first."""
    pulls = Pull.objects.select_related("connection", "requested_by").order_by("-id")
    return pulls if may(user, Grant.VIEW_ROAMING) else pulls.none()
