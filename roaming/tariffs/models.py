"""What charging costs, as the CPO published it, and as it published it before."""

from datetime import datetime
from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Q

from roaming.ocpi.models import OcpiObject
from roaming.ocpi.schema import wire

# That numbers have no gap and no version begins before the one it follows is more than a constraint can say.
_FOLLOWS_THE_LAST = """
    IF NEW.number <> 1 + COALESCE((SELECT MAX(number) FROM roaming_tariffversion WHERE tariff_id = NEW.tariff_id), 0)
       OR NEW.valid_from < (SELECT MAX(valid_from) FROM roaming_tariffversion WHERE tariff_id = NEW.tariff_id) THEN
        RAISE EXCEPTION 'roaming_tariff_version: a version follows the last one, in number and in time';
    END IF;
    RETURN NEW;
"""


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


class TariffVersion(models.Model):
    """One state of a tariff as its owner published it, or its deletion: then there is no object. Never changed.

    It is in force from `valid_from` until the next one is; when that is, decision 0012 tells.
    """

    # The constraint on numbers is its index.
    tariff = models.ForeignKey(Tariff, on_delete=models.PROTECT, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    # The whole object as in the tariff's own `body`; empty: deleted.
    body = models.TextField(blank=True, editable=False)
    valid_from = models.DateTimeField()
    accepted_at = models.DateTimeField()
    # Until before when it holds: no column but the beginning of the next version, which the selectors add. None: still.
    valid_until: datetime | None

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["tariff", "number"], name="roaming_tariff_version_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="roaming_tariff_version_numbered_from_one"),
        ]
        indexes = [
            # Which version was in force at a moment.
            models.Index(fields=["tariff", "valid_from", "number"], name="roaming_tariff_version_at"),
        ]
        triggers = [
            pgtrigger.Protect(name="version_is_kept", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="version_follows_the_last",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=_FOLLOWS_THE_LAST,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tariff} version {self.number}"

    @property
    def is_deletion(self) -> bool:
        return not self.body

    @property
    def data(self) -> dict[str, Any]:
        """The object in the newest OCPI shape, numbers as Decimal; of a deletion an empty one."""
        decoded = wire.decode(self.body.encode()) if self.body else {}
        assert isinstance(decoded, dict)
        return decoded
