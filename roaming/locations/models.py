"""Where drivers charge. EVSEs and connectors live inside their location's body."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from roaming.ocpi.models import OcpiObject


class Location(OcpiObject):
    name = models.CharField(max_length=255, blank=True)
    address = models.CharField(max_length=255)
    city = models.CharField(max_length=45)
    country = models.CharField(max_length=3)
    time_zone = models.CharField(max_length=255)
    publish = models.BooleanField(default=True)
    evse_count = models.PositiveIntegerField("EVSEs not removed", default=0)
    # Their uids, in capitals.
    evse_uids = ArrayField(models.CharField(max_length=39), default=list, editable=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["party", "ocpi_id_upper"], name="roaming_location_one_per_owner_and_id")
        ]
        indexes = [
            # The paged list a partner crawls: locations of the parties it may see, in order of creation.
            models.Index(fields=["party", "id"], name="roaming_location_crawl"),
            # The same, filtered by date_from and date_to.
            models.Index(fields=["party", "last_updated"], name="roaming_location_changed"),
            # Where an EVSE is: a uid that two locations claim.
            GinIndex(fields=["evse_uids"], name="roaming_location_evses"),
        ]
