"""OCPI doors of bookings (section 5.5): places with their calendars, bookings, and requests for them."""

from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from partners import routing
from partners.parties.models import PartyRole
from roaming.bookings import calendars, places, requests, selectors, services
from roaming.bookings.models import Booking, BookingLocation
from roaming.exchange import asking
from roaming.exchange.asking import NoAnswer
from roaming.ocpi import envelope, storage
from roaming.ocpi.client import Refused
from roaming.ocpi.errors import UNKNOWN_LOCATION, OcpiError, invalid, not_found
from roaming.ocpi.ownership import OwnedObjectView
from roaming.ocpi.paging import moment
from roaming.ocpi.views import OcpiView


class SenderPlaces(OcpiView):
    """What the caller may book. `timeslot_from` and `timeslot_to` find places that are free at some time between."""

    def get(self, request: Request, **_: Any) -> HttpResponse:
        visible = selectors.places_visible_to_connection(self.connection, self.at)
        free = selectors.with_a_slot(
            visible, starts=moment(request, "timeslot_from"), ends=moment(request, "timeslot_to")
        )
        return self.page(free, kind="booking_location")


class SenderPlace(OcpiView):
    """A place or a calendar of anybody whom the caller may read."""

    def get(self, request: Request, booking_location_id: str, **_: Any) -> HttpResponse:
        visible = selectors.places_visible_to_connection(self.connection, self.at)
        return _shown(self, selectors.place_by_id(self.narrowed(visible), booking_location_id))


class ReceiverPlace(OwnedObjectView):
    """What a CPO's platform reads back, creates, replaces and updates: a place, or a calendar of it."""

    role = PartyRole.CPO
    unknown_code = UNKNOWN_LOCATION

    def get(self, request: Request, booking_location_id: str, **_: Any) -> HttpResponse:
        return _shown(self, storage.find(BookingLocation, party=self.owner(), ocpi_id=booking_location_id))

    def put(self, request: Request, booking_location_id: str, calendar_id: str | None = None, **_: Any) -> HttpResponse:
        party, ids = self.owner(), {"place_id": booking_location_id}
        if calendar_id is None:
            data = self.whole("booking_location", id=booking_location_id)
            return self.accepted(places.put(party=party, data=data, at=self.at, **ids))
        data = self.whole("calendar", id=calendar_id)
        return self.accepted(places.put_calendar(party=party, calendar_id=calendar_id, data=data, at=self.at, **ids))

    def patch(
        self, request: Request, booking_location_id: str, calendar_id: str | None = None, **_: Any
    ) -> HttpResponse:
        party, ids = self.owner(), {"place_id": booking_location_id}
        if calendar_id is None:
            data = self.part("booking_location", id=booking_location_id)
            return self.accepted(places.patch(party=party, data=data, at=self.at, **ids))
        data = self.part("calendar", id=calendar_id)
        return self.accepted(places.patch_calendar(party=party, calendar_id=calendar_id, data=data, at=self.at, **ids))


class SenderBookings(OcpiView):
    """The bookings of the caller's drivers; and where its eMSP asks for one, changes it, or cancels it."""

    def get(self, request: Request, **_: Any) -> HttpResponse:
        visible = selectors.visible_to_connection(self.connection, self.at)
        return self.page(visible, kind="booking")

    def post(self, request: Request, **_: Any) -> HttpResponse:
        data = self.object("booking_request")
        code = str(data["country_code"]), str(data["party_id"])
        routing.agree(self.connection, header=self.route.from_party, body=code)
        asked = requests.Request(
            connection=self.connection,
            data=data,
            places=self.narrowed(selectors.places_visible_to_connection(self.connection, self.at)),
            correlation_id=self.correlation_id,
        )
        stored = requests.put_to_the_cpo(asked, at=self.at)
        return envelope.success(self.outgoing("booking", stored.row.body), message=stored.note)

    def handle_exception(self, exc: Exception) -> HttpResponseBase:  # type: ignore[override]
        match exc:
            case requests.NotYours() | requests.NotCovered():
                exc = invalid(str(exc))
            case requests.UnknownPlace():
                exc = OcpiError(UNKNOWN_LOCATION, str(exc))
            case NoAnswer() | Refused():
                exc = asking.refusal(exc, self.version)
        return super().handle_exception(exc)


class ReceiverBooking(OwnedObjectView):
    role = PartyRole.CPO

    def get(self, request: Request, booking_id: str, **_: Any) -> HttpResponse:
        row = storage.find(Booking, party=self.owner(), ocpi_id=booking_id)
        if row is None:
            raise self.unknown(f"booking “{booking_id}”")
        return envelope.success(self.outgoing("booking", row.body))

    def put(self, request: Request, booking_id: str, **_: Any) -> HttpResponse:
        party = self.owner()
        data = self.whole("booking", id=booking_id)
        return self.accepted(services.put(party=party, booking_id=booking_id, data=data, at=self.at))

    def patch(self, request: Request, booking_id: str, **_: Any) -> HttpResponse:
        party = self.owner()
        data = self.part("booking", id=booking_id)
        return self.accepted(services.patch(party=party, booking_id=booking_id, data=data, at=self.at))


def _shown(view: OcpiView, row: BookingLocation | None) -> HttpResponse:
    place_id, calendar_id = view.kwargs["booking_location_id"], view.kwargs.get("calendar_id")
    if row is None:
        raise not_found(f"There is no booking location “{place_id}” here.", UNKNOWN_LOCATION)
    if calendar_id is None:
        return envelope.success(view.outgoing("booking_location", row.body))
    calendar = calendars.calendar_of(row.data, calendar_id)
    if calendar is None:
        raise not_found(f"Booking location “{row.ocpi_id}” has no calendar “{calendar_id}”.", UNKNOWN_LOCATION)
    return envelope.success(view.outgoing("calendar", calendar))
