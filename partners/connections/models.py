"""One OCPI link with one platform: a partner's, a hub's, or our own back-end's."""

import pghistory
import pgtrigger
from django.db import models
from django.db.models import Q

from partners.partners.models import Partner
from roaming.kernel.crypto import EncryptedTextField
from roaming.kernel.states import Moves


class ConnectionState(models.TextChoices):
    PLANNED = "planned", "Planned"
    REGISTERED = "registered", "Registered"
    SUSPENDED = "suspended", "Suspended"
    OFFLINE = "offline", "Offline"


MOVES: Moves = {
    ConnectionState.PLANNED: frozenset({ConnectionState.REGISTERED}),
    ConnectionState.REGISTERED: frozenset(
        {ConnectionState.REGISTERED, ConnectionState.PLANNED, ConnectionState.SUSPENDED, ConnectionState.OFFLINE}
    ),
    ConnectionState.OFFLINE: frozenset(
        {ConnectionState.REGISTERED, ConnectionState.PLANNED, ConnectionState.SUSPENDED, ConnectionState.OFFLINE}
    ),
    ConnectionState.SUSPENDED: frozenset(
        {ConnectionState.REGISTERED, ConnectionState.PLANNED, ConnectionState.SUSPENDED}
    ),
}


class TokenKind(models.TextChoices):
    """What the token that the partner shows us is good for."""

    REGISTRATION = "A", "Registration (TOKEN_A)"
    CREDENTIALS = "C", "Credentials"


@pghistory.track(fields=["name", "own", "state", "version", "versions_url"])
@pghistory.track(
    pghistory.UpdateEvent("quirks_changed", condition=pgtrigger.AnyChange("quirks", "quirks_by_hand")),
    fields=["quirks", "quirks_by_hand"],
    model_name="ConnectionQuirksEvent",
)
class Connection(models.Model):
    """`own` marks our own back-ends: they plug in by the same OCPI endpoints. One flagged `own` may have no URL at
    all."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="connections")
    name = models.CharField(max_length=100)
    own = models.BooleanField("our own back-end", default=False)
    state = models.CharField(max_length=12, choices=ConnectionState.choices, default=ConnectionState.PLANNED)
    version = models.CharField("OCPI version", max_length=10, blank=True)
    versions_url = models.URLField("their versions URL", max_length=255, blank=True)
    # [{"identifier": "cdrs", "role": "RECEIVER", "url": "https://…"}], as their version details gave them.
    endpoints = models.JSONField(default=list, blank=True)
    token_in_hash = models.CharField(max_length=64, null=True, blank=True, editable=False)
    token_in_kind = models.CharField(max_length=1, choices=TokenKind.choices, blank=True, editable=False)
    # While we register or rotate: what we offered them, good until they answered, are known to use it, or this moment.
    token_offered_hash = models.CharField(max_length=64, null=True, blank=True, editable=False)
    token_offered_until = models.DateTimeField(null=True, blank=True, editable=False)
    # After a rotation: the token before, good until the new one is used or this moment comes.
    token_previous_hash = models.CharField(max_length=64, null=True, blank=True, editable=False)
    token_previous_until = models.DateTimeField(null=True, blank=True, editable=False)
    token_out = EncryptedTextField(blank=True, default="", editable=False)
    only_version = models.CharField(
        "limited to OCPI version", max_length=10, blank=True, help_text="Empty: the newest that both sides have."
    )
    # Country code and party id of the hub that their platform is, as their credentials said ("NLHUB"); empty: none.
    hub_party_id = models.CharField("their hub", max_length=5, blank=True)
    # The party we are for a platform of OCPI 2.1.1, which knows one only; see routing.face_of.
    face = models.ForeignKey(
        "partners.Party",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="our party for OCPI 2.1.1",
    )
    # Where the platform departs from the specification, by name (see roaming.ocpi.quirks): {"plain_token": true}
    quirks = models.JSONField(default=dict, blank=True)
    # Names of those a person decided; a conformance run leaves them alone.
    quirks_by_hand = models.JSONField(default=list, blank=True)
    requests_per_minute = models.PositiveIntegerField(
        null=True, blank=True, help_text="How often it may call us; empty: as often as everybody."
    )
    # How we call it: as often, as many at once and waiting as long as it can bear.
    send_per_minute = models.PositiveIntegerField(
        "calls to it a minute", null=True, blank=True, help_text="How often we may call it; empty: as often as needed."
    )
    send_at_once = models.PositiveSmallIntegerField(
        "calls to it at once", default=4, help_text="How many of our pushes may be under way at the same time."
    )
    timeout_seconds = models.PositiveSmallIntegerField(
        "seconds to wait for it", null=True, blank=True, help_text="Empty: as long as for everybody."
    )
    registered_at = models.DateTimeField(null=True, blank=True)
    last_heard_at = models.DateTimeField(null=True, blank=True)
    # The breaker: after failures in a row nothing is sent before `paused_until`.
    failures = models.PositiveIntegerField(default=0, editable=False)
    paused_until = models.DateTimeField(null=True, blank=True, editable=False)
    # Where calls a minute are limited: before then none is made.
    next_call_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Ids of the different pushes that failed in a row by a fault of theirs, since they last took one.
    troubled_pushes = models.JSONField(default=list, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(models.functions.Lower("name"), name="partners_connection_name_unique"),
            models.UniqueConstraint(fields=["token_in_hash"], name="partners_connection_token_identifies_one"),
            models.UniqueConstraint(
                fields=["token_offered_hash"], name="partners_connection_offered_token_identifies_one"
            ),
            models.UniqueConstraint(
                fields=["token_previous_hash"], name="partners_connection_previous_token_identifies_one"
            ),
            models.CheckConstraint(
                condition=Q(state__in=ConnectionState.values), name="partners_connection_state_known"
            ),
            models.CheckConstraint(condition=Q(send_at_once__gte=1), name="partners_connection_sends_something"),
            models.CheckConstraint(condition=~Q(send_per_minute=0), name="partners_connection_may_be_called"),
            models.CheckConstraint(condition=~Q(timeout_seconds=0), name="partners_connection_is_waited_for"),
            models.CheckConstraint(
                condition=~Q(state="registered") | ~Q(version=""), name="partners_connection_registered_has_a_version"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def endpoint(self, identifier: str, role: str) -> str | None:
        """Their URL of a module's interface (`role` is theirs: SENDER or RECEIVER), or None when they do not have
        it."""
        for entry in self.endpoints:
            if entry["identifier"] == identifier and entry["role"] == role:
                return str(entry["url"])
        return None

    @property
    def reachable(self) -> bool:
        """Whether pushes to this connection make sense: it is registered (perhaps offline now) and gave us its URLs."""
        return self.state in {ConnectionState.REGISTERED, ConnectionState.OFFLINE} and bool(self.endpoints)
