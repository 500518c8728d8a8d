"""Celery doors of rating."""

from celery import shared_task
from django.db import transaction

from billing.rating import services
from roaming.cdrs.models import Cdr
from roaming.kernel import clock


@shared_task(name="billing.rating.judge_due")
def judge_due() -> int:
    """Judge the CDRs that nobody has judged yet; how many."""
    return services.judge_due(at=clock.now())


def hurry(*, cdr: Cdr) -> None:
    """On "cdr.received": judge right after the commit. Only a hint: without a broker the sweep finds the CDR later."""
    transaction.on_commit(lambda: judge_due.apply_async(expires=2, retry=False), robust=True)
