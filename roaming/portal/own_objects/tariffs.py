"""Our own tariffs by hand: a form for the plain shape, JSON for everything else."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, get_args

from django import forms
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from partners.people.permissions import Grant
from roaming.kernel import clock
from roaming.ocpi.models import OcpiObject
from roaming.ocpi.schema.enums import DayOfWeek
from roaming.ocpi.storage import Unknown
from roaming.own_objects import plain_tariffs, services
from roaming.own_objects.kinds import TARIFF, Data
from roaming.own_objects.plain_tariffs import Plain, Prices
from roaming.own_objects.sheets.tariffs import TARIFF as TARIFF_COLUMNS
from roaming.portal.forms import FormPage
from roaming.portal.own_objects.fields import ColumnsForm, ObjectForm
from roaming.portal.own_objects.pages import KeepPage
from roaming.tariffs.models import Tariff

_BLANK = 2  # rows for further times
_DAYS = [(day, day[:3].capitalize()) for day in get_args(DayOfWeek)]
_LABELS = {
    "ENERGY": "Per kWh",
    "TIME": "Per hour of charging",
    "PARKING_TIME": "Per hour of parking",
    "FLAT": "Session fee",
}


def _price(label: str) -> forms.DecimalField:
    return forms.DecimalField(label=label, required=False, max_digits=20, decimal_places=8)


class PricesForm(forms.Form):
    """Prices, at times or, without these fields, always."""

    def __init__(self, data: Any, *, stored: Prices, prefix: str, at_times: bool) -> None:
        super().__init__(data, prefix=prefix)
        self.at_times = at_times
        if at_times:
            self.fields["from_time"] = forms.CharField(
                label="From", required=False, initial=stored.from_time, widget=_time()
            )
            self.fields["until_time"] = forms.CharField(
                label="Until", required=False, initial=stored.until_time, widget=_time()
            )
            self.fields["days"] = forms.MultipleChoiceField(
                choices=_DAYS, required=False, initial=stored.days, widget=forms.CheckboxSelectMultiple
            )
        for kind, label in _LABELS.items():
            self.fields[kind] = _price(label)
            self.fields[kind].initial = stored.by_kind.get(kind)

    @property
    def prices(self) -> Prices:
        said = self.cleaned_data
        by_kind = {kind: said[kind] for kind in _LABELS if said.get(kind) is not None}
        if not self.at_times:
            return Prices(by_kind)
        return Prices(by_kind, said.get("from_time", ""), said.get("until_time", ""), tuple(said.get("days", ())))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        prices = self.prices
        if self.at_times and (prices.from_time or prices.until_time or prices.days):
            if not prices.by_kind:
                self.add_error("ENERGY", "Say a price for these times, or leave the times empty.")
        elif self.at_times and prices.by_kind:
            self.add_error("from_time", "Say when these prices hold: times, days, or both.")
        return cleaned


def _time() -> forms.TextInput:
    return forms.TextInput(attrs={"type": "time"})


class TariffForm(ObjectForm):
    """A tariff of the plain shape."""

    def __init__(self, data: Any, *, stored: Plain, **options: Any) -> None:
        super().__init__(data, kind=TARIFF, columns=TARIFF_COLUMNS, **options)
        self.fields["vat"] = forms.DecimalField(
            label="VAT, percent", required=False, initial=stored.vat, min_value=Decimal(0), max_value=Decimal(100)
        )
        self.fields["energy_step"] = forms.IntegerField(
            label="Energy is billed in steps of, Wh", initial=stored.energy_step, min_value=1
        )
        self.fields["time_step"] = forms.IntegerField(
            label="Time is billed in steps of, seconds", initial=stored.time_step, min_value=1
        )
        self.always = PricesForm(data, stored=stored.always, prefix="always", at_times=False)
        rooms = [*stored.at_times, *[Prices({}) for _ in range(_BLANK)]]
        self.at_times = [
            PricesForm(data, stored=one, prefix=f"times{number}", at_times=True) for number, one in enumerate(rooms)
        ]

    def built(self) -> tuple[Data, dict[str, tuple[ColumnsForm, str]]]:
        data, places = self.filled(self.onto)
        for form in (self.always, *self.at_times):
            if not form.is_valid() and not self.non_field_errors():
                self.add_error(None, "Some of the prices have to be mended.")
        if self.errors:
            return data, places
        said = self.cleaned_data
        elements = plain_tariffs.elements(
            Plain(
                always=self.always.prices,
                at_times=[form.prices for form in self.at_times],
                vat=said["vat"],
                energy_step=said["energy_step"],
                time_step=said["time_step"],
            )
        )
        if not elements:
            self.add_error(None, "A tariff has one price at least; where charging is free, write 0.")
        return {**data, "elements": elements}, places

    def check(self, places: Mapping[str, tuple[ColumnsForm, str]]) -> None:
        if not self.errors:
            super().check(places)


class KeepTariff(KeepPage):
    """Add a tariff, or change one of the plain shape; others are changed as JSON."""

    grant = edit_grant = Grant.KEEP_TARIFFS
    kind = TARIFF
    template = "portal/own_tariff.html"
    done = "Saved. Partners are told."

    def _away(self) -> HttpResponseBase | None:
        row = self.row()
        if (away := super()._away()) is not None or row is None or self._stored(row) is not None:
            return away
        return redirect(reverse("portal:tariff_json", args=[row.pk]))

    def _stored(self, row: OcpiObject | None) -> Plain | None:
        return plain_tariffs.read(row.data["elements"]) if row else Plain(Prices({}))

    def make_form(self, data: Any = None) -> TariffForm:
        row = self.row()
        stored = self._stored(row)
        assert stored is not None
        self.form = TariffForm(data, stored=stored, parties=self.parties, row=row)
        return self.form

    def save(self, cleaned: dict[str, Any]) -> str:
        return self.keep(self.form)


class NoForm(forms.Form):
    """Nothing to fill in."""


class DeleteTariff(KeepPage):
    grant = edit_grant = Grant.KEEP_TARIFFS
    kind = TARIFF
    form_class = NoForm
    template = "portal/own_form.html"
    refusals = (services.CannotKeep, Unknown)
    submit = "Delete tariff"
    done = "Deleted. Partners are told; CDRs that it priced keep it."

    def make_form(self, data: Any = None) -> forms.Form:
        return FormPage.make_form(self, data)

    def about(self) -> dict[str, Any]:
        row = self.row()
        lede = "Partners are told that it holds no more. Connectors that name it should name another one first."
        return {"title": f"Delete tariff {row and row.ocpi_id}", "lede": lede, "bad": True, **self.crumbs(row)}

    def save(self, cleaned: dict[str, Any]) -> str:
        row = self.row()
        assert isinstance(row, Tariff)
        services.delete_tariff(tariff=row, by=self.user, at=clock.now())
        return self.back()
