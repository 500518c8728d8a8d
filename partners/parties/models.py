"""`country_code` + `party_id` in one role, hosted by a connection."""

import pghistory
from django.db import models
from django.db.models import Q

from partners.connections.models import Connection


class PartyRole(models.TextChoices):
    CPO = "CPO", "CPO"
    EMSP = "EMSP", "eMSP"
    HUB = "HUB", "Hub"
    NAP = "NAP", "NAP"
    NSP = "NSP", "NSP"
    OTHER = "OTHER", "Other"
    SCSP = "SCSP", "SCSP"


class ConnectionStatus(models.TextChoices):
    """Whether a party can be reached, as OCPI calls it."""

    CONNECTED = "CONNECTED", "Connected"
    OFFLINE = "OFFLINE", "Offline"
    PLANNED = "PLANNED", "Planned"
    SUSPENDED = "SUSPENDED", "Suspended"


@pghistory.track()
class Party(models.Model):
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="parties")
    country_code = models.CharField(max_length=2)
    party_id = models.CharField(max_length=3)
    role = models.CharField(max_length=5, choices=PartyRole.choices)
    # A role we do not know counts as OTHER; this is what they call it.
    role_named = models.CharField("role as they name it", max_length=50, blank=True)
    # OCPI BusinessDetails as their credentials gave them: {"name", "website"?, "logo"?}
    business_details = models.JSONField(default=dict, blank=True)
    # What the hub that it is behind says of it; empty: no hub said anything.
    hub_status = models.CharField("as its hub says", max_length=9, choices=ConnectionStatus.choices, blank=True)
    # Since when their credentials list it no more: it may not be written, read for, spoken for or sent to.
    left_at = models.DateTimeField("gone from their credentials", null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["country_code", "party_id", "role"]
        verbose_name_plural = "parties"
        constraints = [
            # A party belongs to one platform only: whoever could claim it twice could write its objects.
            models.UniqueConstraint(fields=["country_code", "party_id", "role"], name="partners_party_claimed_once"),
            models.CheckConstraint(
                condition=Q(country_code__regex=r"^[A-Z]{2}$") & Q(party_id__regex=r"^[A-Z0-9]{3}$"),
                name="partners_party_code_in_capitals",
            ),
            models.CheckConstraint(condition=Q(role__in=PartyRole.values), name="partners_party_role_known"),
            models.CheckConstraint(
                condition=Q(hub_status__in=["", *ConnectionStatus.values]), name="partners_party_hub_status_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.country_code}*{self.party_id}"

    @property
    def code(self) -> str:
        """The way people write it: `NL*VLT`."""
        return f"{self.country_code}*{self.party_id}"

    @property
    def reachable(self) -> bool:
        """Whether sending to it makes sense: its platform lists it and is reachable, and no hub calls it away."""
        there = self.left_at is None and self.hub_status in {"", ConnectionStatus.CONNECTED}
        return there and self.connection.reachable
