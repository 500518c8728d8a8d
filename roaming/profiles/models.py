"""How fast a session charges, as its station last planned it."""

from datetime import datetime, timedelta
from typing import Any

from django.db import models

from roaming.ocpi.schema import wire
from roaming.sessions.models import Session


class ActiveProfile(models.Model):
    """The newest ActiveChargingProfile of a session. `body` is the object as JSON text."""

    session = models.OneToOneField(Session, on_delete=models.PROTECT, related_name="active_profile")
    body = models.TextField(editable=False)
    begins_at = models.DateTimeField("as the station planned it at")
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Charging profile of {self.session.ocpi_id}"

    @property
    def periods(self) -> list[tuple[datetime, Any]]:
        """From when on how much at most, in `unit`."""
        listed = self.data["charging_profile"].get("charging_profile_period") or []
        return [(self.begins_at + timedelta(seconds=int(one["start_period"])), one["limit"]) for one in listed]

    @property
    def unit(self) -> str:
        """W, or A per phase."""
        return str(self.data["charging_profile"]["charging_rate_unit"])

    @property
    def data(self) -> dict[str, Any]:
        """The ActiveChargingProfile, numbers as Decimal."""
        decoded = wire.decode(self.body.encode())
        assert isinstance(decoded, dict)
        return decoded
