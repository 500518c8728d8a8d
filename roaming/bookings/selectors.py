"""Reading bookings and what can be booked: what a partner may see, what a user may see."""

from datetime import datetime

from django.db.models import Exists, Min, OuterRef, Q, QuerySet

from partners import routing
from partners.connections.models import Connection
from partners.parties.models import PartyRole
from partners.people.models import User
from partners.people.permissions import Grant, may
from roaming.bookings.models import FINAL, Booking, BookingLocation, FreeSlot
from roaming.exchange import outbox
from roaming.exchange import selectors as exchange
from roaming.exchange.models import PushState

# How the outbox names places and bookings.
PLACES, BOOKINGS = "booking_locations", "bookings"


def places_visible_to_connection(connection: Connection, at: datetime) -> QuerySet[BookingLocation]:
    """The booking locations of the CPOs that an active agreement opens to a party of the connection."""
    owners = routing.owners_visible_to(connection, role=PartyRole.CPO, at=at)
    return BookingLocation.objects.filter(party__in=owners)


def with_a_slot(
    places: QuerySet[BookingLocation], *, starts: datetime | None, ends: datetime | None
) -> QuerySet[BookingLocation]:
    """Those that are free at some time from `starts` on (inclusive) and before `ends` (exclusive); None is no bound."""
    slots = FreeSlot.objects.filter(place=OuterRef("pk"))
    if starts is not None:
        slots = slots.filter(ends_at__gt=starts)
    if ends is not None:
        slots = slots.filter(starts_at__lt=ends)
    return places if starts is None and ends is None else places.filter(Exists(slots))


def place_by_id(places: QuerySet[BookingLocation], place_id: str) -> BookingLocation | None:
    """The place of that id; where several owners use it, the one we had first."""
    found = places.filter(ocpi_id_upper=place_id.upper()).select_related("party__connection")
    return found.order_by("id").first()


def visible_to_connection(connection: Connection, at: datetime) -> QuerySet[Booking]:
    """Bookings for the connection's eMSPs, under an agreement that holds when the charging is to begin and whose
    history may be read at `at`."""
    return Booking.objects.filter(routing.pairs_visible_to(connection, at=at, moment="starts_at"))


def missed_places(connection: Connection, at: datetime) -> QuerySet[BookingLocation]:
    """Those the platform may see and was not told of as they are now."""
    visible = places_visible_to_connection(connection, at).annotate(push_key=outbox.key_column(PLACES))
    return visible.filter(_not_told(connection)).select_related("party").order_by("id")


def missed(connection: Connection, at: datetime) -> QuerySet[Booking]:
    """The same of bookings that are not over, and of those that it knows as they were."""
    visible = visible_to_connection(connection, at).annotate(push_key=outbox.key_column(BOOKINGS))
    news = (_not_told(connection) & ~Q(status__in=FINAL)) | exchange.knows_older(connection)
    return visible.filter(news).select_related("party", "emsp").order_by("id")


def _not_told(connection: Connection) -> Q:
    told = exchange.pushes_of_row(connection).exclude(state=PushState.DEAD)
    return Q(~Exists(told)) | exchange.knows_older(connection)


def visible_to(user: User) -> QuerySet[Booking]:
    return Booking.objects.all() if may(user, Grant.VIEW_ROAMING) else Booking.objects.none()


def list_for(user: User) -> QuerySet[Booking]:
    """For lists and pages: with both parties, latest period first, without the body."""
    bookings = visible_to(user).select_related("party__connection__partner", "emsp__connection__partner")
    return bookings.defer("body").order_by("-starts_at", "-id")


def places_for(user: User, at: datetime) -> QuerySet[BookingLocation]:
    """For lists: with owner and `next_free_at`, newest first, without the body."""
    places = BookingLocation.objects.all() if may(user, Grant.VIEW_ROAMING) else BookingLocation.objects.none()
    next_free = Min("slots__starts_at", filter=Q(slots__ends_at__gt=at))
    return places.select_related("party__connection__partner").defer("body").annotate(next_free_at=next_free)
