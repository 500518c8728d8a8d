"""The cards and app accounts of drivers, owned by their eMSP, and every question whether one of them may charge."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from partners.agreements.models import Agreement
from partners.connections.models import Connection
from partners.parties.models import Party
from roaming.ocpi.models import OcpiObject

# The type of a contract that a car shows: asked about, not sent around (K6).
ASKED_ONLY = "EMAID"


class Token(OcpiObject):
    """`ocpi_id` is the token's uid; the same uid as RFID and as APP_USER are two tokens."""

    type = models.CharField(max_length=255)
    contract_id = models.CharField(max_length=36)
    contract_id_upper = models.GeneratedField(
        expression=Upper("contract_id"), output_field=models.CharField(max_length=36), db_persist=True
    )
    valid = models.BooleanField()
    whitelist = models.CharField(max_length=20)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["party", "ocpi_id_upper", "type"], name="roaming_token_one_per_owner_uid_and_type"
            )
        ]
        indexes = [
            # The paged list a CPO crawls.
            models.Index(fields=["party", "id"], name="roaming_token_crawl"),
            # The same, filtered by date_from and date_to.
            models.Index(fields=["party", "last_updated"], name="roaming_token_changed"),
            # Real-time authorization: a uid shown at a station, whoever issued it.
            models.Index(fields=["ocpi_id_upper", "type"], name="roaming_token_by_uid"),
            # A session or CDR of OCPI 2.1.1 names its token by the contract only.
            models.Index(fields=["contract_id_upper", "party"], name="roaming_token_by_contract"),
        ]


class Outcome(models.TextChoices):
    """What the CPO was told: OCPI's five words for a token that is known, and why there was none of them."""

    ALLOWED = "allowed", "Allowed"
    BLOCKED = "blocked", "Blocked"
    EXPIRED = "expired", "Expired"
    NO_CREDIT = "no_credit", "No credit"
    NOT_ALLOWED = "not_allowed", "Not allowed"
    UNKNOWN_TOKEN = "unknown_token", "Unknown token"
    NOT_ENOUGH = "not_enough", "Not enough said"
    INVALID = "invalid", "Invalid question"
    FAILED = "failed", "Failed here"


class Source(models.TextChoices):
    """Who decided it."""

    EMSP = "emsp", "The eMSP"
    OWN = "own", "Our own tokens"
    WHITELIST = "whitelist", "The whitelist"
    OFFLINE = "offline", "The offline rule"
    NOBODY = "nobody", "Nobody"


class Authorization(models.Model):
    """One question of a CPO whether a driver may charge, and what it was told.

    The token is named as it was asked about; `token` is the row that was found for it. What is not known stays empty.
    """

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="+", db_index=False)
    cpo = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    emsp = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    token = models.ForeignKey(Token, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    token_uid = models.CharField("token", max_length=36)
    # Empty: the CPO did not say.
    token_type = models.CharField("type", max_length=255, blank=True, default="")
    location_id = models.CharField("location", max_length=36, blank=True, default="")
    evse_uids = ArrayField(models.CharField(max_length=39), default=list, blank=True)
    version = models.CharField("OCPI version", max_length=10)
    outcome = models.CharField(max_length=13, choices=Outcome.choices)
    source = models.CharField(max_length=9, choices=Source.choices, default=Source.NOBODY)
    reason = models.CharField(max_length=500)
    # Why the eMSP, which was to decide, did not; empty where it did, or was not needed.
    problem = models.CharField("why the eMSP gave no answer", max_length=500, blank=True, default="")
    authorization_reference = models.CharField("reference", max_length=36, blank=True, default="")
    correlation_id = models.CharField(max_length=100)
    duration_ms = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="roaming_authorization_outcome_known"),
            models.CheckConstraint(condition=Q(source__in=Source.values), name="roaming_authorization_source_known"),
            models.CheckConstraint(
                condition=~Q(outcome="allowed") | (~Q(source="nobody") & Q(agreement__isnull=False)),
                name="roaming_authorization_allowed_by_somebody",
            ),
        ]
        indexes = [
            # What a platform asked, newest first; the figures of a CPO.
            models.Index(fields=["connection", "-id"], name="roaming_authorization_asked"),
            # What was asked about an eMSP's drivers, newest first; its figures.
            models.Index(fields=["emsp", "-id"], name="roaming_authorization_issuer"),
            # The attempts of one token, newest first.
            models.Index(fields=["token", "-id"], name="roaming_authorization_of_token"),
            # The authorization that a session or CDR names.
            models.Index(
                Upper("authorization_reference"),
                condition=~Q(authorization_reference=""),
                name="roaming_authorization_by_ref",
            ),
            # The daily clearing finds the oldest ones; rows lie in the order of time.
            BrinIndex(fields=["at"], name="roaming_authorization_age"),
        ]

    def __str__(self) -> str:
        return f"{self.token_uid} {self.get_outcome_display().lower()}"

    @property
    def unanswered(self) -> bool:
        """Whether the eMSP was to decide, and said nothing."""
        return bool(self.problem)


class OfflineCount(models.Model):
    """How often drivers were let charge on a day, in the agreement's zone, although their eMSP could not be asked: one
    token, or (without one) all of them."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="+", db_index=False)
    token = models.ForeignKey(Token, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    date = models.DateField()
    used = models.PositiveIntegerField(default=0)
    most = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "token", "date"], nulls_distinct=False, name="roaming_offline_count_one_a_day"
            ),
            models.CheckConstraint(condition=Q(used__lte=F("most")), name="roaming_offline_count_within_its_limit"),
        ]

    def __str__(self) -> str:
        return f"{self.agreement} {self.date}: {self.used} of {self.most}"
