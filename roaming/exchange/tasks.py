"""Celery doors. The outbox is the truth; these only hurry."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings

from partners.agreements import selectors as agreements
from partners.connections import selectors as connections
from roaming.exchange import backfill, delivery, outbox, pulls, retention, second_look
from roaming.exchange import pull as pulling
from roaming.exchange import selectors as exchange
from roaming.kernel import clock, locks


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


@shared_task(name="roaming.exchange.look_again")
def look_again() -> None:
    """Send what was being written while an agreement began or a connection registered; those writers told nobody."""
    second_look.look_due(at=clock.now())


@shared_task(name="roaming.exchange.pull_all")
def pull_all() -> None:
    """Ask for every list whose time has come. It comes from the readings before, so no restart puts it off."""
    for connection in connections.registered().exclude(endpoints=[]):
        if pulls.ask_due(connection=connection, at=clock.now()):
            _hurry_pulls(connection.pk)


@shared_task(name="roaming.exchange.pull_due")
def pull_due() -> None:
    """Find readings that no message told of, that wait no longer, or whose worker died."""
    for connection in exchange.connections_with_due_pulls(clock.now()):
        if not locks.is_held(pulling.lock_name(connection.pk)):
            _hurry_pulls(connection.pk)


@shared_task(name="roaming.exchange.pull_connection")
def pull_connection(connection_id: int) -> None:
    """Read what is due of one connection for a while; others have a turn before the rest."""
    if pulling.take_turn(connection_id, clock.now()):
        _hurry_pulls(connection_id)


def _hurry_pulls(connection_id: int) -> None:
    pull_connection.apply_async((connection_id,), expires=outbox.HINT_SECONDS)


@shared_task(name="roaming.exchange.forget_exchanges")
def forget_exchanges() -> None:
    at = clock.now()
    retention.forget_bodies(before=at - timedelta(days=settings.JOURNAL_BODY_DAYS))
    before = at - timedelta(days=settings.JOURNAL_DAYS)
    retention.forget(before=before)
    retention.forget_pushes(before=before)
    pulls.forget(before=before)
