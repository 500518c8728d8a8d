"""Letting drivers charge while their eMSP cannot be asked: the rule that the agreement chose, and its limits."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import F

from partners.agreements.models import Agreement, OfflineRule
from roaming.kernel import clock
from roaming.tokens.models import OfflineCount, Token


class NotOffline(Exception):
    """The driver may not charge without the eMSP's word; the text says why."""


@transaction.atomic
def count(*, agreement: Agreement, token: Token, at: datetime) -> None:
    """One more authorization of the token, on the agreement's day, without its eMSP's word. Raises NotOffline, and then
    nothing is counted. However many ask at once, no more get through than the agreement allows."""
    if agreement.offline_rule == OfflineRule.REFUSE:
        raise NotOffline("It is not agreed that drivers charge while their eMSP cannot be asked.")
    today = clock.in_zone(at, agreement.time_zone).date()
    if not _one_more(agreement, token, today, agreement.offline_per_token):
        times = agreement.offline_per_token
        raise NotOffline(f"This token charged {times} times today while its eMSP was away; more is not agreed.")
    in_all = agreement.offline_per_day
    if in_all is not None and not _one_more(agreement, None, today, in_all):
        raise NotOffline(f"{in_all} drivers charged today while their eMSP was away; more is not agreed.")


def _one_more(agreement: Agreement, token: Token | None, today: date, most: int) -> bool:
    """Count one, unless that would be more than `most`: the update waits for whoever is at the row, then looks."""
    OfflineCount.objects.bulk_create(
        [OfflineCount(agreement=agreement, token=token, date=today, most=most)], ignore_conflicts=True
    )
    counted = OfflineCount.objects.filter(agreement=agreement, token=token, date=today)
    return bool(counted.filter(used__lt=F("most")).update(used=F("used") + 1))
