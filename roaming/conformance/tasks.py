"""Celery doors of conformance runs."""

from contextlib import suppress

from celery import shared_task

from roaming.conformance import services
from roaming.conformance.models import ConformanceRun
from roaming.kernel import clock
from roaming.kernel.states import CannotMove


@shared_task(name="roaming.conformance.check")
def check(run_id: int) -> None:
    run = ConformanceRun.objects.select_related("connection").get(pk=run_id)
    with suppress(CannotMove):  # another worker was faster, or it was ended
        services.execute(run=run, at=clock.now())


@shared_task(name="roaming.conformance.sweep")
def sweep() -> None:
    """What a lost hint left waiting, and what a dead worker left running."""
    services.end_lost(at=clock.now())
    for run in services.waiting():
        check.delay(run.pk)
