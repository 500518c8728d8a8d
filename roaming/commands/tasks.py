"""Celery doors of commands."""

from celery import shared_task

from roaming.commands import results
from roaming.kernel import clock


@shared_task(name="roaming.commands.time_out_due")
def time_out_due() -> None:
    """Find commands whose time is over; nobody else would notice that nothing came."""
    results.time_out_due(at=clock.now())
