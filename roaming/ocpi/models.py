"""What every stored OCPI object has in common: its owner, its id, its text."""

from typing import Any

from django.db import models
from django.db.models.functions import Upper

from partners.parties.models import Party
from roaming.ocpi.schema import wire


class OcpiObject(models.Model):
    """One row per OCPI object. Identity is (party, id) without regard to case; the spelling received is kept.

    `body` is the whole object in the newest OCPI shape as JSON text, unknown fields included: served, not searched.
    """

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    ocpi_id = models.CharField("OCPI id", max_length=39)
    ocpi_id_upper = models.GeneratedField(
        expression=Upper("ocpi_id"), output_field=models.CharField(max_length=39), db_persist=True
    )
    body = models.TextField(editable=False)
    last_updated = models.DateTimeField("last updated (OCPI)")
    created_at = models.DateTimeField(editable=False)
    changed_at = models.DateTimeField(editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.party} {self.ocpi_id}"

    @property
    def data(self) -> dict[str, Any]:
        """The object in the newest OCPI shape, numbers as Decimal."""
        decoded = wire.decode(self.body.encode())
        assert isinstance(decoded, dict)
        return decoded
