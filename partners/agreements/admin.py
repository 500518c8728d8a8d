from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms import ModelForm
from django.http import HttpRequest

from partners.agreements import services
from partners.agreements.models import Agreement, AgreementState
from partners.people.admin_access import MovesAdmin
from partners.people.permissions import Grant
from roaming.kernel import clock

TERMS = [
    "time_zone",
    "currency",
    "price_basis",
    "price_tolerance",
    "vat_rate",
    "vat_note",
    "payment_days",
    "cycle",
    "dispute_days",
    "history_days",
    "authorization_seconds",
    "offline_rule",
    "offline_per_token",
    "offline_per_day",
    "notes",
]


class AgreementForm(ModelForm[Agreement]):
    """Saves through the services, so that the admin refuses exactly what the portal refuses."""

    class Meta:
        model = Agreement
        fields = ["cpo", "emsp", "starts_date", "ends_date", *TERMS]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            self._try_terms()
        return cleaned

    def _try_terms(self) -> None:
        candidate = Agreement(reference=self.instance.reference or "AGR-0000", **self.cleaned_data)
        try:
            services.check_terms(candidate)
        except services.CannotAgree as error:
            raise ValidationError(str(error)) from error


@admin.register(Agreement)
class AgreementAdmin(MovesAdmin):
    view_grant = Grant.VIEW_MONEY
    edit_grant = Grant.EDIT_PARTNERS
    form = AgreementForm
    list_display = ["reference", "cpo", "emsp", "state", "starts_date", "ends_date", "currency", "payment_days"]
    list_filter = ["state", "currency", "cpo__connection__partner"]
    search_fields = ["reference", "cpo__party_id", "emsp__party_id"]
    date_hierarchy = "starts_date"
    # Readings are chosen in the portal and by add_agreement, which know what there is to choose.
    readonly_fields = ["reference", "readings", "state", "activated_at", "ended_at"]
    moves = {"activate": ("Activate", "activate"), "end": ("End today", "end_today")}
    refusals = (services.CannotAgree,)

    def get_readonly_fields(self, request: HttpRequest, obj: Agreement | None = None) -> list[str]:
        if obj is None or obj.state == AgreementState.DRAFT:
            return list(self.readonly_fields)
        return ["cpo", "emsp", "starts_date", "ends_date", *TERMS, *self.readonly_fields]

    def save_model(self, request: HttpRequest, obj: Agreement, form: Any, change: bool) -> None:
        if change:
            services.revise(agreement=obj, at=clock.now())
            return
        made = services.draft(at=clock.now(), **form.cleaned_data)
        obj.pk, obj.reference = made.pk, made.reference

    def open_moves(self, row: Agreement) -> list[str]:
        return {AgreementState.DRAFT: ["activate"], AgreementState.ACTIVE: ["end"]}.get(AgreementState(row.state), [])

    def activate(self, request: HttpRequest, row: Agreement) -> None:
        services.activate(agreement=row, at=clock.now())

    def end_today(self, request: HttpRequest, row: Agreement) -> None:
        at = clock.now()
        services.end(agreement=row, ends_date=services.local_date(row, at), at=at)
