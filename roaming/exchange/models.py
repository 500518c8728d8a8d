"""The outbox of changes for partners, and the journal of what was said over HTTP."""

import uuid

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from partners.agreements.models import Agreement
from partners.connections.models import Connection
from partners.parties.models import Party
from roaming.kernel.crypto import EncryptedTextField
from roaming.kernel.states import Moves

# From then on an exchange took long.
SLOW_MS = 2000


class PushState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    RETRYING = "retrying", "Retrying"
    DELIVERED = "delivered", "Delivered"
    DEAD = "dead", "Dead"
    LAPSED = "lapsed", "Too late"
    DROPPED = "dropped", "Dropped"


MOVES: Moves = {
    PushState.WAITING: frozenset({PushState.RETRYING, PushState.DELIVERED, PushState.DEAD, PushState.LAPSED}),
    PushState.RETRYING: frozenset(
        {PushState.RETRYING, PushState.DELIVERED, PushState.DEAD, PushState.WAITING, PushState.LAPSED}
    ),
    PushState.DEAD: frozenset({PushState.WAITING, PushState.DROPPED}),
}


class Failure(models.TextChoices):
    """How the newest attempt ended where it did not succeed."""

    NAME = "name", "Name not resolved"
    CONNECTION = "connection", "No connection"
    TLS = "tls", "TLS failed"
    TIMEOUT = "timeout", "No answer in time"
    BROKEN_OFF = "broken_off", "Answer broken off"
    NOT_OCPI = "not_ocpi", "Answer is no OCPI"
    REDIRECT = "redirect", "Redirected"
    TOKEN = "token", "Our token refused"
    TOO_OFTEN = "too_often", "Called too often"
    REFUSED = "refused", "Refused"
    FAULT = "fault", "Fault of theirs"
    NOT_EXPRESSIBLE = "not_expressible", "Not in their version"
    NO_INTERFACE = "no_interface", "No such interface"


_HANDLED = pgtrigger.Q(old__handled_at__df=pgtrigger.F("new__handled_at"), new__handled_at__isnull=False)
_DROPPED = pgtrigger.Q(new__state="dropped")
_REPAIRED = pgtrigger.Q(old__body__df=pgtrigger.F("new__body"))


# What people did with a dead one, and in what words it was dead; and what it said before it was repaired.
@pghistory.track(
    pghistory.UpdateEvent("sent_again", condition=_HANDLED & ~_DROPPED & ~_REPAIRED),
    pghistory.UpdateEvent("repaired", condition=_HANDLED & ~_DROPPED & _REPAIRED),
    pghistory.UpdateEvent("dropped", condition=_HANDLED & _DROPPED),
    fields=["failure", "last_error", "handled_by", "handled_at", "note"],
    model_name="PushHandling",
    obj_field=pghistory.ObjForeignKey(related_name="handlings"),
)
@pghistory.track(
    pghistory.UpdateEvent("before_repair", condition=_HANDLED & ~_DROPPED & _REPAIRED, row=pghistory.Old),
    fields=["body"],
    model_name="PushBodyBefore",
    obj_field=pghistory.ObjForeignKey(related_name="bodies_before"),
)
class Push(models.Model):
    """One outgoing change for one connection. `body` is in the newest OCPI shape; delivery speaks the partner's
    version."""

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="pushes")
    module = models.CharField(max_length=30)
    kind = models.CharField(max_length=30)
    method = models.CharField(max_length=6)
    # Appended to the partner's endpoint URL, percent-encoded: "NL/VLT/LOC1", or "" for a POST.
    path = models.CharField(max_length=400, blank=True)
    # The whole address in place of endpoint and path, where the partner gave one (response_url).
    url = models.CharField(max_length=255, blank=True, default="")
    # Same key and connection: a newer state replaces an older one still waiting. Empty: never replaced.
    object_key = models.CharField(max_length=400, blank=True)
    # Where it does not, each state is sent, one after the other.
    merges = models.BooleanField(default=True)
    # The key of what must have arrived before: a credit CDR comes after the CDR, an EVSE's status after its location.
    follows = models.CharField(max_length=400, blank=True, default="")
    body = models.TextField(blank=True)
    from_party = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, related_name="+")
    to_party = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, related_name="+")
    correlation_id = models.CharField(max_length=100)
    # New whenever a newer state takes the row, so that a worker sending the old one does not tick off the new one.
    edition = models.UUIDField(default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=9, choices=PushState.choices, default=PushState.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    last_error = models.CharField(max_length=500, blank=True, default="")
    failure = models.CharField("kind of failure", max_length=15, choices=Failure.choices, blank=True, default="")
    # An attempt of something that must not arrive twice was begun, and whether it arrived is not known: it is looked up
    # at the partner before it is sent again.
    begun_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Where the partner keeps the object, as its header Location said.
    kept_at = models.CharField("their URL of it", max_length=1000, blank=True, default="")
    # From then on nobody has any use for it: the result of a command. It goes before what can wait.
    lapses_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True, blank=True)
    # What a person did with a dead one, and why.
    handled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    handled_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "pushes"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=PushState.values), name="roaming_push_state_known"),
            models.CheckConstraint(condition=Q(failure__in=["", *Failure.values]), name="roaming_push_failure_known"),
            models.CheckConstraint(
                condition=~Q(state="dropped") | (Q(handled_by__isnull=False, handled_at__isnull=False) & ~Q(note="")),
                name="roaming_push_dropped_by_somebody_for_a_reason",
            ),
            models.UniqueConstraint(
                fields=["connection", "object_key"],
                condition=Q(state__in=["waiting", "retrying"], merges=True) & ~Q(object_key=""),
                name="roaming_push_newest_state_only",
            ),
        ]
        indexes = [
            # The sweep: which connections have something due. A worker's turn: what is due longest.
            models.Index(
                fields=["connection", "next_attempt_at", "id"],
                condition=Q(state__in=["waiting", "retrying"]),
                name="roaming_push_due",
            ),
            # The sweep for what nobody has any use for, and what of it goes first.
            models.Index(
                fields=["connection", "lapses_at"],
                condition=Q(state__in=["waiting", "retrying"], lapses_at__isnull=False),
                name="roaming_push_lapsing",
            ),
            # What a person has to look at.
            models.Index(fields=["connection", "-id"], condition=Q(state="dead"), name="roaming_push_dead"),
            # The overview: what a connection took in the last hours, and when it took something last.
            models.Index(
                fields=["connection", "-delivered_at"],
                condition=Q(delivered_at__isnull=False),
                name="roaming_push_delivered",
            ),
            # What a whole location makes superfluous: the parts of it that wait.
            models.Index(
                fields=["connection", "follows"],
                condition=Q(state__in=["waiting", "retrying"]) & ~Q(follows=""),
                name="roaming_push_following",
            ),
            # What a connection was told of an object: registrations ask it, and a person who sends a dead push again.
            models.Index(fields=["connection", "object_key"], name="roaming_push_of_an_object"),
        ]

    def __str__(self) -> str:
        about = f"{self.module} {self.path}" if self.path else self.object_key or self.module
        return f"{self.method} {about}"


class SecondLook(models.Model):
    """A door was opened for a connection: by this agreement, or (without one) by a registration. What others were
    writing in that moment neither saw the open door nor was seen through it, so it is looked for once they are done."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, null=True, related_name="+")
    # The transaction that saw the open door first; all that were under way then have lower numbers. It is not known
    # until then: who began while the door was being opened has a higher number than who opened it.
    after = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"A second look for {self.connection}"


class Direction(models.TextChoices):
    IN = "in", "From the partner"
    OUT = "out", "To the partner"


# Exchanges that should have delivered a push and did not; a GET only asks whether it arrived.
FAILED_TO_DELIVER = Q(push__isnull=False) & ~Q(error="") & ~Q(method="GET")


class Ended(models.TextChoices):
    """What became of an exchange."""

    OK = "ok", "Went well"
    REFUSED = "refused", "Refused"
    FAILED = "failed", "Failed"


class Exchange(models.Model):
    """One recorded HTTP request and its answer. Written even when the request's own transaction rolled back.

    No secrets are kept, and drivers as masks only (see `persons.Masks`).
    """

    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, null=True, related_name="exchanges", db_index=False
    )
    push = models.ForeignKey(Push, on_delete=models.PROTECT, null=True, related_name="exchanges", db_index=False)
    direction = models.CharField(max_length=3, choices=Direction.choices)
    method = models.CharField(max_length=7)
    url = models.CharField(max_length=1000)
    # What it was about, as far as it tells: "tariffs", "receiver" (the side that was called), "2.2.1".
    module = models.CharField(max_length=30, blank=True, default="")
    role = models.CharField(max_length=8, blank=True, default="")
    version = models.CharField("OCPI version", max_length=10, blank=True, default="")
    # Its id or uid, and what of it was meant: "LOC1/EVSE1". Compared byte by byte, so that an index finds beginnings.
    object_id = models.CharField("object", max_length=200, blank=True, default="", db_collation="C")
    # Marks of the persons named in it, for who looks for a card (see `persons.Masks`).
    marks = ArrayField(models.CharField(max_length=8), default=list, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True)
    ocpi_status = models.PositiveSmallIntegerField(null=True)
    # Why it came to nothing, in a sentence; empty for what went well.
    error = models.CharField(max_length=500, blank=True, default="")
    request_id = models.CharField(max_length=100, blank=True)
    correlation_id = models.CharField(max_length=100, blank=True)
    request_body = models.TextField(blank=True)
    response_body = models.TextField(blank=True)
    # The request as it was, where it may be replayed and cannot be told from the rest (see `roaming.exchange.replay`).
    original = EncryptedTextField(blank=True, default="", editable=False)
    # What the partner's version could not say of the objects in the body we sent: [{"field", "why", "times"?}].
    losses = models.JSONField(default=list, blank=True)
    duration_ms = models.PositiveIntegerField()
    at = models.DateTimeField()
    # The exchange that a person had repeated. The journal forgets in bulk: the number may outlive the row.
    replay_of = models.ForeignKey(
        "self",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        blank=True,
        related_name="repeated",
    )

    class Meta:
        ordering = ["-id"]
        indexes = [
            # The journal of one connection, newest first.
            models.Index(fields=["connection", "-id"], name="roaming_exchange_newest"),
            # The overview: which pushes a connection failed at in the last hours.
            models.Index(
                fields=["connection", "-at", "push"], condition=FAILED_TO_DELIVER, name="roaming_exchange_push_failed"
            ),
            # One request through all hands: a command, its answer, its result.
            models.Index(fields=["correlation_id"], name="roaming_exchange_story"),
            # The one request that a partner asks about.
            models.Index(fields=["request_id"], name="roaming_exchange_request"),
            # What was said about an object, and about what belongs to it.
            models.Index(
                Upper("object_id"), F("id").desc(), condition=~Q(object_id=""), name="roaming_exchange_of_an_object"
            ),
            # What was said about a card or a contract.
            GinIndex(fields=["marks"], fastupdate=False, condition=~Q(marks=[]), name="roaming_exchange_of_a_person"),
            # The journal of one module, newest first.
            models.Index(fields=["module", "-id"], name="roaming_exchange_of_a_module"),
            # What came to nothing, and what took long: of many, few.
            models.Index(fields=["-id"], condition=~Q(error=""), name="roaming_exchange_failed"),
            models.Index(fields=["-id"], condition=Q(duration_ms__gte=SLOW_MS), name="roaming_exchange_slow"),
            # The tries of one push.
            models.Index(fields=["push", "-id"], condition=Q(push__isnull=False), name="roaming_exchange_of_a_push"),
            # What came of a replay.
            models.Index(fields=["replay_of"], condition=Q(replay_of__isnull=False), name="roaming_exchange_repeated"),
            # The daily clearing finds the oldest ones; rows lie in the order of time.
            BrinIndex(fields=["at"], name="roaming_exchange_age"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.url}"

    @property
    def ended(self) -> Ended:
        """Refused is what was understood and not done; failed is all that may go well another time."""
        if not self.error:
            return Ended.OK
        refused = 400 <= (self.http_status or 0) < 500 or 2000 <= (self.ocpi_status or 0) < 3000
        return Ended.REFUSED if refused else Ended.FAILED

    @property
    def slow(self) -> bool:
        return self.duration_ms >= SLOW_MS


class Replay(models.Model):
    """An exchange that a person had repeated, and why. What came of it refers to that exchange, or is the push."""

    # The journal forgets in bulk, replays with their exchanges.
    exchange = models.ForeignKey(Exchange, on_delete=models.DO_NOTHING, db_constraint=False, related_name="replays")
    push = models.ForeignKey(Push, on_delete=models.PROTECT, null=True, related_name="replays")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=500)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=~Q(note=""), name="roaming_replay_for_a_reason")]

    def __str__(self) -> str:
        return f"{self.exchange_id} again"


class PullState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    FINISHED = "finished", "Finished"
    FAILED = "failed", "Failed"
    STOPPED = "stopped", "Stopped"


PULL_MOVES: Moves = {
    PullState.WAITING: frozenset({PullState.RUNNING, PullState.PAUSED, PullState.STOPPED}),
    # Back to waiting: they are away for now.
    PullState.RUNNING: frozenset(
        {PullState.WAITING, PullState.PAUSED, PullState.FINISHED, PullState.FAILED, PullState.STOPPED}
    ),
    PullState.PAUSED: frozenset({PullState.WAITING, PullState.STOPPED}),
    PullState.FAILED: frozenset({PullState.WAITING}),
}
LIVE_PULLS = (PullState.WAITING, PullState.RUNNING, PullState.PAUSED)


class Cause(models.TextChoices):
    """Why a list is read."""

    SCHEDULE = "schedule", "The schedule"
    PERSON = "person", "A person"
    COMMAND = "command", "The command line"
    REGISTRATION = "registration", "A registration"
    AGREEMENT = "agreement", "An agreement"


class Pull(models.Model):
    """One reading of one list of one connection, from its first page to its end, over as many turns of as many workers
    as it takes.

    `since`: only what changed from then on; None: all of it, and what is gone is found. `full`: as far back as it is
    done now and then, where the list cannot be read as a whole. `gapless`: it leaves out nothing that changed between
    the last such reading and this one, so the next may begin where this one began.
    """

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="pulls")
    # The list, by its name in roaming.ocpi.listings, and where it was when the reading was asked for.
    module = models.CharField(max_length=40)
    url = models.TextField("their URL of the list")
    full = models.BooleanField(default=False)
    since = models.DateTimeField(null=True, blank=True)
    gapless = models.BooleanField(default=True)
    cause = models.CharField("asked for by", max_length=12, choices=Cause.choices)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    state = models.CharField(max_length=8, choices=PullState.choices, default=PullState.WAITING)
    # Why it waits, rests or failed: a sentence.
    reason = models.CharField(max_length=500, blank=True, default="")
    # Something opened while it was under way: the list is read in full right after it.
    then_full = models.BooleanField(default=False)
    # No worker takes it before.
    due_at = models.DateTimeField()
    # How often in a row the page at the cursor could not be had.
    tries = models.PositiveIntegerField(default=0)

    # The cursor: the page to read next ("" at the beginning, and at the end), where it starts, and how many of its
    # objects were counted already. The rest is what crawl.Place tells of it.
    next_url = models.TextField("the next page", blank=True, default="")
    offset = models.PositiveBigIntegerField(default=0)
    taken = models.PositiveIntegerField(default=0)
    landmark = models.TextField(blank=True, default="", editable=False)
    steps_back = models.PositiveSmallIntegerField(default=0)
    pages = models.PositiveIntegerField(default=0)
    # How many objects the list holds, as X-Total-Count said it last and at first, and how often that changed.
    total = models.PositiveBigIntegerField(null=True, blank=True)
    first_total = models.PositiveBigIntegerField(null=True, blank=True)
    total_changes = models.PositiveIntegerField(default=0)

    # What became of the objects: not here or not so, known, of nobody they host, broken, older than asked for, and no
    # longer listed.
    new = models.PositiveBigIntegerField(default=0)
    known = models.PositiveBigIntegerField(default=0)
    ignored = models.PositiveBigIntegerField(default=0)
    broken = models.PositiveBigIntegerField(default=0)
    older = models.PositiveBigIntegerField(default=0)
    gone = models.PositiveBigIntegerField(default=0)

    # Spent on it, without the waiting.
    seconds = models.FloatField(default=0)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    # When its last page was stored.
    heard_at = models.DateTimeField(null=True, blank=True)
    state_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=PullState.values), name="roaming_pull_state_known"),
            models.CheckConstraint(condition=Q(cause__in=Cause.values), name="roaming_pull_cause_known"),
            models.CheckConstraint(
                condition=~Q(cause="person") | Q(requested_by__isnull=False), name="roaming_pull_by_a_person_names_it"
            ),
            models.CheckConstraint(
                condition=Q(full=True) | Q(since__isnull=False), name="roaming_pull_of_all_of_it_is_full"
            ),
            models.CheckConstraint(
                condition=~Q(state="failed") | ~Q(reason=""), name="roaming_pull_failed_for_a_reason"
            ),
            models.UniqueConstraint(
                fields=["connection", "module"],
                condition=Q(state__in=["waiting", "running", "paused"]),
                name="roaming_pull_one_of_a_list_at_a_time",
            ),
        ]
        indexes = [
            # The last reading of a list: when it is due, from when on, and its history.
            models.Index(fields=["connection", "module", "-id"], name="roaming_pull_newest"),
            # The sweep: what a worker has to take up.
            models.Index(
                fields=["connection", "due_at"], condition=Q(state__in=["waiting", "running"]), name="roaming_pull_due"
            ),
        ]

    def __str__(self) -> str:
        return f"The reading of {self.module} from {self.connection}"

    @property
    def live(self) -> bool:
        """Whether it is not over."""
        return self.state in LIVE_PULLS

    @property
    def begun(self) -> bool:
        """Whether anything of the list was stored."""
        return self.pages > 0 or self.taken > 0

    @property
    def listed(self) -> int:
        """How many objects were met so far."""
        return self.new + self.known + self.ignored + self.broken + self.older

    @property
    def rate(self) -> float | None:
        """Objects a second, without the waiting."""
        return self.listed / self.seconds if self.listed and self.seconds else None

    @property
    def seconds_left(self) -> float | None:
        """How long it still takes, as far as they say how many objects there are."""
        if not self.live or self.total is None or self.rate is None:
            return None
        return max(self.total - self.offset, 0) / self.rate


class Met(models.Model):
    """One object that a reading of a whole list came across; kept until it is known what is gone. `owner` is empty for
    one that is listed, but broken."""

    pull = models.ForeignKey(Pull, on_delete=models.CASCADE, related_name="+")
    owner = models.CharField(max_length=6, blank=True)
    ocpi_id_upper = models.CharField(max_length=39)
    type = models.CharField(max_length=255, blank=True)

    class Meta:
        verbose_name = "object met"
        verbose_name_plural = "objects met"
        constraints = [
            models.UniqueConstraint(fields=["pull", "ocpi_id_upper", "owner", "type"], name="roaming_met_once"),
        ]

    def __str__(self) -> str:
        return f"{self.owner} {self.ocpi_id_upper}".strip()
