"""The companies we deal with, and our own."""

import pghistory
from django.conf import settings
from django.db import models


@pghistory.track()
class Partner(models.Model):
    """A company: contacts, VAT id, address, account manager. Our own companies are the partners of `own`
    connections."""

    name = models.CharField(max_length=100)
    legal_name = models.CharField(max_length=200, blank=True)
    street = models.CharField(max_length=200, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=100, blank=True)
    country = models.CharField("country (ISO 3166 alpha-2)", max_length=2, blank=True)
    vat_id = models.CharField("VAT id", max_length=20, blank=True)
    registration_number = models.CharField(max_length=40, blank=True)
    iban = models.CharField("IBAN", max_length=34, blank=True)
    finance_email = models.EmailField(blank=True)
    operations_email = models.EmailField(blank=True)
    account_manager = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="partners"
    )
    notes = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(models.functions.Lower("name"), name="partners_partner_name_unique")]

    def __str__(self) -> str:
        return self.name
