"""The cards and app accounts of drivers, owned by their eMSP."""

from django.db import models
from django.db.models.functions import Upper

from roaming.ocpi.models import OcpiObject

# The type of a contract that a car shows: asked about, not sent around (K6).
ASKED_ONLY = "EMAID"


class Token(OcpiObject):
    """`ocpi_id` is the token's uid; the same uid as RFID and as APP_USER are two tokens."""

    type = models.CharField(max_length=255)
    contract_id = models.CharField(max_length=36)
    contract_id_upper = models.GeneratedField(
        expression=Upper("contract_id"), output_field=models.CharField(max_length=36), db_persist=True
    )
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
            # The same, filtered by date_from and date_to.
            models.Index(fields=["party", "last_updated"], name="roaming_token_changed"),
            # Real-time authorization: a uid shown at a station, whoever issued it.
            models.Index(fields=["ocpi_id_upper", "type"], name="roaming_token_by_uid"),
            # A session or CDR of OCPI 2.1.1 names its token by the contract only.
            models.Index(fields=["contract_id_upper", "party"], name="roaming_token_by_contract"),
        ]
