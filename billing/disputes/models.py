"""A contested CDR: reason, amount, messages, deadline, outcome."""

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q

from roaming.cdrs.models import Cdr
from roaming.kernel.states import Moves


class DisputeState(models.TextChoices):
    OPEN = "open", "Open"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"


MOVES: Moves = {
    DisputeState.OPEN: frozenset({DisputeState.ACCEPTED, DisputeState.REJECTED, DisputeState.WITHDRAWN}),
}


class Reason(models.TextChoices):
    PRICE = "price", "Price differs from the tariff"
    ENERGY = "energy", "Energy is not plausible"
    TIME = "time", "Times are not plausible"
    DUPLICATE = "duplicate", "Charged twice"
    UNKNOWN_SESSION = "unknown_session", "Session not known"
    LATE = "late", "CDR came too late"
    OTHER = "other", "Other"


@pghistory.track()
class Dispute(models.Model):
    """While open, its CDR is held out of settlement. Accepted: the claim is right, the CDR is rejected and must be
    credited by its owner. Rejected or withdrawn: the CDR is accepted as billed."""

    reference = models.CharField(max_length=20, unique=True)
    cdr = models.ForeignKey(Cdr, on_delete=models.PROTECT, related_name="disputes")
    state = models.CharField(max_length=9, choices=DisputeState.choices, default=DisputeState.OPEN)
    reason = models.CharField(max_length=20, choices=Reason.choices)
    amount = models.DecimalField("amount contested", max_digits=18, decimal_places=4)
    currency = models.CharField(max_length=3)
    due_at = models.DateTimeField("answer due")
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=DisputeState.values), name="billing_dispute_state_known"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="billing_dispute_amount_positive"),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True) | (~Q(state="open") & Q(closed_at__isnull=False)),
                name="billing_dispute_closed_when_decided",
            ),
            models.UniqueConstraint(fields=["cdr"], condition=Q(state="open"), name="billing_dispute_one_open_per_cdr"),
        ]

    def __str__(self) -> str:
        return self.reference


class DisputeMessage(models.Model):
    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    text = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.dispute}: {self.text[:40]}"
