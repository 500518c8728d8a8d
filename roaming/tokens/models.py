"""The cards and app accounts of drivers, owned by their eMSP."""

from django.db import models

from roaming.ocpi.models import OcpiObject


class Token(OcpiObject):
    """`ocpi_id` is the token's uid; the same uid as RFID and as APP_USER are two tokens."""

    type = models.CharField(max_length=20)
    contract_id = models.CharField(max_length=36)
    valid = models.BooleanField()
    whitelist = models.CharField(max_length=20)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["party", "ocpi_id_upper", "type"], name="roaming_token_one_per_owner_uid_and_type"
            )
        ]
        indexes = [
            # The paged list a CPO crawls.
            models.Index(fields=["party", "id"], name="roaming_token_crawl"),
            # Real-time authorization: a uid shown at a station, whoever issued it.
            models.Index(fields=["ocpi_id_upper", "type"], name="roaming_token_by_uid"),
        ]
