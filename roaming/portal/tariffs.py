"""Tariffs: what charging costs, in readable sentences."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import django_filters
import django_tables2
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from billing.pricing.conditions import clock, span
from partners.people.models import User
from partners.people.permissions import Grant
from roaming.ocpi.schema.values import parse_time
from roaming.own_objects import kinds
from roaming.portal import cells, columns, filters, tariff_calculator
from roaming.portal.access import Page
from roaming.portal.columns import Cell
from roaming.portal.lists import ListPage
from roaming.portal.own_objects import doors
from roaming.portal.tariff_words import problems_of, words_of
from roaming.tariffs import selectors
from roaming.tariffs.models import Tariff, TariffVersion
from roaming.tariffs.selectors import Told

_LATE = timedelta(minutes=5)  # later than a push takes
_UNITS = {"ENERGY": "per kWh", "TIME": "per hour of charging", "PARKING_TIME": "per hour of parking", "FLAT": "once"}
_NAMES = {"ENERGY": "Energy", "TIME": "Time", "PARKING_TIME": "Parking", "FLAT": "Start fee"}
_RESTRICTIONS = {
    "start_time": "from {}",
    "end_time": "until {}",
    "start_date": "from {}",
    "end_date": "before {}",
    "min_kwh": "after {} kWh",
    "max_kwh": "up to {} kWh",
    "min_current": "from {} A",
    "max_current": "below {} A",
    "min_power": "from {} kW",
    "max_power": "below {} kW",
    "min_duration": "after {}",
    "max_duration": "in the first {}",
}
_RESERVATIONS = {
    "RESERVATION": "for a reservation",
    "RESERVATION_EXPIRES": "for a reservation that nobody came for",
}


def url(tariff: Tariff) -> str:
    return reverse("portal:tariff", args=[tariff.pk])


def conditions(restrictions: dict[str, Any] | None) -> str:
    """The restrictions of a tariff element as a phrase: `from 09:00, until 18:00, on Monday, Friday`."""
    if not restrictions:
        return "always"
    said = {name: value for name, value in restrictions.items() if value is not None and value != []}
    phrases = [text.format(_bound(name, said.pop(name))) for name, text in _RESTRICTIONS.items() if name in said]
    if days := said.pop("day_of_week", None):
        phrases.append("on " + ", ".join(day.capitalize() for day in days))
    if reservation := said.pop("reservation", None):
        phrases.append(_RESERVATIONS.get(reservation, f"for a reservation “{reservation}”, which nobody knows"))
    phrases += [f"never: nobody knows the restriction “{name}”" for name in said]
    return ", ".join(phrases) or "always"


def _bound(name: str, value: Any) -> Any:
    """Durations as hours, minutes and seconds, as the lines of a price tell them."""
    return clock(span(Decimal(value))) if name in ("min_duration", "max_duration") else value


def prices(data: dict[str, Any]) -> list[dict[str, Any]]:
    """One row per price component of a tariff (newest OCPI shape), ready to be shown; elements count from 1, as in the
    reasons of a price."""
    return [
        {
            "element": number,
            "name": _NAMES.get(component["type"], component["type"]),
            "price": component["price"],
            "unit": _unit(component, element),
            "vat": component.get("vat"),
            "step": _step(component),
            "conditions": conditions(element.get("restrictions")),
        }
        for number, element in enumerate(data["elements"], 1)
        for component in element["price_components"]
    ]


def _unit(component: dict[str, Any], element: dict[str, Any]) -> str:
    if component["type"] == "TIME" and (element.get("restrictions") or {}).get("reservation"):
        return "per hour of reservation"
    return _UNITS.get(component["type"], "")


def _step(component: dict[str, Any]) -> str:
    unit = {"ENERGY": "Wh", "TIME": "s", "PARKING_TIME": "s"}.get(component["type"])
    return f"{component['step_size']:,} {unit}" if unit and component["step_size"] > 1 else ""


class TariffTable(django_tables2.Table):
    id = Cell(lambda row: cells.link(url(row), row.ocpi_id, mono=True), "Tariff")
    owner = Cell(lambda row: cells.party(row.party), "CPO")
    currency = Cell(lambda row: row.currency, "Currency")
    type = Cell(lambda row: row.type.lower().replace("_", " ") or "every session", "For", css="opt")
    starts = columns.when("Valid from", "starts_at")
    ends = columns.when("Until", "ends_at")
    updated = columns.when("Last updated", "last_updated")
    deleted = Cell(lambda row: cells.when(row.deleted_at, year=True) if row.deleted_at else "", "Deleted", css="opt")
    caption = "Tariffs, newest first"


class TariffFilter(django_filters.FilterSet):
    q = filters.search("Tariff", "ocpi_id__istartswith")
    party = filters.party("CPO", "CPO")


class TariffList(ListPage):
    grant = Grant.VIEW_MONEY
    template = "portal/kept_list.html"
    title = "Tariffs"
    lede = "What charging costs, as the CPOs publish it."
    table_class = TariffTable
    filter_class = TariffFilter
    nothing = (
        "No tariff yet",
        "They arrive by OCPI once a CPO is registered. Those of a party of ours without a back-end "
        "are added here, or imported from a file.",
    )

    def queryset(self) -> QuerySet[Tariff]:
        return selectors.list_for(self.user)

    def further(self) -> dict[str, Any]:
        return doors.of_list(self.user, kinds.TARIFF)


@dataclass(frozen=True)
class Line:
    """A version as it is shown, and who brought it: the person who keeps the tariff here, else the platform."""

    told: Told
    by: str

    @property
    def version(self) -> TariffVersion:
        return self.told.version

    @property
    def came_late(self) -> bool:
        return self.version.accepted_at - self.version.valid_from > _LATE


class TariffPage(Page):
    grant = Grant.VIEW_MONEY

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        tariff = _shown(self.user, pk)
        keeping = doors.of_page(self.user, kinds.TARIFF, tariff)
        asked = _number(request.GET.get("up_to", ""))
        versions = _lines(tariff, selectors.versions_of(tariff, up_to=asked), keeping)
        return self.show(
            "portal/tariff.html",
            tariff=tariff,
            data=tariff.data,
            prices=prices(tariff.data),
            keeping=keeping,
            versions=versions,
            asked=asked,
            earlier=versions[-1].version.number - 1 if versions else 0,
            words=words_of(tariff.data, request.GET.get("lang")),
            problems=problems_of(tariff),
            calculator=tariff_calculator.of(tariff, self.user),
        )


class VersionPage(Page):
    grant = Grant.VIEW_MONEY

    def get(self, request: HttpRequest, pk: int, number: int) -> HttpResponseBase:
        tariff = _shown(self.user, pk)
        told = selectors.versions_of(tariff, up_to=number, limit=1)
        if not told or told[0].version.number != number:
            raise Http404
        (one,) = _lines(tariff, told, doors.of_page(self.user, kinds.TARIFF, tariff))
        data = one.version.data
        return self.show(
            "portal/tariff_version.html",
            tariff=tariff,
            one=one,
            version=one.version,
            data=data,
            prices=prices(data) if data else [],
            updated=parse_time(data["last_updated"]) if data else None,
        )


def _shown(user: User, pk: int) -> Tariff:
    return get_object_or_404(selectors.visible_to(user).select_related("party__connection__partner"), pk=pk)


def _lines(tariff: Tariff, told: Sequence[Told], keeping: doors.Keeping | None) -> list[Line]:
    people = {entry.at: entry.who for entry in keeping.trail} if keeping else {}
    platform = tariff.party.connection.name
    return [Line(one, people.get(one.version.accepted_at, platform)) for one in told]


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
