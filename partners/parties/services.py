"""Parties come with a connection: declared when it is added, or claimed by its credentials."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from partners.connections.models import Connection
from partners.parties.models import Party
from partners.parties.selectors import hosted


class PartyTaken(Exception):
    """A party belongs to another connection already; taking it over would hand over its objects."""


def claim(*, connection: Connection, roles: Iterable[Mapping[str, Any]]) -> list[Party]:
    """Make `connection` the host of every role: OCPI CredentialsRole objects (role, country_code, party_id,
    business_details), with `role_named` where they call a role otherwise than we do.

    Known parties of the connection get their business details renewed and are back if they had left. Raises PartyTaken;
    the caller's transaction undoes all.
    """
    return [_claim_one(connection, role) for role in roles]


def _claim_one(connection: Connection, role: Mapping[str, Any]) -> Party:
    country_code, party_id = role["country_code"].upper(), role["party_id"].upper()
    told = {"business_details": dict(role.get("business_details") or {}), "role_named": role.get("role_named", "")}
    party, created = Party.objects.get_or_create(
        country_code=country_code,
        party_id=party_id,
        role=role["role"],
        defaults={"connection": connection, **told},
    )
    if party.connection_id != connection.pk:
        raise PartyTaken(f"{party.code} as {party.role} belongs to another connection.")
    news: dict[str, Any] = {name: value for name, value in told.items() if value and getattr(party, name) != value}
    if party.left_at is not None:
        news["left_at"] = None
    if not created and news:
        for name, value in news.items():
            setattr(party, name, value)
        party.save(update_fields=list(news))
    return party


def leave(*, connection: Connection, but: Iterable[Party], at: datetime) -> list[Party]:
    """The platform has these parties and no others: the rest of what it hosted has left, and is returned. Their
    objects and agreements stay."""
    left = list(hosted(connection).exclude(pk__in=[party.pk for party in but]))
    for party in left:
        party.left_at = at
        party.save(update_fields=["left_at"])
    return left


def note_status(*, party: Party, status: str) -> None:
    """What the hub that the party is behind says of it: a ConnectionStatus. Nothing is sent to one that is away."""
    party.hub_status = status
    party.save(update_fields=["hub_status"])
