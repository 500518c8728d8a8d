"""A conformance run: what a partner's platform was asked, read-only, and how each check came out."""

from django.db import models
from django.db.models import Q

from partners.connections.models import Connection
from partners.people.models import User
from roaming.exchange.models import Exchange
from roaming.kernel.states import Moves


class RunState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    FINISHED = "finished", "Finished"
    STOPPED = "stopped", "Stopped early"


LIVE = (RunState.WAITING, RunState.RUNNING)
MOVES: Moves = {
    RunState.WAITING: frozenset({RunState.RUNNING, RunState.STOPPED}),
    RunState.RUNNING: frozenset({RunState.FINISHED, RunState.STOPPED}),
}


class Outcome(models.TextChoices):
    FAILED = "failed", "Failed"
    WARNING = "warning", "Warning"
    PASSED = "passed", "Passed"
    SKIPPED = "skipped", "Skipped"
    NOT_APPLICABLE = "not_applicable", "Not applicable"


class ConformanceRun(models.Model):
    """`modules` are the lists it was limited to (none: all), `limits` how much it might ask (see conformance.limits).

    `reason` says why it stopped early, `progress` what it looks at now, `learnt` what it saw of the partner's quirks.
    """

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="conformance_runs")
    state = models.CharField(max_length=8, choices=RunState.choices, default=RunState.WAITING)
    version = models.CharField("OCPI version", max_length=10)
    versions_url = models.CharField("their versions URL", max_length=255)
    modules = models.JSONField(default=list, blank=True)
    limits = models.JSONField(default=dict)
    learnt = models.JSONField(default=dict, blank=True)
    reason = models.CharField(max_length=500, blank=True, default="")
    progress = models.CharField(max_length=200, blank=True, default="")
    calls = models.PositiveIntegerField(default=0)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RunState.values), name="roaming_conformance_state_known"),
            models.UniqueConstraint(
                fields=["connection"],
                condition=Q(state__in=["waiting", "running"]),
                name="roaming_conformance_one_at_a_time",
            ),
        ]
        indexes = [
            # The history of one connection, newest first.
            models.Index(fields=["connection", "-id"], name="roaming_conformance_newest"),
        ]

    def __str__(self) -> str:
        return f"Conformance of {self.connection}"

    @property
    def live(self) -> bool:
        """Whether results are still to come."""
        return self.state in LIVE


class CheckResult(models.Model):
    """One check of one module, in words for the partner's engineers; `times` counts the answers it is about."""

    run = models.ForeignKey(ConformanceRun, on_delete=models.CASCADE, related_name="results")
    module = models.CharField(max_length=40)
    area = models.CharField(max_length=20)
    code = models.CharField(max_length=40)
    title = models.CharField(max_length=120)
    section = models.CharField(max_length=160)
    requirement = models.CharField(max_length=20)
    outcome = models.CharField(max_length=14, choices=Outcome.choices)
    sentence = models.TextField()
    expected = models.CharField(max_length=500, blank=True, default="")
    actual = models.TextField(blank=True, default="")
    url = models.CharField(max_length=1000, blank=True, default="")
    request_id = models.CharField(max_length=100, blank=True, default="")
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    times = models.PositiveIntegerField(default=0)
    # Evidence. The journal forgets after a while, in bulk: the number may outlive the row.
    exchange = models.ForeignKey(
        Exchange, on_delete=models.DO_NOTHING, db_constraint=False, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="roaming_check_outcome_known"),
            models.UniqueConstraint(fields=["run", "module", "code"], name="roaming_check_once_a_run"),
        ]

    def __str__(self) -> str:
        return f"{self.module}: {self.title}"
