"""Parties come with a connection: declared when it is added, or claimed by its credentials."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings

from partners.connections.models import Connection
from partners.parties.models import Party
from partners.parties.selectors import hosted, parse


class PartyTaken(Exception):
    """A party is somebody else's already; taking it over would hand over its objects, or speak in its name.

    `held_by` is the connection that has it, for people of ours alone; None for the portal itself.
    """

    def __init__(self, message: str, held_by: Connection | None = None) -> None:
        super().__init__(message)
        self.held_by = held_by


def claim(*, connection: Connection, roles: Iterable[Mapping[str, Any]], behind_hub: bool = False) -> list[Party]:
    """Make `connection` the host of every role: OCPI CredentialsRole objects (role, country_code, party_id,
    business_details), with `role_named` where they call a role otherwise than we do.

    Known parties of the connection get their business details renewed and are back if they had left. `behind_hub`: they
    are companies of their own, which may be here in other roles without the hub. Raises PartyTaken; the caller's
    transaction undoes all.
    """
    return [_claim_one(connection, role, behind_hub) for role in roles]


def refuse_foreign(connection: Connection, country_code: str, party_id: str) -> None:
    """Raise PartyTaken for a code that is another company's in any role, or the portal's own (C10)."""
    code = f"{country_code}*{party_id}".upper()
    if not connection.own and code == "*".join(parse(settings.PORTAL_PARTY)):
        raise PartyTaken(f"{code} is this portal itself.")
    others = Party.objects.exclude(connection__partner=connection.partner_id)
    direct = others.filter(hub_status="", connection__hub_party_id="")  # one behind a hub may be their own
    same = direct.filter(country_code=country_code.upper(), party_id=party_id.upper())
    if taken := same.select_related("connection").first():
        raise PartyTaken(f"{code} belongs to another company.", taken.connection)


def _claim_one(connection: Connection, role: Mapping[str, Any], behind_hub: bool) -> Party:
    country_code, party_id = role["country_code"].upper(), role["party_id"].upper()
    told = {"business_details": dict(role.get("business_details") or {}), "role_named": role.get("role_named", "")}
    party, created = Party.objects.get_or_create(
        country_code=country_code,
        party_id=party_id,
        role=role["role"],
        defaults={"connection": connection, **told},
    )
    if party.connection_id != connection.pk:
        raise PartyTaken(f"{party.code} as {party.role} belongs to another connection.", party.connection)
    if not behind_hub:
        refuse_foreign(connection, country_code, party_id)
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
