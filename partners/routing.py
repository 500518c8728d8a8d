"""The two questions, answered here and nowhere else: who may see an object, and who must receive a change of it.

A connection writes objects of the parties it hosts. It reads, and is sent, what an agreement opens to those parties.
Our own back-ends are connections like any other; two partners joined by an agreement make us their hub.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from partners.agreements import selectors as agreements
from partners.agreements.models import Agreement
from partners.connections.models import Connection
from partners.parties import selectors as parties
from partners.parties.models import Party, PartyRole

Code = tuple[str, str]  # country code and party id, in any letter case


class Disagreement(Exception):
    """One request names several owners of one object; the text says which of its places names whom."""


@dataclass(frozen=True)
class Receiver:
    """A connection that must receive a change, and the party on it the change is meant for."""

    connection: Connection
    party: Party


def may_write(connection: Connection, country_code: str, party_id: str, role: str) -> Party | None:
    """The party of that code and role if `connection` hosts it; None when the object is not theirs to write."""
    party = parties.find(country_code, party_id, role)
    theirs = party is not None and party.connection_id == connection.pk and party.left_at is None
    return party if theirs else None


def agree(
    connection: Connection, *, url: Code | None = None, header: Code | None = None, body: Code | None = None
) -> None:
    """Raise Disagreement unless URL, routing header (OCPI-from-*) and body of a request that writes name one owner, as
    far as they name any (T71).

    A hub passes on under its own name: a header with a HUB of the connection agrees with everything (T103).
    """
    places = {"the URL": url, "the routing header OCPI-from": header, "the body": body}
    named = {place: "*".join(code) for place, code in places.items() if code is not None}
    if len({code.upper() for code in named.values()}) <= 1:
        return
    if header is not None and _is_hub_named(connection, header):
        return agree(connection, url=url, body=body)
    said = ", ".join(f"{code} in {place}" for place, code in named.items())
    raise Disagreement(f"country_code and party_id must name one owner everywhere; they are {said}.")


def may_speak_as(connection: Connection, code: Code) -> bool:
    """Whether a request of the platform may be from that party (OCPI-from-*): it hosts the party in any role, or is
    the hub of that name (T100, T107)."""
    return _is_hub_named(connection, code) or parties.hosted(connection).filter(_named(code)).exists()


def are_same(code: Code, party: Party) -> bool:
    """Whether that code is the party's, in any letter case."""
    return "*".join(code).upper() == party.code


def may_address(connection: Connection, code: Code) -> bool:
    """Whether a request of the platform may be for that party (OCPI-to-*): it is one of ours, or an agreement joins it
    to a party of the platform, or it provides payments on the platform of one so joined. Of others nobody learns here
    that they exist."""
    joined = joined_to(connection)
    beside = Q(role=PartyRole.OTHER, connection__in=joined.filter(role=PartyRole.EMSP).values("connection"))
    known = Party.objects.filter(_named(code), left_at=None)
    return known.filter(Q(connection__own=True) | Q(pk__in=joined.values("pk")) | beside).exists()


def joined_to(connection: Connection) -> QuerySet[Party]:
    """Parties that an agreement, active or since ended, joins to a party of the platform."""
    return Party.objects.filter(Exists(Agreement.objects.filter(_joins(connection), state__in=agreements.IN_FORCE)))


def only_one_joined_to(connection: Connection) -> Code | None:
    """The party that the platform must mean when it names none; None when there are several, or none."""
    joined = joined_to(connection).order_by("country_code", "party_id").values_list("country_code", "party_id")
    codes = list(joined.distinct()[:2])
    return codes[0] if len(codes) == 1 else None


def kept_by_people(module: str, role: str) -> list[Party]:
    """Our own parties of `role` whose objects of `module` people keep here: no back-end of theirs has an interface for
    them, which would be the truth."""
    return [party for party in parties.ours().filter(role=role) if is_kept_by_people(party, module)]


def is_kept_by_people(party: Party, module: str) -> bool:
    """Whether that is so for one party; see kept_by_people."""
    connection = party.connection
    return connection.own and party.left_at is None and connection.endpoint(module, "SENDER") is None


def owners_visible_to(connection: Connection, *, role: str, at: datetime) -> QuerySet[Party]:
    """Parties of `role` whose locations and tariffs (CPO) or tokens (EMSP) the connection may read at `at`."""
    mine, theirs = ("emsp", "cpo") if role == PartyRole.CPO else ("cpo", "emsp")
    joined = Agreement.objects.filter(agreements.in_force(at), _on(connection, mine), **{theirs: OuterRef("pk")})
    return Party.objects.filter(Exists(joined), role=role).exclude(connection=connection)


def owned_visible_to(connection: Connection, *, role: str, at: datetime) -> Q:
    """Filter for locations, tariffs and tokens (field `party`) that the connection may read at `at`."""
    # Their keys, not a subquery: only so does PostgreSQL find the rows of a small partner among those of a large one.
    return Q(party__in=list(owners_visible_to(connection, role=role, at=at).values_list("pk", flat=True)))


def pairs_visible_to(connection: Connection, *, at: datetime, moment: str = "started_at") -> Q:
    """Filter for sessions, CDRs and the like (fields `party`, `emsp`, and `moment`, when the charging starts) that the
    connection may read at `at`.

    The token's party must be hosted by the connection, and an agreement, active or since ended, must join it to the
    owner over the start of the charging; one that ended shows them as long as its history may be read. The owner's own
    objects are never read back through the sender interface.
    """
    return _pairs_joined(connection, agreements.in_force(OuterRef(moment)) & agreements.readable(at))


def pairs_in_hand_of(connection: Connection, *, moment: str = "started_at") -> Q:
    """Filter for sessions that the eMSP may act on, such as stop: an agreement held at their start. How long they may
    be read after its end is no matter: one that runs must be stopped by somebody (M9)."""
    return _pairs_joined(connection, agreements.in_force(OuterRef(moment)))


def _pairs_joined(connection: Connection, how: Q) -> Q:
    """Pairs of fields `party` and `emsp` that such an agreement joins; the eMSP is on the platform, the CPO is not."""
    joined = Agreement.objects.filter(how, _on(connection, "emsp"), cpo=OuterRef("party"), emsp=OuterRef("emsp"))
    # Their keys, not a subquery: only so does PostgreSQL find the rows of a small partner among those of a large one.
    mine = list(parties.hosted(connection).values_list("pk", flat=True))
    return Q(emsp__in=mine) & Q(Exists(joined)) & ~Q(party__in=mine)


def receivers_of(party: Party, *, on: Connection | None = None, at: datetime) -> list[Receiver]:
    """Who must receive a change of an object that `party` owns alone: a location, a tariff, a token. With `on` only
    that platform is looked at."""
    mine, theirs = ("cpo", "emsp") if party.role == PartyRole.CPO else ("emsp", "cpo")
    joined = (
        Agreement.objects.filter(agreements.in_force(at), **{mine: party})
        .exclude(**{f"{theirs}__connection": party.connection_id})
        .select_related(f"{theirs}__connection")
        .order_by("id")
    )
    if on is not None:
        joined = joined.filter(**{f"{theirs}__connection": on})
    return _one_per_connection([getattr(agreement, theirs) for agreement in joined], party)


def receivers_of_pair(cpo: Party, emsp: Party | None, *, at: datetime) -> list[Receiver]:
    """Who must receive a session or CDR between the two: the eMSP's connection, when an agreement covers `at`."""
    if emsp is None or emsp.connection_id == cpo.connection_id:
        return []
    return _one_per_connection([emsp], cpo) if agreements.covering(cpo=cpo, emsp=emsp, at=at) else []


def times_joined(cpo: Party, emsp: Party) -> Callable[[datetime], bool]:
    """Whether an agreement, active or since ended, covers a moment between the two; looked up once for many moments."""
    held = list(agreements.between(cpo, emsp).filter(state__in=agreements.IN_FORCE))
    return lambda moment: any(agreements.covers(agreement, moment) for agreement in held)


def records_visible_to(connection: Connection, *, at: datetime) -> Q:
    """Filter for invoice records (fields `party`, who bills, and `counterparty`) that the connection may read at `at`.

    It must host the counterparty, and an agreement join the two, or have joined them with a history that may be read.
    """

    def joined(owner: str, other: str) -> Exists:
        sides = {owner: OuterRef("party"), other: OuterRef("counterparty")}
        return Exists(Agreement.objects.filter(agreements.readable(at), _on(connection, other), **sides))

    return (Q(joined("cpo", "emsp")) | Q(joined("emsp", "cpo"))) & ~Q(party__connection=connection)


def receivers_of_record(owner: Party, counterparty: Party | None) -> list[Receiver]:
    """Who must receive an invoice record of `owner`: the counterparty's connection, when an agreement joins the two or
    did so once, for the last invoice comes after the end."""
    if counterparty is None or counterparty.connection_id == owner.connection_id:
        return []
    cpo, emsp = (owner, counterparty) if owner.role == PartyRole.CPO else (counterparty, owner)
    joined = Agreement.objects.filter(cpo=cpo, emsp=emsp, state__in=agreements.IN_FORCE)
    return _one_per_connection([counterparty], owner) if joined.exists() else []


def providers_joined_to(connection: Connection, *, at: datetime) -> QuerySet[Party]:
    """Payment terminal providers for CPOs of the platform (they call themselves OTHER): an active agreement joins a CPO
    of it to an eMSP on the provider's platform, which starts the charging that is paid there."""
    joined = Agreement.objects.filter(
        agreements.in_force(at),
        _on(connection, "cpo"),
        emsp__connection=OuterRef("connection"),
    )
    providers = Party.objects.filter(Exists(joined), role=PartyRole.OTHER, left_at=None)
    return providers.select_related("connection").order_by("id")


def terminals_visible_to(connection: Connection, *, at: datetime) -> Q:
    """Filter for payment terminals and what was captured with them (fields `party`, the provider, and `cpo`) that the
    CPO's platform may read at `at`."""
    providers = Agreement.objects.filter(
        agreements.in_force(at),
        cpo=OuterRef("cpo"),
        emsp__connection=OuterRef("party__connection"),
    )
    return Q(Exists(providers)) & _on(connection, "cpo") & ~Q(party__connection=connection)


def receivers_of_terminal(provider: Party, cpo: Party | None, *, at: datetime) -> list[Receiver]:
    """Who must receive a terminal: the platform of its CPO, when the provider may serve it at `at`."""
    if cpo is None or cpo.connection_id == provider.connection_id:
        return []
    may = owners_visible_to(provider.connection, role=PartyRole.CPO, at=at).filter(pk=cpo.pk)
    return _one_per_connection([cpo], provider) if may.exists() else []


def pairs_of(connection: Connection, *, at: datetime) -> list[tuple[Party, Party]]:
    """CPO and eMSP parties whose sessions and CDRs the connection may know at `at`: it hosts the eMSP, and an agreement
    joins the two, or joined them and its history may be read."""
    joined = (
        Agreement.objects.filter(agreements.readable(at), _on(connection, "emsp"))
        .exclude(cpo__connection=connection)
        .select_related("cpo__connection", "emsp__connection")
        .order_by("id")
    )
    return list({(agreement.cpo, agreement.emsp): None for agreement in joined})


def is_hub(connection: Connection) -> bool:
    """Whether the platform is a hub: its credentials say so (2.3.0), or it hosts a party of that role (2.2.1)."""
    return bool(connection.hub_party_id) or parties.hosted(connection, PartyRole.HUB).exists()


def served_as_hub(*, at: datetime) -> QuerySet[Connection]:
    """Connections for which we are the hub at `at` (T107): our own back-ends, partners that an active agreement joins
    to a party of others, and everybody as long as no party is ours."""
    if not parties.ours().exists():
        return Connection.objects.all()
    of_others = Agreement.objects.filter(
        agreements.in_force(at), cpo__connection__own=False, emsp__connection__own=False
    ).exclude(cpo__connection=F("emsp__connection"))
    joined = of_others.filter(Q(cpo__connection=OuterRef("pk")) | Q(emsp__connection=OuterRef("pk")))
    return Connection.objects.filter(Q(own=True) | Exists(joined))


def clients_visible_to(connection: Connection, *, at: datetime) -> QuerySet[Party]:
    """Parties of whose connection status the platform is told at `at` if we are its hub: those that an active agreement
    joins to a party of it, and our own."""
    if not served_as_hub(at=at).filter(pk=connection.pk).exists():
        return Party.objects.none()
    joined = Agreement.objects.filter(_joins(connection), agreements.in_force(at))
    known = Party.objects.filter(Exists(joined) | Q(connection__own=True))
    return known.exclude(connection=connection).exclude(role=PartyRole.HUB)


def receivers_of_status(party: Party, *, at: datetime) -> list[Receiver]:
    """Who must be told that the connection status of `party` changed (see clients_visible_to)."""
    if not party.connection.own:
        return receivers_of(party, at=at)
    others = Party.objects.filter(connection__in=served_as_hub(at=at)).exclude(connection=party.connection_id)
    return _one_per_connection(list(others.select_related("connection").order_by("id")), party)


def may_ask_under(
    connection: Connection, issuers: Q, *, asker: Code | None = None, at: datetime
) -> dict[int, Agreement]:
    """By the key of each eMSP that fits `issuers` (a filter for agreements), the agreement under which a CPO on the
    platform may ask at `at` whether its tokens may charge: that of the CPO named `asker`, else the first of those that
    the platform has. With both parties and the eMSP's connection; one query."""
    joined = Agreement.objects.filter(agreements.in_force(at), _on(connection, "cpo"), issuers)
    rows = joined.exclude(emsp__connection=connection).select_related("cpo", "emsp__connection").order_by("-id")
    asker_last = sorted(rows, key=lambda agreement: asker is not None and are_same(asker, agreement.cpo))
    return {agreement.emsp_id: agreement for agreement in asker_last}


def of_emsp(code: Code) -> Q:
    """Filter for agreements with the eMSP of that code, in any letter case."""
    return Q(emsp__country_code=code[0].upper(), emsp__party_id=code[1].upper())


def emsps_served_by(cpo: Party, *, at: datetime) -> QuerySet[Party]:
    """The eMSPs whose drivers may charge at stations of `cpo` at `at`, and who may therefore ask it to start, reserve
    and unlock."""
    joined = Agreement.objects.filter(agreements.in_force(at), cpo=cpo, emsp=OuterRef("pk"))
    return Party.objects.filter(Exists(joined)).select_related("connection").order_by("id")


def counterparties_of(connection: Connection, *, role: str) -> QuerySet[Party]:
    """Parties of `role` (CPO or EMSP) that an agreement, active or since ended, joins to a party of the connection."""
    mine, theirs = ("emsp", "cpo") if role == PartyRole.CPO else ("cpo", "emsp")
    joined = Agreement.objects.filter(_on(connection, mine), state__in=agreements.IN_FORCE, **{theirs: OuterRef("pk")})
    return Party.objects.filter(Exists(joined), role=role)


def face_of(connection: Connection) -> Party | None:
    """The one party that we are for a platform of OCPI 2.1.1, which knows no more than one: the face chosen for the
    connection; else the first of its counterparties; else the first of ours on the other side."""
    if chosen := chosen_face(connection):
        return chosen
    opposite: dict[str, str] = {PartyRole.CPO: PartyRole.EMSP, PartyRole.EMSP: PartyRole.CPO}
    roles = [opposite[party.role] for party in parties.hosted(connection) if party.role in opposite]
    for role in roles:
        joined = counterparties_of(connection, role=role).filter(left_at=None).select_related("connection__partner")
        if first := joined.order_by("id").first():
            return first
    return parties.ours().filter(role__in=roles).first()


def chosen_face(connection: Connection) -> Party | None:
    """The one party that a person chose us to be for a platform of OCPI 2.1.1: of all others it hears nothing."""
    face = connection.face
    return face if face is not None and face.left_at is None else None


def only_face(connection: Connection) -> Party | None:
    """The eMSP that a CPO's platform of OCPI 2.1.1 must mean where it names none: the face chosen for the connection,
    or the only one that an agreement joins to it, or joined; None when it may be one of several."""
    if chosen := chosen_face(connection):
        return chosen
    joined = list(counterparties_of(connection, role=PartyRole.EMSP)[:2])
    return face_of(connection) if len(joined) < 2 else None


def receivers_here(connection: Connection, party: Party, *, owner: Party) -> list[Receiver]:
    """Who must receive what `owner` has for `party`, a party of the platform: nobody while it is away (H1)."""
    party.connection = connection
    return _one_per_connection([party], owner)


def _one_per_connection(found: list[Party], owner: Party) -> list[Receiver]:
    """One receiver of something of `owner` for each platform, but for those that are away, and those to which we are
    another party only."""
    chosen: dict[int, Receiver] = {}
    for party in found:
        if party.reachable and _is_faced_by(party.connection, owner):
            chosen.setdefault(party.connection_id, Receiver(party.connection, party))
    return list(chosen.values())


def _is_faced_by(connection: Connection, owner: Party) -> bool:
    face = chosen_face(connection) if connection.version == "2.1.1" else None
    return face is None or face.code == owner.code


def _on(connection: Connection, side: str) -> Q:
    """Agreements whose `side` (cpo or emsp) is on the platform; one that its credentials list no more is not."""
    return Q(**{f"{side}__connection": connection, f"{side}__left_at": None})


def _joins(connection: Connection) -> Q:
    """Agreements that join the party of the outer query to one of the platform."""
    return _on(connection, "emsp") & Q(cpo=OuterRef("pk")) | _on(connection, "cpo") & Q(emsp=OuterRef("pk"))


def _named(code: Code) -> Q:
    return Q(country_code=code[0].upper(), party_id=code[1].upper())


def _is_hub_named(connection: Connection, code: Code) -> bool:
    """Whether the platform is that hub: its credentials name it (2.3.0), or it hosts it in that role (2.2.1)."""
    if connection.hub_party_id == "".join(code).upper():
        return True
    return parties.hosted(connection, PartyRole.HUB).filter(_named(code)).exists()
