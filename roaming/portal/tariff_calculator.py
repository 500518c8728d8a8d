"""The price calculator of a tariff: what a charge would cost, and why, before anybody plugs in."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from billing import pricing
from billing.pricing import Part, rounding
from partners.people.models import User
from partners.people.permissions import Grant
from roaming.kernel import clock
from roaming.locations import selectors as locations
from roaming.portal.access import Page
from roaming.tariffs import selectors
from roaming.tariffs.models import Tariff
from roaming.tariffs.selectors import Published

# The field that an argument of the quote is typed into.
_FIELDS = {"$.energy_kwh": "energy", "$.max_power_kw": "power", "$.duration": "duration", "$.starts_at": "date"}
_PARTS = {
    Part.ENERGY: "Energy",
    Part.TIME: "Charging time",
    Part.PARKING: "Parking",
    Part.FIXED: "Start fee",
    Part.RESERVATION: "Reservation",
}


class CalculatorForm(forms.Form):
    """A charge that could be. Once the form is valid `priced` is what it costs, by the version `published` for then;
    `comes_twice` tells that the clocks show its hour twice, of which `second` asks for the later."""

    energy = forms.DecimalField(label="Energy, kWh", min_value=0, max_digits=12, decimal_places=3, initial=20)
    power = forms.DecimalField(label="Power at most, kW", max_digits=9, decimal_places=3, initial=11)
    date = forms.DateField(label="Plugged in on", widget=forms.DateInput(attrs={"type": "date"}))
    time = forms.TimeField(label="At", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    duration = forms.CharField(
        label="For, hours:minutes", initial="3:00", max_length=12, widget=forms.TextInput(attrs={"inputmode": "text"})
    )
    zone = forms.ChoiceField(label="Local time in")
    second = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, tariff: Tariff, zones: list[str]) -> None:
        starts_at = _start(tariff, zones)
        initial = {"date": starts_at.date(), "time": starts_at.time(), "zone": zones[0] if zones else ""}
        super().__init__(data, auto_id="price_%s", initial=initial)
        self.tariff = tariff
        choices = [(zone, zone) for zone in zones or _all_zones()]
        self.fields["zone"].choices = choices if zones else [("", "Choose"), *choices]  # type: ignore[attr-defined]
        self.priced: pricing.PricedSession | None = None
        self.published: Published | None = None
        self.comes_twice = False

    def clean_duration(self) -> timedelta:
        try:
            return pricing.read_duration(self.cleaned_data["duration"])
        except pricing.PricingError:
            raise forms.ValidationError("Write hours and minutes, as 2:30.") from None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            starts_at = self._starts_at(cleaned)
            if starts_at is not None:
                self._price(cleaned, starts_at)
        return cleaned

    def _starts_at(self, cleaned: Mapping[str, Any]) -> datetime | None:
        """One that the clocks skip is refused."""
        zone = ZoneInfo(cleaned["zone"])
        first = datetime.combine(cleaned["date"], cleaned["time"], tzinfo=zone)
        wall = first.replace(fold=int(cleaned["second"]))
        try:
            shown = wall.astimezone(ZoneInfo("UTC")).astimezone(zone)
        except OverflowError:
            self.add_error("date", "This is too far away.")
            return None
        if shown.replace(tzinfo=None) != wall.replace(tzinfo=None):
            self.add_error("time", f"The clocks skip {wall:%H:%M} that night; {shown:%H:%M} comes instead.")
            return None
        self.comes_twice = first.utcoffset() != first.replace(fold=1).utcoffset()
        return wall

    def _price(self, cleaned: Mapping[str, Any], starts_at: datetime) -> None:
        self.published = _published(self.tariff, starts_at)
        try:
            self.priced = pricing.quote(
                pricing.read_tariff(self.published.version.data),
                energy_kwh=cleaned["energy"],
                starts_at=starts_at,
                duration=cleaned["duration"],
                max_power_kw=cleaned["power"],
                time_zone=cleaned["zone"],
                policy=_policy(self.tariff),
            )
        except pricing.PricingError as error:
            self.add_error(_FIELDS.get(error.path), error.sentence)


def _published(tariff: Tariff, moment: datetime) -> Published:
    """Every tariff has a version; what is to come is priced by the last one."""
    known = selectors.published_at(party=tariff.party, tariff_ids=[tariff.ocpi_id], moment=moment)
    return known[tariff.ocpi_id_upper]


def _policy(tariff: Tariff) -> pricing.PricingPolicy:
    """As its CDRs are read, which come by the version that its platform speaks."""
    version = tariff.party.connection.version
    return pricing.of_version(version) if version else pricing.RECOMMENDED


class TariffCalculator(Page):
    """A page of its own; HTMX takes the card alone, into the page of the tariff."""

    grant = Grant.VIEW_MONEY

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        tariff = get_object_or_404(selectors.visible_to(self.user).select_related("party__connection__partner"), pk=pk)
        template = "portal/tariff_calculator.html"
        shown = of(tariff, self.user, request.GET)
        return self.show(f"{template}#calculator" if self.partial else template, tariff=tariff, calculator=shown)


def of(tariff: Tariff, user: User, asked: QueryDict | None = None) -> dict[str, Any]:
    """The calculator of a tariff, filled with what is asked, if anything is."""
    zones = [zone for zone in locations.zones_of_tariff(user, tariff.party, tariff.ocpi_id) if zone in _all_zones()]
    form = CalculatorForm(asked or None, tariff=tariff, zones=zones)
    url = reverse("portal:tariff_price", args=[tariff.pk])
    result = _result(form, form.priced) if form.is_valid() and form.priced else None
    return {
        "form": form,
        "url": url,
        "result": result,
        "other_hour": _other_hour(form, asked) if asked and result else "",
    }


def _other_hour(form: CalculatorForm, asked: QueryDict) -> str:
    """What is asked, about the other of two hours of one name, as a query; empty where there is one alone."""
    if not form.comes_twice:
        return ""
    other = asked.copy()
    other["second"] = "" if form.cleaned_data["second"] else "on"
    return other.urlencode()


def _result(form: CalculatorForm, priced: pricing.PricedSession) -> dict[str, Any]:
    cdr, currency = priced.cdr, priced.currency
    return {
        "priced": priced,
        "published": form.published,
        "currency": currency,
        "zone": form.cleaned_data["zone"],
        "second": form.cleaned_data["second"],
        "total": rounding.total(priced),
        # In full, as the lines are: rounded ones would not add up to the total.
        "parts": [(name, priced.part(part)) for part, name in _PARTS.items() if part in priced.costs],
        "limit": _limit(priced),
        "full_at": pricing.full_at(cdr),
        "slows": len({_power(period) for period in cdr.periods} - {Decimal(0)}) > 1,
    }


def _limit(priced: pricing.PricedSession) -> tuple[str, Decimal] | None:
    """What a minimum or maximum price adds to the sum of the parts, or takes from it."""
    if not priced.limits or priced.total.excl is None:
        return None
    held = priced.total.excl - sum((amounts.excl or Decimal(0) for amounts in priced.parts.values()), Decimal(0))
    return ("Minimum price" if held > 0 else "Maximum price", held) if held else None


def _power(period: pricing.Period) -> Decimal:
    return next(volume.volume for volume in period.dimensions if volume.type == "MAX_POWER")


def _start(tariff: Tariff, zones: list[str]) -> datetime:
    """The next full hour, in the life of the tariff."""
    now = clock.now()
    if tariff.starts_at and tariff.starts_at > now:
        now = tariff.starts_at
    elif tariff.ends_at and tariff.ends_at <= now:
        now = tariff.ends_at - timedelta(hours=2)
    local = clock.in_zone(now, zones[0] if zones else "UTC")
    return local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


@cache
def _all_zones() -> tuple[str, ...]:
    """As people know them: by continent and town."""
    towns = (zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/", "US/")))
    return (*sorted(towns), "UTC")
