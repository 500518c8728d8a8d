"""Which CDRs an invoice is about, as the party that bills says (section 5.3)."""

import pghistory
import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from partners.parties.models import Party
from roaming.cdrs.models import Cdr
from roaming.ocpi.models import OcpiObject


@pghistory.track(
    pghistory.InsertEvent("sent"),
    pghistory.UpdateEvent("changed", condition=pgtrigger.AnyChange("body", "deleted_at")),
    fields=["invoice_id", "body", "deleted_at"],
    model_name="InvoiceRecordVersion",
    obj_field=pghistory.ObjForeignKey(related_name="versions"),
)
class InvoiceRecord(OcpiObject):
    """`party` bills: a CPO, or an eMSP in reverse billing (I1). `counterparty` is who pays or is paid; None until
    something says who. What a record said before it was changed is kept in its versions."""

    counterparty = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    invoice_id = models.CharField("invoice", max_length=255)
    # Set when the owner deletes it: the record was an error (I3). The invoice is another matter.
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "invoice record"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["party", "ocpi_id_upper"], name="roaming_invoice_record_one_per_owner_and_id"
            )
        ]
        indexes = [
            # The paged list that the other side crawls.
            models.Index(fields=["counterparty", "party", "id"], name="roaming_invoice_record_crawl"),
        ]


class ListedCdr(models.Model):
    """One CDR of a record's list. `cdr` is None while we do not have it."""

    record = models.ForeignKey(InvoiceRecord, on_delete=models.PROTECT, related_name="listed")
    position = models.PositiveIntegerField()
    ocpi_id = models.CharField("CDR", max_length=39)
    ocpi_id_upper = models.GeneratedField(
        expression=Upper("ocpi_id"), output_field=models.CharField(max_length=39), db_persist=True
    )
    cdr = models.ForeignKey(Cdr, on_delete=models.PROTECT, null=True, blank=True, related_name="listed_on")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["record", "ocpi_id_upper"], name="roaming_listed_cdr_once_per_record"),
            models.UniqueConstraint(fields=["record", "position"], name="roaming_listed_cdr_position_once"),
        ]
        indexes = [
            # A CDR arrives: which records wait for it.
            models.Index(fields=["ocpi_id_upper"], condition=Q(cdr__isnull=True), name="roaming_listed_cdr_missing"),
        ]

    def __str__(self) -> str:
        return f"{self.record} {self.ocpi_id}"
