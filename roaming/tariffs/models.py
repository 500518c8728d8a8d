"""What charging costs, as the CPO published it."""

from django.db import models

from roaming.ocpi.models import OcpiObject


class Tariff(OcpiObject):
    currency = models.CharField(max_length=3)
    type = models.CharField(max_length=20, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    # Set when the owner deletes it: partners no longer see it, CDRs priced by it still can be explained.
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["party", "ocpi_id_upper"], name="roaming_tariff_one_per_owner_and_id")
        ]
        indexes = [
            # The paged list a partner crawls.
            models.Index(fields=["party", "id"], name="roaming_tariff_crawl"),
            # The same, filtered by date_from and date_to.
            models.Index(fields=["party", "last_updated"], name="roaming_tariff_changed"),
        ]
