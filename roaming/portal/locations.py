"""Locations: what stands where, and in which state."""

from decimal import Decimal
from typing import Any

import django_filters
import django_tables2
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from partners.people.permissions import Grant, may
from roaming.commands import help_desk
from roaming.commands import selectors as commands
from roaming.kernel import clock
from roaming.locations import selectors
from roaming.locations.models import Location
from roaming.own_objects import kinds
from roaming.portal import cells, columns, filters
from roaming.portal.access import Page
from roaming.portal.columns import Cell
from roaming.portal.lists import ListPage
from roaming.portal.own_objects import doors

_STANDARDS = {
    "IEC_62196_T1": "Type 1",
    "IEC_62196_T1_COMBO": "CCS 1",
    "IEC_62196_T2": "Type 2",
    "IEC_62196_T2_COMBO": "CCS 2",
    "CHADEMO": "CHAdeMO",
    "TESLA_S": "Tesla",
}


def connector(data: dict[str, Any]) -> str:
    """A connector (newest OCPI shape) in words: `Type 2 socket, AC, 22 kW`."""
    standard = _STANDARDS.get(data["standard"], data["standard"].replace("_", " ").capitalize())
    power = data.get("max_electric_power")
    current = "DC" if data["power_type"].startswith("DC") else "AC"
    said = f"{standard} {data['format'].lower()}, {current}"
    return f"{said}, {Decimal(power) / 1000:.4g} kW" if power else said


def url(location: Location) -> str:
    return reverse("portal:location", args=[location.pk])


def visibility(location: Location) -> str:
    """To whom a location is shown: to nobody once it has no EVSE any more (L1)."""
    if not location.evse_count:
        return "hidden, no EVSE"
    return "published" if location.publish else "private"


class LocationTable(django_tables2.Table):
    id = Cell(lambda row: cells.link(url(row), row.ocpi_id, mono=True), "Location")
    name = Cell(lambda row: row.name or row.address, "Name", css="cut")
    city = Cell(lambda row: f"{row.city}, {row.country}", "City", css="nowrap")
    owner = Cell(lambda row: cells.party(row.party), "CPO")
    evses = Cell(lambda row: cells.number(row.evse_count), "EVSEs", css="num")
    published = Cell(lambda row: visibility(row), "Visible", css="opt")
    updated = columns.when("Last updated", "last_updated")
    caption = "Locations, newest first"


class LocationFilter(django_filters.FilterSet):
    q = filters.search("Location, name, city", "ocpi_id__istartswith", "name__icontains", "city__istartswith")
    party = filters.party("CPO", "CPO")


class LocationList(ListPage):
    template = "portal/kept_list.html"
    title = "Locations"
    lede = "Stations of our own and of partners, as their owners last told us."
    table_class = LocationTable
    filter_class = LocationFilter
    nothing = (
        "No location yet",
        "They arrive by OCPI once a CPO is registered: pushed as they change, or pulled. Those of a party of ours "
        "without a back-end are added here, or imported from a file.",
    )

    def queryset(self) -> QuerySet[Location]:
        return selectors.list_for(self.user)

    def further(self) -> dict[str, Any]:
        return doors.of_list(self.user, kinds.LOCATION)


class LocationPage(Page):
    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        location = get_object_or_404(
            selectors.visible_to(self.user).select_related("party__connection__partner"), pk=pk
        )
        data = location.data
        evses = [_evse(evse) for evse in data.get("evses") or []]
        return self.show(
            "portal/location.html",
            location=location,
            data=data,
            operator=selectors.operator_of(location, data),
            evses=evses,
            may_unlock=may(self.user, Grant.HELP_DRIVERS) and help_desk.may_unlock(location, at=clock.now()),
            keeping=doors.of_page(self.user, kinds.LOCATION, location),
            commands=commands.list_for(self.user).filter(location=location)[:8],
        )


def _evse(data: dict[str, Any]) -> dict[str, Any]:
    return data | {"shown": [(connector(one), one.get("tariff_ids") or []) for one in data["connectors"]]}
