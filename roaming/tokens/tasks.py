"""Celery doors of tokens."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings

from roaming.kernel import clock
from roaming.tokens import attempts


@shared_task(name="roaming.tokens.forget_authorizations")
def forget_authorizations() -> None:
    """As old as the traffic that they tell of."""
    attempts.forget(before=clock.now() - timedelta(days=settings.JOURNAL_DAYS))
