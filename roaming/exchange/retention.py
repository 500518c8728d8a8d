"""What journal and outbox forget, and when: bodies first, then whole exchanges, then states of objects that newer ones
followed; not what somebody still needs as evidence."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Upper

from roaming.cdrs.models import Cdr, CdrState
from roaming.exchange.models import Exchange, Push, PushState, Replay

# Small enough that nobody is kept waiting for long.
_BATCH = 5000


def forget(*, before: datetime) -> int:
    """Delete exchanges older than that, with what a person had repeated of them; how many."""
    total = 0
    for numbers in _batches(_done_with(before)):
        Replay.objects.filter(exchange__in=numbers).delete()
        total += Exchange.objects.filter(pk__in=numbers).delete()[0]
    return total


def forget_bodies(*, before: datetime) -> int:
    """Keep of exchanges older than that who asked what, and how it ended; how many were emptied."""
    with_bodies = _done_with(before).exclude(request_body="", response_body="", original="")
    emptied = {"request_body": "", "response_body": "", "original": ""}
    return sum(Exchange.objects.filter(pk__in=numbers).update(**emptied) for numbers in _batches(with_bodies))


def forget_pushes(*, before: datetime) -> int:
    """Delete states that were sent, or of no use any more, before that and have a newer one since; how many. The
    newest of each object stays, for it says what the partner knows; so does what people handled."""
    newer = Push.objects.filter(
        connection=OuterRef("connection"), object_key=OuterRef("object_key"), state=PushState.DELIVERED
    )
    over = Push.objects.filter(
        Exists(newer.filter(pk__gt=OuterRef("pk"))),
        ~Exists(Exchange.objects.filter(push=OuterRef("pk"))),
        ~Exists(Replay.objects.filter(push=OuterRef("pk"))),
        state__in=[PushState.DELIVERED, PushState.LAPSED],
        created_at__lt=before,
        handled_at=None,
        merges=True,
    ).exclude(object_key="")
    return sum(Push.objects.filter(pk__in=numbers).delete()[0] for numbers in _batches(over))


def _done_with(before: datetime) -> QuerySet[Exchange]:
    """Older ones, but for the tries of a push that waits for a person, and for how a CDR came that is held: by what was
    found, or because it is contested."""
    held = Cdr.objects.filter(
        state=CdrState.HELD, ocpi_id_upper=Upper(OuterRef("object_id")), party__connection=OuterRef("connection")
    )
    dead = Push.objects.filter(pk=OuterRef("push"), state=PushState.DEAD)
    return Exchange.objects.filter(at__lt=before).exclude(Exists(dead)).exclude(Q(module="cdrs") & Exists(held))


def _batches(rows: QuerySet[Exchange] | QuerySet[Push]) -> Iterator[list[int]]:
    """Their numbers. The caller sees to it that those of a batch are none of them any more."""
    while numbers := list(rows.order_by().values_list("pk", flat=True)[:_BATCH]):
        yield numbers
        if len(numbers) < _BATCH:
            return
