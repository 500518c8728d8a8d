"""Finding parties by their code, in any letter case."""

import re

from django.db.models import QuerySet

from partners.connections.models import Connection
from partners.parties.models import Party, PartyRole

_CODE = re.compile(r"([A-Za-z]{2})[*-]?([A-Za-z0-9]{3})")


def parse(code: str) -> tuple[str, str]:
    """("NL", "VLT") from `NL*VLT`, `nl-vlt` or `NLVLT`. Raises ValueError with a sentence."""
    match = _CODE.fullmatch(code.strip())
    if not match:
        raise ValueError(f"“{code}” is not a party: write country and party id like NL*VLT.")
    return match[1].upper(), match[2].upper()


def find(country_code: str, party_id: str, role: str) -> Party | None:
    """The party of that code in that role, or None."""
    return (
        Party.objects.select_related("connection")
        .filter(country_code=country_code.upper(), party_id=party_id.upper(), role=role)
        .first()
    )


def hosted(connection: Connection, role: str | None = None) -> QuerySet[Party]:
    """The parties on a connection, all of them or those of one role, in a stable order; without those that its
    credentials list no more."""
    parties = Party.objects.filter(connection=connection, left_at=None).order_by("id")
    return parties.filter(role=role) if role else parties


def ours() -> QuerySet[Party]:
    """The parties of our own back-ends."""
    own = Party.objects.filter(connection__own=True, left_at=None)
    return own.select_related("connection__partner").order_by("id")


def hub_of(connection: Connection) -> Party | None:
    """The hub that the platform is: a party of that role (2.2.1), or the one its credentials name (2.3.0), which has no
    row of its own; None for a platform that is no hub (T107)."""
    code = connection.hub_party_id
    named = Party(country_code=code[:2], party_id=code[2:], role=PartyRole.HUB, connection=connection) if code else None
    return named or hosted(connection, PartyRole.HUB).first()
