"""Celery doors. The outbox is the truth; these only hurry."""

import random
from contextlib import suppress
from datetime import timedelta

from celery import shared_task
from django.conf import settings

from partners.agreements import selectors as agreements
from partners.connections import selectors as connections
from roaming.exchange import backfill, delivery, outbox, retention
from roaming.exchange import pull as pulling
from roaming.exchange import selectors as exchange
from roaming.kernel import clock


@shared_task(name="roaming.exchange.sweep")
def sweep() -> None:
    """Find connections with something due; the only wake-up that needs no broker message to have survived."""
    delivery.lapse(clock.now())
    hurry(list(exchange.connections_with_due_pushes(clock.now()).values_list("pk", flat=True)))


@shared_task(name="roaming.exchange.hurry")
def hurry(connection_ids: list[int]) -> None:
    for connection_id in connection_ids:
        deliver.apply_async((connection_id,), expires=outbox.HINT_SECONDS)


@shared_task(name="roaming.exchange.deliver")
def deliver(connection_id: int) -> None:
    while delivery.deliver_due(connection_id, clock.now()):
        pass  # what came meanwhile is due by now


@shared_task(name="roaming.exchange.open_agreements")
def open_agreements() -> None:
    """Agreements whose start date came: nothing else happens on that day that could wake anybody."""
    at = clock.now()
    for agreement in agreements.to_open(at):
        backfill.open_agreement(agreement=agreement, at=at)


@shared_task(name="roaming.exchange.pull_all")
def pull_all() -> None:
    """Everybody, but not all at the same moment (T49)."""
    spread = settings.PULL_MINUTES * 60 / 10
    for connection in connections.registered():
        pull_connection.apply_async((connection.pk,), countdown=random.uniform(0, spread))


@shared_task(name="roaming.exchange.pull_connection")
def pull_connection(connection_id: int) -> None:
    connection = connections.registered().filter(pk=connection_id).first()
    if connection is not None:
        with suppress(pulling.CannotPull):  # another worker is at it, or it has no interfaces of its own
            pulling.pull(connection=connection, at=clock.now())


@shared_task(name="roaming.exchange.forget_exchanges")
def forget_exchanges() -> None:
    at = clock.now()
    retention.forget_bodies(before=at - timedelta(days=settings.JOURNAL_BODY_DAYS))
    retention.forget(before=at - timedelta(days=settings.JOURNAL_DAYS))
