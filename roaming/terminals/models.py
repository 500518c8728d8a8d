"""Payment terminals at stations, and what was captured with them (section 5.4). Their owner is the provider."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from partners.parties.models import Party
from roaming.ocpi.models import OcpiObject


class Terminal(OcpiObject):
    """`party` provides the payments (role OTHER, Y3), `cpo` has the stations; None until something says whose they are.

    Locations and EVSEs add up (Y1).
    """

    cpo = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reference = models.CharField(max_length=36, blank=True)
    customer_reference = models.CharField(max_length=36, blank=True)
    city = models.CharField(max_length=45, blank=True)
    location_ids = ArrayField(models.CharField(max_length=36), default=list)
    evse_uids = ArrayField(models.CharField(max_length=36), default=list)
    # When its CPO had the provider deactivate it; a new state from the provider makes it active again.
    deactivated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["party", "ocpi_id_upper"], name="roaming_terminal_one_per_owner_and_id")
        ]
        indexes = [
            # The paged list a CPO crawls.
            models.Index(fields=["cpo", "id"], name="roaming_terminal_crawl"),
        ]


class CaptureStatus(models.TextChoices):
    SUCCESS = "SUCCESS", "Captured"
    PARTIAL_SUCCESS = "PARTIAL_SUCCESS", "Captured in part"
    FAILED = "FAILED", "Not captured"


class FinancialAdvice(OcpiObject):
    """A financial advice confirmation: what a provider captured for one charging, known by the authorization reference
    of its START_SESSION (Y2). `total` includes taxes."""

    cpo = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    authorization_reference = models.CharField(max_length=36)
    status = models.CharField(max_length=15, choices=CaptureStatus.choices)
    currency = models.CharField(max_length=3)
    total = models.DecimalField("total including taxes", max_digits=24, decimal_places=8)

    class Meta:
        verbose_name = "financial advice confirmation"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["party", "ocpi_id_upper"], name="roaming_financial_advice_one_per_owner_and_id"
            ),
            models.CheckConstraint(
                condition=Q(status__in=CaptureStatus.values), name="roaming_financial_advice_status_known"
            ),
        ]
        indexes = [
            # The paged list a CPO crawls.
            models.Index(fields=["cpo", "id"], name="roaming_advice_crawl"),
        ]
