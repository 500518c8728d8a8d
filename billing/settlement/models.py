"""One billing period of one agreement."""

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from partners.agreements.models import Agreement


@pghistory.track()
class SettlementRun(models.Model):
    """Dates are local dates in the agreement's time zone; the period is half-open. Its document, if any, is an
    Invoice."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="runs")
    period_starts_date = models.DateField()
    period_ends_date = models.DateField()
    cdr_count = models.PositiveIntegerField(default=0)
    run_at = models.DateTimeField()
    run_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-period_starts_date", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "period_starts_date"], name="billing_settlement_run_once_per_period"
            ),
            models.CheckConstraint(
                condition=Q(period_ends_date__gt=F("period_starts_date")), name="billing_settlement_run_period_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agreement} {self.period_starts_date:%Y-%m}"
