"""Bookings: who reserved which place for when, and what can be booked."""

from typing import Any

import django_filters
import django_tables2
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from roaming.bookings import selectors
from roaming.bookings.models import Booking, BookingLocation, BookingStatus
from roaming.kernel import clock
from roaming.ocpi.schema.values import parse_time
from roaming.portal import cells, columns, filters
from roaming.portal.access import Page
from roaming.portal.columns import Cell
from roaming.portal.lists import ListPage


def url(booking: Booking) -> str:
    return reverse("portal:booking", args=[booking.pk])


class BookingTable(django_tables2.Table):
    starts = columns.when("From", "starts_at")
    ends = columns.when("Until", "ends_at")
    id = Cell(lambda row: cells.link(url(row), row.ocpi_id, mono=True), "Booking")
    owner = Cell(lambda row: cells.party(row.party), "CPO")
    emsp = Cell(lambda row: cells.party(row.emsp), "eMSP")
    location = Cell(lambda row: cells.mono(row.location_id), "Location")
    request = Cell(lambda row: cells.mono(row.request_id), "Request", css="opt")
    status = columns.state("booking", "status", "Status")
    caption = "Bookings, latest first"


class BookingFilter(django_filters.FilterSet):
    q = filters.search(
        "Booking, request, location", "ocpi_id__istartswith", "request_id__istartswith", "location_id__istartswith"
    )
    party = filters.party("CPO", "CPO")
    emsp = filters.party("eMSP", "EMSP", "emsp")
    status = filters.choice("Status", BookingStatus.choices)


class BookingList(ListPage):
    template = "portal/bookings.html"
    title = "Bookings"
    lede = "Places reserved ahead, as the CPOs confirm them."
    table_class = BookingTable
    filter_class = BookingFilter
    newest_by = "starts_at"
    nothing = (
        "No booking yet",
        "An eMSP that speaks OCPI 2.3.0 books a place that an agreement opens to it; the CPO's answer appears here.",
    )

    def queryset(self) -> QuerySet[Booking]:
        return selectors.list_for(self.user)


class BookingPage(Page):
    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        booking = get_object_or_404(selectors.list_for(self.user).defer(None), pk=pk)
        data = booking.data
        asked = [_asked(item) for item in data["booking_requests"]]
        return self.show("portal/booking.html", booking=booking, data=data, requests=asked)


def _asked(item: dict[str, Any]) -> dict[str, Any]:
    """A BookingRequestStatus (newest shape), its times ready to be shown."""
    request = item["booking_request"]
    return {
        **request,
        "answer": item["request_status"],
        "received_at": parse_time(item["request_received"]),
        "starts_at": parse_time(request["period"]["start_date_time"]),
        "ends_at": parse_time(request["period"]["end_date_time"]),
    }


def _next_free(place: Any) -> Any:
    return cells.when(place.next_free_at) if place.next_free_at else cells.NOTHING


class PlaceTable(django_tables2.Table):
    id = Cell(lambda row: cells.mono(row.ocpi_id), "Place")
    owner = Cell(lambda row: cells.party(row.party), "CPO")
    location = Cell(lambda row: cells.mono(row.location_id), "Location")
    calendars = Cell(lambda row: cells.number(row.calendar_count), "Calendars", css="num")
    free = Cell(_next_free, "Free next", css="nowrap")
    updated = columns.when("Last updated", "last_updated")
    caption = "Places that can be booked, newest first"


class PlaceFilter(django_filters.FilterSet):
    q = filters.search("Place, location", "ocpi_id__istartswith", "location_id__istartswith")
    party = filters.party("CPO", "CPO")


class PlaceList(ListPage):
    template = "portal/bookings.html"
    title = "Places to book"
    lede = "What the CPOs let be booked, and when it is free next."
    table_class = PlaceTable
    filter_class = PlaceFilter
    nothing = ("No place can be booked yet", "CPOs that speak OCPI 2.3.0 publish them with their calendars.")

    def queryset(self) -> QuerySet[BookingLocation]:
        return selectors.places_for(self.user, clock.now())
