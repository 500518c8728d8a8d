"""Who is connected (section 5.2): what hubs tell us of the parties behind them, and what we tell as the hub we are."""

from django.db import models
from django.db.models import Q

from partners.parties.models import ConnectionStatus
from roaming.ocpi.models import OcpiObject


class HubNotice(OcpiObject):
    """What a hub said last of `party`, which is behind it. The `ocpi_id` is the party's role: nothing else names it."""

    status = models.CharField(max_length=9, choices=ConnectionStatus.choices)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["party"], name="roaming_hub_notice_one_per_party"),
            models.CheckConstraint(
                condition=Q(status__in=ConnectionStatus.values), name="roaming_hub_notice_status_known"
            ),
        ]


class ClientInfo(OcpiObject):
    """What partners are told of `party` by us. Written when it changes, so that `last_updated` says since when."""

    status = models.CharField(max_length=9, choices=ConnectionStatus.choices)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["party"], name="roaming_client_info_one_per_party"),
            models.CheckConstraint(
                condition=Q(status__in=ConnectionStatus.values), name="roaming_client_info_status_known"
            ),
        ]
