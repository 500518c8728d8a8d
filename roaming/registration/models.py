"""What became of each try to register, rotate or leave, by either side. Its calls are in the traffic journal."""

from django.db import models
from django.db.models import Q

from partners.connections.models import Connection
from partners.people.models import User


class Method(models.TextChoices):
    POST = "POST", "Registration"
    PUT = "PUT", "New credentials"
    DELETE = "DELETE", "Unregistration"
    GET = "GET", "Test call"


class Outcome(models.TextChoices):
    UNDER_WAY = "under_way", "Under way"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Attempt(models.Model):
    """Written whatever becomes of the transaction that it tells about. One that stays under way died in between,
    and is ended by attempts.end_broken_off."""

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="attempts")
    method = models.CharField(max_length=6, choices=Method.choices)
    ours = models.BooleanField("started by us")
    # Who pressed the button; empty for a command, a task, and the partner.
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    # All calls that we make carry it; see selectors.calls_of for those that the partner makes.
    correlation_id = models.CharField(max_length=100)
    version = models.CharField("OCPI version", max_length=10, blank=True)
    outcome = models.CharField(max_length=9, choices=Outcome.choices, default=Outcome.UNDER_WAY)
    # What was found out on the way: [{"title": "Their versions", "answer": "…"}]
    steps = models.JSONField(default=list, blank=True)
    # How it ended, in a sentence.
    answer = models.TextField(blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "registration attempt"
        constraints = [
            models.CheckConstraint(condition=Q(method__in=Method.values), name="roaming_attempt_method_known"),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="roaming_attempt_outcome_known"),
        ]
        indexes = [
            # The attempts of one connection, newest first.
            models.Index(fields=["connection", "-id"], name="roaming_attempt_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.get_method_display()} of {self.connection}"
