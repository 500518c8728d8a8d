"""One OCPI link with one platform: a partner's, a hub's, or our own back-end's."""

import pghistory
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
    ConnectionState.SUSPENDED: frozenset({ConnectionState.REGISTERED, ConnectionState.PLANNED}),
}


class TokenKind(models.TextChoices):
    """What the token that the partner shows us is good for."""

    REGISTRATION = "A", "Registration (TOKEN_A)"
    CREDENTIALS = "C", "Credentials"


@pghistory.track(fields=["name", "own", "state", "version", "versions_url"])
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
    # While we register with them: what we offered them, good for versions until they answer.
    token_offered_hash = models.CharField(max_length=64, null=True, blank=True, editable=False)
    token_out = EncryptedTextField(blank=True, default="", editable=False)
    registered_at = models.DateTimeField(null=True, blank=True)
    last_heard_at = models.DateTimeField(null=True, blank=True)
    last_pulled_at = models.DateTimeField(null=True, blank=True)
    # The breaker: after failures in a row nothing is sent before `paused_until`.
    failures = models.PositiveIntegerField(default=0, editable=False)
    paused_until = models.DateTimeField(null=True, blank=True, editable=False)
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
            models.CheckConstraint(
                condition=Q(token_offered_hash__isnull=True) | ~Q(token_in_kind="C"),
                name="partners_connection_offers_no_token_once_registered",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ConnectionState.values), name="partners_connection_state_known"
            ),
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
