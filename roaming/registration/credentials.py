"""The credentials object: what we say about ourselves to a platform, and what it says about itself (section 3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from partners import routing
from partners.connections import services as connections
from partners.connections.models import Connection
from partners.parties import selectors as parties
from partners.parties.models import Party, PartyRole
from roaming.ocpi.errors import invalid
from roaming.ocpi.schema import validation

Json = dict[str, Any]

_ONE_FACE = (PartyRole.CPO, PartyRole.EMSP)


def ours(connection: Connection, token: str, version: str, at: datetime) -> Json:
    """What `connection` is told about us in that version: `token`, our versions URL, and our parties.

    In 2.1.1 one party of ours. Later ones list the parties of our own back-ends; where we are a hub for it (in front of
    our own back-ends, of parties of others, or without parties of our own) also the role HUB in 2.2.1, and in 2.3.0
    `hub_party_id` and the parties that can be reached through us (T107).
    """
    base: Json = {"token": token, "url": connections.versions_url()}
    if version == "2.1.1":
        face = routing.face_of(connection)
        return base | _identity(_told(face) if face else _hub())
    own = [] if connection.own else list(parties.ours())
    roles = [_told(party) for party in own]
    if not routing.served_as_hub(at=at).filter(pk=connection.pk).exists():
        return base | {"roles": roles}
    if version == "2.2.1":
        return base | {"roles": [*roles, _hub() | {"role": "HUB"}]}
    roles += [_told(party) for party in _reachable(connection, at)]
    return base | {"hub_party_id": "".join(_hub_code()), "roles": roles or [_hub() | {"role": "OTHER"}]}


def _reachable(connection: Connection, at: datetime) -> list[Party]:
    """Parties of others, and for our own back-ends of all, that agreements join to it now."""
    seen = [
        party
        for role in _ONE_FACE
        for party in routing.owners_visible_to(connection, role=role, at=at)
        .filter(left_at=None)
        .select_related("connection__partner")
        .order_by("id")
    ]
    return [party for party in seen if connection.own or not party.connection.own]


def _told(party: Party) -> Json:
    return {
        "role": party.role,
        "country_code": party.country_code,
        "party_id": party.party_id,
        "business_details": party.business_details or {"name": party.connection.partner.name},
    }


def _hub() -> Json:
    country_code, party_id = _hub_code()
    return {"country_code": country_code, "party_id": party_id, "business_details": {"name": settings.PORTAL_NAME}}


def _hub_code() -> tuple[str, str]:
    return parties.parse(settings.PORTAL_PARTY)


def _identity(role: Json) -> Json:
    """One party as 2.1.1 says it: without a role."""
    return {name: role[name] for name in ("country_code", "party_id", "business_details")}


@dataclass(frozen=True)
class Theirs:
    """What a platform says about itself. `roles` are for parties.services.claim."""

    token: str
    url: str
    roles: list[Json]
    hub_party_id: str = ""

    @property
    def faces(self) -> list[str]:
        """The roles that decide which interfaces they can have; the platform of a hub counts as one."""
        return [role["role"] for role in self.roles] + ([PartyRole.HUB.value] if self.hub_party_id else [])


def read(connection: Connection, version: str, sent: Any) -> Theirs:
    """The credentials of `connection`'s platform in that version.

    Raises validation.Invalid naming every field, and OcpiError 2001 for a party that 2.1.1 leaves us to guess (C8).
    """
    if version == "2.1.1":
        validation.validate(version, "credentials", sent)
        role = declared_role(connection, sent["country_code"], sent["party_id"])
        return Theirs(sent["token"], sent["url"], [_identity(sent) | {"role": role}])
    validation.validate(version, "credentials", _with_known_roles(version, sent))
    roles = [_with_our_name(role) for role in sent["roles"]]
    return Theirs(sent["token"], sent["url"], roles, sent.get("hub_party_id") or _hub_among(roles))


def declared_role(connection: Connection, country_code: str, party_id: str) -> str:
    """The role that was declared for a party of 2.1.1, which does not say it. Raises OcpiError 2001."""
    role = one_face_role(connection)
    declared = Party.objects.filter(connection=connection, role=role)  # also one that had left, and comes back
    if declared.filter(country_code=country_code.upper(), party_id=party_id.upper()).exists():
        return role
    known = ", ".join(party.code for party in parties.hosted(connection, role))
    raise invalid(
        f"The party {country_code}*{party_id} was not announced to this platform, and OCPI 2.1.1 does not say its "
        f"role. Announced is {known} as {role}."
    )


def one_face_role(connection: Connection) -> str:
    """CPO or EMSP: the only role of a connection that is to speak 2.1.1. Raises OcpiError 2001."""
    roles = sorted({party.role for party in parties.hosted(connection) if party.role in _ONE_FACE})
    if len(roles) == 1:
        return roles[0]
    if roles:
        raise invalid(connections.two_faces(connection.name))
    raise invalid(
        f"No party was announced for “{connection.name}”, and OCPI 2.1.1 does not say roles: its party has to be "
        "declared here first, as CPO or as EMSP."
    )


def _with_known_roles(version: str, sent: Any) -> Any:
    """A copy that tells roles we do not know as OTHER, so that everything else is checked (Y3).

    One that differs from a known role by letter case only is a mistake and stays.
    """
    roles = sent.get("roles") if isinstance(sent, dict) else None
    if not isinstance(roles, list):
        return sent
    return sent | {"roles": [_known(version, role) if isinstance(role, dict) else role for role in roles]}


def _known(version: str, role: Json) -> Json:
    name = role.get("role")
    foreign = isinstance(name, str) and (_is_foreign(name) or (name == PartyRole.HUB and version != "2.2.1"))
    return role | {"role": PartyRole.OTHER.value} if foreign else role


def _is_foreign(name: str) -> bool:
    spelled_like_one = 0 < len(name) <= 50 and name.isascii() and name.isupper() and name.replace("_", "").isalnum()
    return spelled_like_one and name not in PartyRole.values


def _with_our_name(role: Mapping[str, Any]) -> Json:
    if role["role"] in PartyRole.values:
        return dict(role)
    return {**role, "role": PartyRole.OTHER.value, "role_named": role["role"]}


def _hub_among(roles: list[Json]) -> str:
    hub = next((role for role in roles if role["role"] == PartyRole.HUB), None)
    return f"{hub['country_code']}{hub['party_id']}" if hub else ""


def token_in(data: Any) -> str:
    """The token of credentials that may be invalid otherwise; empty when there is none that can be used."""
    token = data.get("token") if isinstance(data, dict) else None
    usable = isinstance(token, str) and 0 < len(token) <= 64 and token.isascii() and token.isprintable()
    return str(token) if usable and " " not in str(token) else ""
