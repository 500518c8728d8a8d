"""Charging in progress, and how it ended."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from partners.parties.models import Party
from roaming.ocpi.models import OcpiObject


class Session(OcpiObject):
    """Owned by the CPO party; `emsp` is the party of the token that charges, None when we do not know it."""

    emsp = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    status = models.CharField(max_length=12)
    token_uid = models.CharField(max_length=36)
    # What the eMSP called the authorization or the command that it began with; the last one that the CPO said.
    authorization_reference = models.CharField(max_length=36, blank=True, default="")
    location_id = models.CharField(max_length=36)
    evse_uid = models.CharField(max_length=36)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    energy_kwh = models.DecimalField(max_digits=24, decimal_places=8)
    currency = models.CharField(max_length=3)
    cost = models.DecimalField("total cost before tax", max_digits=24, decimal_places=8, null=True, blank=True)
    # How long after its end we were told that it is over, where that was too long (LATE_HOURS); later changes aside.
    late_by = models.DurationField(null=True, blank=True)
    # Kept by the CDRs (cdrs.links), so that those without can be counted.
    has_cdr = models.BooleanField("its CDR is here", default=False)

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
            # The same of those we were told of late.
            models.Index(
                fields=["-started_at", "-id"], condition=Q(late_by__isnull=False), name="roaming_session_told_late"
            ),
            # What is over and has no CDR yet.
            models.Index(
                fields=["ended_at"], condition=Q(status="COMPLETED", has_cdr=False), name="roaming_session_without_cdr"
            ),
            # A CDR or a command that carries its reference, in any letter case.
            models.Index(
                "party",
                Upper("authorization_reference"),
                condition=~Q(authorization_reference=""),
                name="roaming_session_by_reference",
            ),
        ]
