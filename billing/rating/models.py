"""The price we computed for a CDR, with its explanation."""

from django.db import models
from django.db.models import Q

from partners.agreements.models import Agreement
from roaming.cdrs.models import Cdr


class Verdict(models.TextChoices):
    WITHIN = "within", "Within tolerance"
    OUTSIDE = "outside", "Outside tolerance"
    UNPRICEABLE = "unpriceable", "Could not be priced"


class Rating(models.Model):
    """Append-only: pricing a CDR again adds a row; the newest counts."""

    cdr = models.ForeignKey(Cdr, on_delete=models.PROTECT, related_name="ratings")
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, null=True, related_name="+")
    verdict = models.CharField(max_length=11, choices=Verdict.choices)
    total = models.DecimalField("our total before tax", max_digits=24, decimal_places=8, null=True)
    difference = models.DecimalField("carried minus ours", max_digits=24, decimal_places=8, null=True)
    currency = models.CharField(max_length=3)
    tolerance = models.DecimalField(max_digits=9, decimal_places=4, null=True)
    # billing.pricing's as_json(): every line with rate, quantity measured and billed, amount, and a sentence.
    explanation = models.JSONField()
    rated_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict="unpriceable") | Q(total__isnull=False), name="billing_rating_priced_has_a_total"
            )
        ]

    def __str__(self) -> str:
        return f"{self.cdr}: {self.get_verdict_display()}"
