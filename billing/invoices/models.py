"""Invoices we issue, and the statements of invoices we expect. An issued document never changes."""

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from billing.settlement.models import SettlementRun
from partners.agreements.models import Agreement
from partners.partners.models import Partner
from roaming.cdrs.models import Cdr
from roaming.kernel.states import Moves


class InvoiceKind(models.TextChoices):
    INVOICE = "invoice", "Invoice"
    EXPECTED = "expected", "Expected invoice"


class InvoiceState(models.TextChoices):
    DRAFT = "draft", "Draft"
    ISSUED = "issued", "Issued"


MOVES: Moves = {InvoiceState.DRAFT: frozenset({InvoiceState.ISSUED})}

# A line may join or leave a draft only. The invoice is locked first, so that a line cannot slip in while it is issued.
_LINES_OF_DRAFTS_ONLY = """
    PERFORM 1 FROM billing_invoice WHERE id IN (NEW.invoice_id, OLD.invoice_id) FOR SHARE;
    IF EXISTS (SELECT 1 FROM billing_invoice WHERE id IN (NEW.invoice_id, OLD.invoice_id) AND state <> 'draft') THEN
        RAISE EXCEPTION 'billing_invoice_line: the invoice is issued and never changes';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
"""


class NumberSeries(models.Model):
    """The last number given in one series. Its row is locked until the invoice that took a number is committed: no
    gaps."""

    issuer = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "number series"
        constraints = [models.UniqueConstraint(fields=["issuer", "year"], name="billing_number_series_one_a_year")]

    def __str__(self) -> str:
        return f"{self.issuer} {self.year}"


@pghistory.track()
class Invoice(models.Model):
    """Where we are the CPO: an invoice with a gapless number. Where we are the eMSP: a statement without one."""

    kind = models.CharField(max_length=8, choices=InvoiceKind.choices)
    state = models.CharField(max_length=6, choices=InvoiceState.choices, default=InvoiceState.DRAFT)
    run = models.OneToOneField(SettlementRun, on_delete=models.PROTECT, related_name="invoice")
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="invoices")
    seller = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="sales")
    buyer = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="purchases")
    number = models.CharField(max_length=40, null=True, blank=True)
    sequence = models.PositiveIntegerField(null=True, blank=True)
    sequence_year = models.PositiveSmallIntegerField(null=True, blank=True)
    period_starts_date = models.DateField()
    period_ends_date = models.DateField()
    currency = models.CharField(max_length=3)
    net = models.DecimalField(max_digits=18, decimal_places=4)
    vat_rate = models.DecimalField(max_digits=5, decimal_places=2)
    vat_amount = models.DecimalField(max_digits=18, decimal_places=4)
    gross = models.DecimalField(max_digits=18, decimal_places=4)
    vat_note = models.CharField(max_length=200, blank=True)
    energy_kwh = models.DecimalField(max_digits=24, decimal_places=8)
    issued_at = models.DateTimeField(null=True, blank=True)
    issued_date = models.DateField(null=True, blank=True)
    due_date = models.DateField(null=True, blank=True)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # Names and addresses as they were when issued: {"seller": {…}, "buyer": {…}}.
    companies = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=InvoiceKind.values), name="billing_invoice_kind_known"),
            models.CheckConstraint(condition=Q(state__in=InvoiceState.values), name="billing_invoice_state_known"),
            models.CheckConstraint(
                condition=Q(kind="invoice", state="issued", number__isnull=False, sequence__isnull=False)
                | (~Q(kind="invoice", state="issued") & Q(number__isnull=True, sequence__isnull=True)),
                name="billing_invoice_numbered_when_issued",
            ),
            models.UniqueConstraint(fields=["seller", "number"], name="billing_invoice_number_given_once"),
            models.UniqueConstraint(
                fields=["seller", "sequence_year", "sequence"], name="billing_invoice_sequence_given_once"
            ),
            models.CheckConstraint(
                condition=Q(gross=F("net") + F("vat_amount")), name="billing_invoice_gross_is_net_plus_vat"
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="issued_never_changes", operation=pgtrigger.Update, condition=pgtrigger.Q(old__state="issued")
            ),
            pgtrigger.Protect(
                name="issued_never_deleted", operation=pgtrigger.Delete, condition=pgtrigger.Q(old__state="issued")
            ),
        ]

    def __str__(self) -> str:
        return self.number or f"{self.get_kind_display()} {self.agreement} {self.period_starts_date:%Y-%m}"


class InvoiceLine(models.Model):
    """One CDR on one document: the database keeps it from being settled twice. `amount` is before tax, rounded once
    (see `drafts`)."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    cdr = models.OneToOneField(Cdr, on_delete=models.PROTECT, related_name="invoice_line")
    position = models.PositiveIntegerField()
    amount = models.DecimalField(max_digits=18, decimal_places=4)
    currency = models.CharField(max_length=3)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "position"], name="billing_invoice_line_position_once")
        ]
        triggers = [
            pgtrigger.Trigger(
                name="lines_of_drafts_only",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=_LINES_OF_DRAFTS_ONLY,
            )
        ]

    def __str__(self) -> str:
        return f"{self.invoice} line {self.position}"


class Format(models.TextChoices):
    PDF = "pdf", "PDF"
    CSV = "csv", "CSV"
    XLSX = "xlsx", "XLSX"


class InvoiceFile(models.Model):
    """A file of an issued document, kept byte for byte."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="files")
    format = models.CharField(max_length=4, choices=Format.choices)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["invoice", "format"], name="billing_invoice_file_once")]
        triggers = [
            pgtrigger.Protect(name="file_is_kept", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.invoice}.{self.format}"
