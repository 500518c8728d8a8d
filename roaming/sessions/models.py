"""Charging in progress, and how it ended."""

from django.db import models

from partners.parties.models import Party
from roaming.ocpi.models import OcpiObject


class Session(OcpiObject):
    """Owned by the CPO party; `emsp` is the party of the token that charges, None when we do not know it."""

    emsp = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    status = models.CharField(max_length=12)
    token_uid = models.CharField(max_length=36)
    location_id = models.CharField(max_length=36)
    evse_uid = models.CharField(max_length=36)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    energy_kwh = models.DecimalField(max_digits=24, decimal_places=8)
    currency = models.CharField(max_length=3)
    cost = models.DecimalField("total cost before tax", max_digits=24, decimal_places=8, null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["party", "ocpi_id_upper"], name="roaming_session_one_per_owner_and_id")
        ]
        indexes = [
            # The paged list an eMSP crawls.
            models.Index(fields=["emsp", "party", "id"], name="roaming_session_crawl"),
            # The same, filtered by date_from and date_to.
            models.Index(fields=["emsp", "last_updated"], name="roaming_session_changed"),
            # The portal's list, newest first.
            models.Index(fields=["-started_at", "-id"], name="roaming_session_newest"),
        ]
