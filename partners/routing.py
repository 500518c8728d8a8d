"""The two questions, answered here and nowhere else: who may see an object, and who must receive a change of it.

A connection writes objects of the parties it hosts. It reads, and is sent, what an agreement opens to those parties.
Our own back-ends are connections like any other; two partners joined by an agreement make us their hub.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from partners.agreements import selectors as agreements
from partners.agreements.models import Agreement, AgreementState
from partners.connections.models import Connection
from partners.parties import selectors as parties
from partners.parties.models import Party, PartyRole


@dataclass(frozen=True)
class Receiver:
    """A connection that must receive a change, and the party on it the change is meant for."""

    connection: Connection
    party: Party


def may_write(connection: Connection, country_code: str, party_id: str, role: str) -> Party | None:
    """The party of that code and role if `connection` hosts it; None when the object is not theirs to write."""
    party = parties.find(country_code, party_id, role)
    return party if party is not None and party.connection_id == connection.pk else None


def owners_visible_to(connection: Connection, *, role: str, at: datetime) -> QuerySet[Party]:
    """Parties of `role` whose locations and tariffs (CPO) or tokens (EMSP) the connection may read at `at`."""
    mine, theirs = ("emsp", "cpo") if role == PartyRole.CPO else ("cpo", "emsp")
    joined = Agreement.objects.filter(
        agreements.in_force(at),
        state=AgreementState.ACTIVE,
        **{f"{mine}__connection": connection, theirs: OuterRef("pk")},
    )
    return Party.objects.filter(Exists(joined), role=role).exclude(connection=connection)


def pairs_visible_to(connection: Connection) -> Q:
    """Filter for sessions and CDRs (fields `party`, `emsp`, `started_at`) that the connection may read.

    The token's party must be hosted by the connection, and an agreement, active or since ended, must join it to the
    owner
    over the start of the charging. The owner's own objects are never read back through the sender interface.
    """
    joined = Agreement.objects.filter(
        agreements.in_force(OuterRef("started_at")),
        emsp__connection=connection,
        cpo=OuterRef("party"),
        emsp=OuterRef("emsp"),
    )
    return Q(Exists(joined)) & ~Q(party__connection=connection)


def receivers_of(party: Party, *, at: datetime) -> list[Receiver]:
    """Who must receive a change of an object that `party` owns alone: a location, a tariff, a token."""
    mine, theirs = ("cpo", "emsp") if party.role == PartyRole.CPO else ("emsp", "cpo")
    joined = (
        Agreement.objects.filter(agreements.in_force(at), state=AgreementState.ACTIVE, **{mine: party})
        .exclude(**{f"{theirs}__connection": party.connection_id})
        .select_related(f"{theirs}__connection")
        .order_by("id")
    )
    return _one_per_connection([getattr(agreement, theirs) for agreement in joined])


def receivers_of_pair(cpo: Party, emsp: Party | None, *, at: datetime) -> list[Receiver]:
    """Who must receive a session or CDR between the two: the eMSP's connection, when an agreement covers `at`."""
    if emsp is None or emsp.connection_id == cpo.connection_id:
        return []
    return _one_per_connection([emsp]) if agreements.covering(cpo=cpo, emsp=emsp, at=at) else []


def pairs_of(connection: Connection) -> list[tuple[Party, Party]]:
    """CPO and eMSP parties whose sessions and CDRs the connection receives: it hosts the eMSP, and an agreement joins
    or joined the two."""
    joined = (
        Agreement.objects.filter(state__in=agreements.IN_FORCE, emsp__connection=connection)
        .exclude(cpo__connection=connection)
        .select_related("cpo__connection", "emsp__connection")
        .order_by("id")
    )
    return list({(agreement.cpo, agreement.emsp): None for agreement in joined})


def may_ask_about(connection: Connection, issuer: Party, *, at: datetime) -> bool:
    """Whether a CPO on `connection` may ask authorization for tokens of `issuer`."""
    return owners_visible_to(connection, role=PartyRole.EMSP, at=at).filter(pk=issuer.pk).exists()


def _one_per_connection(found: list[Party]) -> list[Receiver]:
    chosen: dict[int, Receiver] = {}
    for party in found:
        if party.connection.reachable:
            chosen.setdefault(party.connection_id, Receiver(party.connection, party))
    return list(chosen.values())
