"""Reading tariffs: what a partner may see, what a user may see. Deleted ones are gone for partners."""

from datetime import datetime

from django.db.models import QuerySet

from partners import routing
from partners.connections.models import Connection
from partners.parties.models import Party, PartyRole
from partners.people.models import User
from partners.people.permissions import Grant, may
from roaming.ocpi import storage
from roaming.tariffs.models import Tariff


def visible_to_connection(connection: Connection, at: datetime) -> QuerySet[Tariff]:
    """The tariffs of the CPOs that an active agreement opens to a party of the connection."""
    return Tariff.objects.filter(routing.owned_visible_to(connection, role=PartyRole.CPO, at=at), deleted_at=None)


def present(party: Party, tariff_id: str) -> Tariff | None:
    """The tariff as its owner reads it back; None when unknown or deleted."""
    row = storage.find(Tariff, party=party, ocpi_id=tariff_id)
    return row if row is not None and row.deleted_at is None else None


def visible_to(user: User) -> QuerySet[Tariff]:
    """Prices are for those who may see money."""
    return Tariff.objects.all() if may(user, Grant.VIEW_MONEY) else Tariff.objects.none()


def list_for(user: User) -> QuerySet[Tariff]:
    """For lists and pages: with owner and connection, newest change first."""
    return visible_to(user).select_related("party__connection__partner").order_by("-changed_at", "-id")
