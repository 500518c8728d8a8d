"""Reading tokens: what a partner may see, what a user may see."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from partners import routing
from partners.agreements.models import Agreement
from partners.connections.models import Connection
from partners.parties.models import Party, PartyRole
from partners.people.models import User
from partners.people.permissions import Grant, may
from roaming.tokens import types
from roaming.tokens.models import Token

# A token, and the agreement under which it may be asked about.
Shown = tuple[Token, Agreement]


def visible_to_connection(connection: Connection, at: datetime) -> QuerySet[Token]:
    """The tokens of the eMSPs that an active agreement opens to a party of the connection."""
    return Token.objects.filter(routing.owned_visible_to(connection, role=PartyRole.EMSP, at=at))


def shown_at_station(
    connection: Connection,
    *,
    token_uid: str,
    token_type: str | None,
    version: str,
    asker: routing.Code | None = None,
    at: datetime,
) -> list[Shown]:
    """The tokens with that uid, and that type as `version` calls it, that a CPO on the connection may ask about, each
    with the agreement under which it may: of each issuer that has one, the one it most likely means. Two queries, for
    a driver waits."""
    rows = Token.objects.filter(types.meant(version, token_type), ocpi_id_upper=token_uid.upper()).order_by("-id")
    likely_last = sorted(rows, key=lambda token: token.type == (token_type or types.DEFAULT))
    found = {token.party_id: token for token in likely_last}
    if not found:
        return []
    opened = routing.may_ask_under(connection, Q(emsp__in=list(found)), asker=asker, at=at)
    shown = [(token, opened[party_id]) for party_id, token in found.items() if party_id in opened]
    for token, agreement in shown:
        token.party = agreement.emsp
    return sorted(shown, key=lambda one: one[0].pk)


def type_of(party: Party, token_uid: str, *, token_type: str | None, version: str) -> str:
    """The stored type of the party's token that somebody names in `version`, by the type it has there or by none."""
    wanted = token_type or types.DEFAULT
    rows = Token.objects.filter(types.meant(version, token_type), party=party, ocpi_id_upper=token_uid.upper())
    found = list(rows.order_by("id").values_list("type", flat=True))
    return wanted if wanted in found or not found else found[0]


def by_contract(connection: Connection, contract_id: str) -> dict[str, Any] | None:
    """The token (newest shape) of that contract, for a platform of OCPI 2.1.1: all that it says of a token in a session
    or CDR is its contract. None when nobody has such a token, or several whom it may mean have."""
    rows = of_contract(connection, contract_id)
    return rows[0].data if len({row.party_id for row in rows}) == 1 else None


def of_contract(connection: Connection, contract_id: str) -> list[Token]:
    """The tokens of that contract that the platform may mean, the best of each issuer first.

    An issuer is the party that was chosen for the platform; without one, the eMSP that the contract itself begins with;
    without that, any that an agreement joins, or joined, to the platform. Whose contract it is does not depend on
    whether a token of it is valid just now.
    """
    issuers = routing.counterparties_of(connection, role=PartyRole.EMSP)
    if chosen := routing.chosen_face(connection):
        issuers = issuers.filter(pk=chosen.pk)
    elif named := issuers.filter(_begins(contract_id)).first():
        issuers = issuers.filter(pk=named.pk)
    rows = Token.objects.filter(party__in=issuers, contract_id_upper=contract_id.upper())
    return list(rows.select_related("party").order_by("-valid", "id"))


def _begins(contract_id: str) -> Q:
    """The party whose code the contract begins with: DE-NMD-C00012345-X, DE*NMD*…, DENMD…"""
    plain = contract_id.upper().replace("-", "").replace("*", "")
    return Q(country_code=plain[:2], party_id=plain[2:5])


def visible_to(user: User) -> QuerySet[Token]:
    return Token.objects.all() if may(user, Grant.VIEW_ROAMING) else Token.objects.none()


def list_for(user: User) -> QuerySet[Token]:
    """For lists and pages: with owner and connection, newest change first, without the body."""
    return visible_to(user).select_related("party__connection__partner").defer("body").order_by("-changed_at", "-id")
