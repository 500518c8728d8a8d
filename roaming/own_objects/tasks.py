"""Celery doors of what people keep here."""

from celery import shared_task

from roaming.kernel import clock
from roaming.own_objects import services


@shared_task(name="roaming.own_objects.forget_uploads")
def forget_uploads() -> None:
    """Files that nobody confirmed are not kept."""
    services.forget(clock.now())
