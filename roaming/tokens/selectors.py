"""Reading tokens: what a partner may see, what a user may see."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Aggregate, Count, FloatField, OuterRef, Q, QuerySet, Subquery

from partners import routing
from partners.agreements.models import Agreement
from partners.connections.models import Connection
from partners.parties.models import Party, PartyRole
from partners.partners.models import Partner
from partners.people.models import User
from partners.people.permissions import Grant, may
from roaming.cdrs.models import Cdr
from roaming.exchange.models import Exchange
from roaming.sessions.models import Session
from roaming.tokens import types
from roaming.tokens.models import Authorization, Outcome, Token

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


def authorizations_visible_to(user: User) -> QuerySet[Authorization]:
    return Authorization.objects.all() if may(user, Grant.VIEW_ROAMING) else Authorization.objects.none()


def authorizations_for(user: User) -> QuerySet[Authorization]:
    """For lists and pages: with all that a row names and the session that it led to (`session_pk`, None where there is
    none), newest first."""
    named = ("connection__partner", "cpo", "emsp__connection__partner", "token", "agreement")
    rows = authorizations_visible_to(user).select_related(*named).defer("token__body").order_by("-id")
    # Django asks for both sides in capitals, as the index has them.
    led_to = Session.objects.exclude(authorization_reference="").filter(
        emsp=OuterRef("emsp"),
        party__connection=OuterRef("connection"),
        authorization_reference__iexact=OuterRef("authorization_reference"),
    )
    return rows.annotate(session_pk=Subquery(led_to.order_by("-id").values("pk")[:1]))


def authorization_of(user: User, charged: Session | Cdr) -> Authorization | None:
    """The authorization whose reference a session or a CDR names (S4); None where it names none, or that of a command,
    or where it is forgotten."""
    reference = charged.data.get("authorization_reference")
    if not reference or charged.emsp_id is None:
        return None
    named = (
        authorizations_for(user).exclude(authorization_reference="").filter(authorization_reference__iexact=reference)
    )
    return named.filter(emsp=charged.emsp_id, connection=charged.party.connection_id).first()


def exchanges_about(authorization: Authorization) -> QuerySet[Exchange]:
    """The requests that belong to it, the CPO's and ours to the eMSP, oldest first: the ids travel with them (T12)."""
    who = [authorization.connection_id, *([authorization.emsp.connection_id] if authorization.emsp else [])]
    told = Exchange.objects.filter(correlation_id=authorization.correlation_id, connection__in=who)
    return told.select_related("connection").defer("request_body", "response_body").order_by("at", "id")


class _Percentile(Aggregate):
    """The value that a share of the rows (`at`, 0 to 1) does not exceed."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(%(at)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


@dataclass(frozen=True)
class Rates:
    """What became of the attempts of a period. `refused` has each outcome but “allowed” that occurred, and how often,
    the most frequent first. The milliseconds are None where there was no attempt."""

    attempts: int
    allowed: int
    unanswered: int
    refused: list[tuple[Outcome, int]]
    median_ms: int | None
    slowest_ms: int | None

    @property
    def percent(self) -> float | None:
        """How many of a hundred attempts let the driver charge."""
        return 100 * self.allowed / self.attempts if self.attempts else None


def rates(rows: QuerySet[Authorization]) -> Rates:
    """The figures of some authorizations; one query. The slowest are the last twentieth (p95)."""
    counted = {outcome.value: Count("pk", filter=Q(outcome=outcome)) for outcome in Outcome}
    found = rows.order_by().aggregate(
        attempts=Count("pk"),
        unanswered=Count("pk", filter=~Q(problem="")),
        median=_Percentile("duration_ms", at=0.5),
        slowest=_Percentile("duration_ms", at=0.95),
        **counted,
    )
    refused = [(outcome, found[outcome]) for outcome in Outcome if outcome != Outcome.ALLOWED and found[outcome]]
    return Rates(
        attempts=found["attempts"],
        allowed=found[Outcome.ALLOWED],
        unanswered=found["unanswered"],
        refused=sorted(refused, key=lambda one: -one[1]),
        median_ms=None if found["median"] is None else round(found["median"]),
        slowest_ms=None if found["slowest"] is None else round(found["slowest"]),
    )


def rates_of(user: User, partner: Partner, *, since: datetime) -> dict[str, Rates]:
    """What the partner's CPOs asked (`asked_by`), and what was asked about its drivers (`asked_of`); a side without any
    attempt is left out."""
    seen = authorizations_visible_to(user).filter(at__gte=since)
    sides = {
        "asked_by": rates(seen.filter(connection__in=list(partner.connections.values_list("pk", flat=True)))),
        "asked_of": rates(seen.filter(emsp__in=list(_emsps_of(partner)))),
    }
    return {side: figures for side, figures in sides.items() if figures.attempts}


def _emsps_of(partner: Partner) -> QuerySet[Party, int]:
    return Party.objects.filter(connection__partner=partner, role=PartyRole.EMSP).values_list("pk", flat=True)
