"""What a check, an intake or a pull found, in a plain sentence, with the money at risk."""

from django.db import models
from django.db.models import Q

from partners.connections.models import Connection
from roaming.cdrs.models import Cdr


class Severity(models.TextChoices):
    NOTE = "note", "Worth knowing"
    HOLDS = "holds", "Holds the CDR"
    ERROR = "error", "Refused"


class Standing(models.TextChoices):
    """OPEN while it waits for somebody, or is only worth knowing; DECIDED with the CDR that it held; WITHDRAWN by a
    later judging."""

    OPEN = "open", "Open"
    DECIDED = "decided", "Decided"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Finding(models.Model):
    """About a CDR (`cdr`), or about something a connection sent that we did not store (`connection`, `subject`).

    What a judging found of a CDR is withdrawn when a later one no longer finds it. A refusal happened, and stands.
    """

    code = models.CharField(max_length=40)
    severity = models.CharField(max_length=5, choices=Severity.choices)
    title = models.CharField(max_length=120)
    sentence = models.TextField()
    expected = models.CharField(max_length=300, blank=True, default="")
    actual = models.CharField(max_length=300, blank=True, default="")
    money_at_risk = models.DecimalField(max_digits=24, decimal_places=8, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True, default="")
    cdr = models.ForeignKey(Cdr, on_delete=models.PROTECT, null=True, blank=True, related_name="findings")
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, null=True, blank=True, related_name="findings")
    subject = models.CharField("module and id", max_length=200, blank=True, default="")
    found_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    standing: str  # where selectors read it, see Standing

    class Meta:
        ordering = ["-id"]
        indexes = [
            # Whether a fault is known already that comes again with every push and pull.
            models.Index(fields=["connection", "subject"], name="roaming_finding_known"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(severity__in=Severity.values), name="roaming_finding_severity_known"),
            models.CheckConstraint(
                condition=Q(money_at_risk__isnull=True) | ~Q(currency=""), name="roaming_finding_money_has_a_currency"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | Q(cdr__isnull=False) & ~Q(severity=Severity.ERROR),
                name="roaming_finding_only_a_judging_is_withdrawn",
            ),
        ]

    def __str__(self) -> str:
        return self.title
