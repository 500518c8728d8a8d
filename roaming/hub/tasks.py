"""Celery doors of hub client info."""

from celery import shared_task

from roaming.hub import services
from roaming.kernel import clock


@shared_task(name="roaming.hub.refresh")
def refresh() -> None:
    """Connections come and go in many places; this finds all of them."""
    services.refresh(at=clock.now())
