"""Charge detail records: what happened, what it cost, and where we stand with it."""

import pghistory
import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from partners.agreements.models import Agreement
from partners.connections.models import Connection
from partners.parties.models import Party
from roaming.kernel.states import Moves
from roaming.ocpi.models import OcpiObject
from roaming.sessions.models import Session

# What stands for the session of a CDR that has none (T87).
NO_SESSION = ("", "#NA")


class CdrState(models.TextChoices):
    RECEIVED = "received", "Received"
    ACCEPTED = "accepted", "Accepted"
    HELD = "held", "Held"
    REJECTED = "rejected", "Rejected"
    SETTLED = "settled", "Settled"


MOVES: Moves = {
    CdrState.RECEIVED: frozenset({CdrState.ACCEPTED, CdrState.HELD}),
    # Held again when a later look finds another reason.
    CdrState.HELD: frozenset({CdrState.HELD, CdrState.ACCEPTED, CdrState.REJECTED}),
    CdrState.ACCEPTED: frozenset({CdrState.HELD, CdrState.SETTLED}),
}


class Via(models.TextChoices):
    """How a CDR came to us."""

    PUSH = "push", "Posted by its owner"
    PULL = "pull", "Pulled from its owner"
    IMPORT = "import", "Imported from a file"


@pghistory.track(
    pghistory.UpdateEvent("state_changed", condition=pgtrigger.AnyChange("state")),
    fields=["state", "state_reason", "state_at"],
    model_name="CdrMove",
    obj_field=pghistory.ObjForeignKey(related_name="moves"),
)
class Cdr(OcpiObject):
    """Owned by the CPO party. `raw` is the body exactly as received: evidence. `state` is changed by services.move()
    only. What it belongs to may come after it: `known_session` and `credited` are kept by links.py."""

    emsp = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    emsp_code = models.CharField("eMSP the token names", max_length=6)
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, null=True, blank=True, related_name="cdrs")
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=8, choices=CdrState.choices, default=CdrState.RECEIVED)
    state_at = models.DateTimeField()
    state_reason = models.TextField(blank=True, default="")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    session_id = models.CharField(max_length=36, blank=True)
    known_session = models.ForeignKey(
        Session, on_delete=models.PROTECT, null=True, blank=True, related_name="cdrs", verbose_name="its session here"
    )
    authorization_reference = models.CharField(max_length=36, blank=True, default="")
    token_uid = models.CharField(max_length=36)
    contract_id = models.CharField(max_length=36)
    location_id = models.CharField(max_length=36)
    evse_id = models.CharField("EVSE id", max_length=48)
    energy_kwh = models.DecimalField(max_digits=24, decimal_places=8)
    currency = models.CharField(max_length=3)
    total_cost = models.DecimalField("total cost before tax", max_digits=24, decimal_places=8)
    credit = models.BooleanField(default=False)
    credit_reference_id = models.CharField(max_length=39, blank=True)
    credited = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="credits", verbose_name="takes back"
    )
    raw = models.BinaryField(editable=False)
    raw_version = models.CharField("OCPI version of the body", max_length=10)
    content_sha256 = models.CharField(max_length=64, editable=False)
    received_at = models.DateTimeField()
    # How long after the end of the charging it came, where that was too long (LATE_HOURS).
    late_by = models.DurationField(null=True, blank=True)
    via = models.CharField(max_length=6, choices=Via.choices)

    class Meta:
        verbose_name = "CDR"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["party", "ocpi_id_upper"], name="roaming_cdr_one_per_owner_and_id"),
            models.CheckConstraint(condition=Q(state__in=CdrState.values), name="roaming_cdr_state_known"),
            models.CheckConstraint(
                condition=~Q(state__in=["accepted", "settled"]) | Q(agreement__isnull=False),
                name="roaming_cdr_accepted_under_an_agreement",
            ),
            models.CheckConstraint(
                condition=Q(credited__isnull=True) | Q(credit=True), name="roaming_cdr_credited_by_credits_only"
            ),
        ]
        indexes = [
            # The sweep that finds CDRs nobody has judged yet.
            models.Index(fields=["id"], condition=Q(state="received"), name="roaming_cdr_to_judge"),
            # The paged list an eMSP crawls.
            models.Index(fields=["emsp", "party", "id"], name="roaming_cdr_crawl"),
            # The same, filtered by date_from and date_to.
            models.Index(fields=["emsp", "last_updated"], name="roaming_cdr_changed"),
            # The portal's list, newest first.
            models.Index(fields=["-ended_at", "-id"], name="roaming_cdr_newest"),
            # The same of those that came late.
            models.Index(fields=["-ended_at", "-id"], condition=Q(late_by__isnull=False), name="roaming_cdr_came_late"),
            # Settlement: what of an agreement is ready up to the end of a period.
            models.Index(fields=["agreement", "state", "ended_at"], name="roaming_cdr_to_settle"),
            # Judging: another CDR of the same session, in any letter case.
            models.Index("party", Upper("session_id"), name="roaming_cdr_by_session"),
            # A session, or a command, that carries its reference, in any letter case.
            models.Index(
                "party",
                Upper("authorization_reference"),
                condition=~Q(authorization_reference=""),
                name="roaming_cdr_by_reference",
            ),
            # Judging: the credits of a CDR, in any letter case.
            models.Index("party", Upper("credit_reference_id"), condition=Q(credit=True), name="roaming_cdr_credits"),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="cdr_is_evidence",
                fields=["party", "ocpi_id", "body", "raw", "content_sha256", "total_cost", "currency", "received_at"],
            ),
            pgtrigger.Protect(name="cdr_is_never_deleted", operation=pgtrigger.Delete),
        ]

    @property
    def names_session(self) -> bool:
        """Whether it says which session it bills; in 2.1.1 none does."""
        return self.session_id not in NO_SESSION
