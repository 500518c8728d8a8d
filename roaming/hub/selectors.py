"""Reading who is connected: what a partner may know, and what a hub told us."""

from datetime import datetime

from django.db.models import QuerySet

from partners import routing
from partners.connections.models import Connection, ConnectionState
from partners.parties.models import ConnectionStatus, Party, PartyRole
from partners.partners.models import Partner
from partners.people.models import User
from partners.people.permissions import Grant, may
from roaming.hub.models import ClientInfo, HubNotice


def visible_to_connection(connection: Connection, at: datetime) -> QuerySet[ClientInfo]:
    """What the platform is told of our own parties, and of those that an active agreement joins to it."""
    return ClientInfo.objects.filter(party__in=routing.clients_visible_to(connection, at=at))


def notice_for(connection: Connection, country_code: str, party_id: str) -> HubNotice | None:
    """What the hub on that connection said last of a party; the newest where the code has several roles."""
    told = HubNotice.objects.filter(
        party__connection=connection,
        party__country_code=country_code.upper(),
        party__party_id=party_id.upper(),
    )
    return told.order_by("-last_updated", "-id").first()


def clients() -> QuerySet[Party]:
    """Every party that partners can be told of: all but hubs."""
    return Party.objects.exclude(role=PartyRole.HUB).select_related("connection").order_by("id")


def status_of(party: Party) -> str:
    """Its ConnectionStatus now. One whose platform left us is offline, not planned: it was connected once; one that its
    platform no longer has is suspended, OCPI's word for inactive too."""
    if party.left_at is not None:
        return ConnectionStatus.SUSPENDED
    match party.connection.state:
        case ConnectionState.REGISTERED:
            return party.hub_status or ConnectionStatus.CONNECTED
        case ConnectionState.SUSPENDED:
            return ConnectionStatus.SUSPENDED
        case ConnectionState.PLANNED if party.connection.registered_at is None:
            return ConnectionStatus.PLANNED
    return ConnectionStatus.OFFLINE


def told_about(user: User, partner: Partner) -> QuerySet[ClientInfo]:
    """What others are told of the partner's parties, for its page."""
    infos = ClientInfo.objects.filter(party__connection__partner=partner).select_related("party__connection")
    return infos.order_by("party__connection__name", "party__id") if may(user, Grant.VIEW_ROAMING) else infos.none()
