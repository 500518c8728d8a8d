"""What is served to which connection: its version details list just this, and nothing else is there for it (V2)."""

from partners.connections.models import Connection
from partners.parties import selectors as parties
from partners.parties.models import PartyRole
from roaming.ocpi.modules import Interface, offered_to


def to(connection: Connection, version: str) -> list[Interface]:
    """Our interfaces in that version for a connection: the other halves of what the roles of its parties have.

    In 2.1.1 a module has one address, so there is none where both sides of it would be needed; a partner with both
    roles gets two connections.
    """
    roles = list(parties.hosted(connection).values_list("role", flat=True))
    offered = offered_to([*roles, *([PartyRole.HUB.value] if connection.hub_party_id else [])], version)
    if version != "2.1.1":
        return offered
    identifiers = [identifier for identifier, _ in offered]
    return [interface for interface in offered if identifiers.count(interface[0]) == 1]
