"""Reading locations: what a partner may see, what a user may see."""

from datetime import datetime

from django.db.models import QuerySet

from partners import routing
from partners.connections.models import Connection
from partners.parties.models import PartyRole
from partners.people.models import User
from partners.people.permissions import Grant, may
from roaming.locations.models import Location


def visible_to_connection(connection: Connection, at: datetime) -> QuerySet[Location]:
    """The locations of the CPOs that an active agreement opens to a party of the connection."""
    owners = routing.owners_visible_to(connection, role=PartyRole.CPO, at=at)
    return Location.objects.filter(party__in=owners)


def visible_to(user: User) -> QuerySet[Location]:
    return Location.objects.all() if may(user, Grant.VIEW_ROAMING) else Location.objects.none()


def list_for(user: User) -> QuerySet[Location]:
    """For lists and pages: with owner and connection, newest change first, without the body."""
    locations = visible_to(user).select_related("party__connection__partner").defer("body")
    return locations.order_by("-changed_at", "-id")


def by_id(locations: QuerySet[Location], location_id: str, *, owner: tuple[str, str] | None) -> Location | None:
    """The location of that id. Where two owners use it, `owner` (country code, party id) decides, else age."""
    found = list(locations.filter(ocpi_id_upper=location_id.upper()).select_related("party").order_by("id"))
    code = tuple(part.upper() for part in owner or ())
    meant = [location for location in found if (location.party.country_code, location.party.party_id) == code]
    return next(iter(meant or found), None)
