"""Celery doors: old tokens are renewed at night, where the settings say so, and what was broken off is told."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings

from roaming.kernel import clock
from roaming.registration import attempts, rotation


@shared_task(name="roaming.registration.rotate_due")
def rotate_due() -> None:
    if settings.ROTATE_DAYS:
        rotation.rotate_due(older_than=timedelta(days=settings.ROTATE_DAYS), at=clock.now())


@shared_task(name="roaming.registration.end_broken_off")
def end_broken_off() -> None:
    attempts.end_broken_off(clock.now())
