"""Reading locations: what a partner may see, what a user may see."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet

from partners import routing
from partners.connections.models import Connection
from partners.parties.models import Party, PartyRole
from partners.people.models import User
from partners.people.permissions import Grant, may
from roaming.locations.models import Location


def visible_to_connection(connection: Connection, at: datetime) -> QuerySet[Location]:
    """The locations of the CPOs that an active agreement opens to a party of the connection."""
    return Location.objects.filter(routing.owned_visible_to(connection, role=PartyRole.CPO, at=at))


def visible_to(user: User) -> QuerySet[Location]:
    return Location.objects.all() if may(user, Grant.VIEW_ROAMING) else Location.objects.none()


def list_for(user: User) -> QuerySet[Location]:
    """For lists and pages: with owner and connection, newest change first, without the body."""
    locations = visible_to(user).select_related("party__connection__partner").defer("body")
    return locations.order_by("-changed_at", "-id")


def time_zone_of(party: Party, location_id: str) -> str | None:
    """The zone in which the prices of a location are meant; None for one that we do not know."""
    zones = Location.objects.filter(party=party, ocpi_id_upper=location_id.upper()).values_list("time_zone", flat=True)
    return zones.first()


def zones_of_tariff(user: User, party: Party, tariff_id: str) -> list[str]:
    """Where the hours of a tariff are meant, that of most locations first: the time zones of its owner's locations
    that name it, else of all of them. Bodies are looked into only where the owner is in several zones."""
    owned = visible_to(user).filter(party=party).exclude(time_zone="")
    zones = _zones(owned)
    if len(zones) < 2:
        return zones
    return _zones(owned.filter(body__icontains=json.dumps(tariff_id, ensure_ascii=False))) or zones


def _zones(locations: QuerySet[Location]) -> list[str]:
    counted = locations.values_list("time_zone").annotate(count=Count("id")).order_by("-count", "time_zone")
    return [zone for zone, _ in counted]


def operator_of(location: Location, data: dict[str, Any]) -> str:
    """The name of its operator: where the location (`data`, newest shape) says none, that of its party's credentials
    (L7); "" when neither does."""
    operator = data.get("operator") or location.party.business_details or {}
    return str(operator.get("name") or "")


def by_id(locations: QuerySet[Location], location_id: str) -> Location | None:
    """The location of that id among some; where two owners use it, the one that was here first."""
    return locations.filter(ocpi_id_upper=location_id.upper()).select_related("party").order_by("id").first()


def known_part(references: dict[str, Any], *, owner: Party) -> dict[str, Any]:
    """LocationReferences to a location of `owner` with those EVSEs only that it has here and that are not removed. As
    they are where none is left: a location that is private, or whose news is late, must not look like one where nobody
    may charge (K4)."""
    asked = references.get("evse_uids") or []
    mine = Location.objects.filter(party=owner, ocpi_id_upper=references["location_id"].upper())
    known = set(mine.values_list("evse_uids", flat=True).first() or []) if asked else set()
    left = [uid for uid in asked if uid.upper() in known]
    return {**references, "evse_uids": left} if left else references


def bodies_of(sessions: Iterable[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """The locations that these sessions (newest shape) name, by owner's code and id in capitals. One query."""
    wanted = {(f"{s['country_code']}*{s['party_id']}".upper(), s["location_id"].upper()) for s in sessions}
    rows = Location.objects.filter(ocpi_id_upper__in={location_id for _, location_id in wanted}).select_related("party")
    found = {(row.party.code, row.ocpi_id_upper): row for row in rows}
    return {key: found[key].data for key in wanted if key in found}
