"""The life of a connection: added with a one-time token, registered, rotated, suspended, unregistered."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from babel import Locale
from django.conf import settings
from django.db import transaction

from partners.connections import tokens
from partners.connections.models import MOVES, Connection, ConnectionState, TokenKind
from partners.parties import services as parties
from partners.parties.models import Party
from partners.parties.selectors import hosted
from partners.partners.models import Partner
from roaming.kernel import events, states
from roaming.kernel.crypto import new_token, token_hash

_HEARD_EVERY = timedelta(minutes=1)
_LONGEST_NAME = 100
# Codes of Unicode that stand for no country: made up for tests, or unknown.
_NO_COUNTRIES = frozenset({"QO", "XA", "XB", "ZZ"})
_BOTH_FACES = {"CPO", "EMSP"}


class CannotAdd(Exception):
    """The connection cannot be added or changed so; the text says why."""


def two_faces(name: str) -> str:
    """Why a platform of both roles cannot speak 2.1.1 on one connection of that name."""
    return (
        f"“{name}” hosts both CPO and EMSP, and OCPI 2.1.1 knows no roles: a 2.1.1 partner with both roles gets two "
        "connections, one for each."
    )


@dataclass(frozen=True)
class Added:
    connection: Connection
    token: str
    versions_url: str


def versions_url() -> str:
    """Where partners find our OCPI versions."""
    return f"{settings.PORTAL_URL}/ocpi/versions"


@transaction.atomic
def add(
    *,
    partner_name: str,
    name: str,
    own: bool = False,
    parties_hosted: Sequence[tuple[str, str, str]] = (),
    only_version: str = "",
    face: Party | None = None,
    requests_per_minute: int | None = None,
    at: datetime,
) -> Added:
    """A planned connection with its parties (country code, party id, role) and a one-time registration token.

    The partner is made when no partner has that name. `only_version` limits the connection to one version of OCPI,
    `face` is the party we are for it in 2.1.1. Raises CannotAdd (a name that is taken, or is none; a country that there
    is not; both roles in 2.1.1) and PartyTaken, which names the connection that has the party; stores nothing then.
    """
    partner_name = _line(partner_name)
    _refuse_two_faces(name, only_version, (role for _, _, role in parties_hosted))
    partner = Partner.objects.filter(name__iexact=partner_name).first() or Partner.objects.create(name=partner_name)
    connection = Connection.objects.create(
        partner=partner,
        name=_free_name(name),
        own=own,
        only_version=only_version,
        face=face,
        requests_per_minute=requests_per_minute,
    )
    _declare(connection, parties_hosted, partner_name)
    token = new_registration_token(connection=connection, at=at)
    return Added(connection=connection, token=token, versions_url=versions_url())


@transaction.atomic
def change(
    *, connection: Connection, name: str, only_version: str, face: Party | None, requests_per_minute: int | None
) -> Connection:
    """What a person settles about a connection. A version holds from the next registration or rotation on.

    Raises CannotAdd; changes nothing then.
    """
    if face is not None and face.connection_id == connection.pk:
        raise CannotAdd(f"{face.code} is a party of {connection} itself; we are one of the others for it.")
    _refuse_two_faces(name, only_version, hosted(connection).values_list("role", flat=True))
    connection.name = _free_name(name, but=connection)
    connection.only_version, connection.face = only_version, face
    connection.requests_per_minute = requests_per_minute
    connection.save(update_fields=["name", "only_version", "face", "requests_per_minute"])
    return connection


def limit(
    *, connection: Connection, send_per_minute: int | None, send_at_once: int, timeout_seconds: int | None
) -> Connection:
    """How often, how many at once and how patiently we call it; None: as often as needed, as long as everybody. It
    holds from the next batch of pushes on."""
    connection.send_per_minute, connection.send_at_once = send_per_minute, send_at_once
    connection.timeout_seconds = timeout_seconds
    connection.save(update_fields=["send_per_minute", "send_at_once", "timeout_seconds"])
    return connection


def _free_name(name: str, but: Connection | None = None) -> str:
    """A name that no other connection has, and that the command line takes for no number and no option."""
    name = _line(name)
    if name.isdigit():
        raise CannotAdd("A name needs a letter; digits alone are taken for the number of a connection.")
    if name.startswith("-"):
        raise CannotAdd("A name does not begin with “-”; the command line would take it for an option.")
    others = Connection.objects.filter(name__iexact=name)
    if (others.exclude(pk=but.pk) if but else others).exists():
        raise CannotAdd(f"A connection named “{name}” exists already.")
    return name


def _line(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable():
        raise CannotAdd(f"A name is a line of 1 to {_LONGEST_NAME} characters.")
    return name


def _refuse_two_faces(name: str, only_version: str, roles: Iterable[str]) -> None:
    if only_version == "2.1.1" and set(roles) >= _BOTH_FACES:
        raise CannotAdd(two_faces(name))


def _declare(connection: Connection, codes: Iterable[tuple[str, str, str]], name: str) -> list[Party]:
    """Parties that a person says it hosts. Only people are told which connection has one that is taken."""
    codes = list(codes)
    for country_code, party_id, _ in codes:
        _refuse_no_country(country_code, party_id)
    try:
        return parties.claim(connection=connection, roles=[_role(*code, name) for code in codes])
    except parties.PartyTaken as error:
        held = f" The connection “{error.held_by}” has it." if error.held_by else ""
        raise parties.PartyTaken(f"{error}{held}", error.held_by) from error


def _refuse_no_country(country_code: str, party_id: str) -> None:
    known = Locale("en").territories
    if country_code.upper() in _NO_COUNTRIES or country_code.upper() not in known:
        raise CannotAdd(
            f"{country_code}*{party_id} is no party: {country_code} is no country. Write the two letters of ISO 3166, "
            "like NL or DE."
        )


def _role(country_code: str, party_id: str, role: str, name: str) -> dict[str, Any]:
    return {"country_code": country_code, "party_id": party_id, "role": role, "business_details": {"name": name}}


def new_registration_token(*, connection: Connection, at: datetime) -> str:
    """A fresh TOKEN_A, returned once and kept as a hash only. It replaces whatever tokens the partner had from us."""
    token = new_token()
    stamps = {"token_in_hash": token_hash(token), "token_in_kind": TokenKind.REGISTRATION, **tokens.NOTHING_BESIDE}
    for name, value in stamps.items():
        setattr(connection, name, value)
    connection.save(update_fields=list(stamps))
    if connection.state != ConnectionState.PLANNED:
        states.move(connection, to=ConnectionState.PLANNED, moves=MOVES)
    return token


@transaction.atomic
def register(
    *,
    connection: Connection,
    version: str,
    versions_url: str,
    endpoints: Sequence[Mapping[str, str]],
    token_out: str,
    token_in: str,
    roles: Iterable[Mapping[str, Any]],
    at: datetime,
    hub_party_id: str = "",
    before: str | None = None,
) -> Connection:
    """Both sides are known: keep their endpoints and token (encrypted), ours as a hash, and their parties.

    `token_out` is what we send them, `token_in` what they send us; `before` is the hash of the one they had from us,
    good until they use the new one or the overlap is over. Also used to rotate; new tokens alone are no news.
    Parties that `roles` lists no more have left; empty `roles` say nothing. A connection that was suspended meanwhile
    stays so. Raises PartyTaken; all or nothing.
    """
    back = _host(connection, roles, version, hub_party_id, at)
    endpoints = [dict(endpoint) for endpoint in endpoints]
    was_hub = bool(connection.hub_party_id)
    known, suspended = connection.state != ConnectionState.PLANNED, connection.state == ConnectionState.SUSPENDED
    rotated = known and not back and (connection.version, connection.endpoints) == (version, endpoints)
    states.move(
        connection,
        to=ConnectionState.SUSPENDED if suspended else ConnectionState.REGISTERED,
        moves=MOVES,
        version=version,
        versions_url=versions_url,
        endpoints=endpoints,
        hub_party_id=hub_party_id.upper(),
        token_out=token_out,
        registered_at=at,
        failures=0,
        paused_until=None,
        troubled_pushes=[],
        **_shown_by_them(connection, token_hash(token_in), before, at),
    )
    if known and hub_party_id and not was_hub:
        events.publish("connection.became_hub", connection=connection, at=at)
    if not rotated and not suspended:
        events.publish("connection.registered", connection=connection, at=at)
    return connection


def _host(
    connection: Connection, roles: Iterable[Mapping[str, Any]], version: str, hub_party_id: str, at: datetime
) -> bool:
    """Make it the host of what its credentials list, and of nothing else; whether a party came back.

    A hub speaks for parties that it does not list. OCPI 2.1.1 lists one of perhaps several that were declared for it.
    """
    away = set(connection.parties.exclude(left_at=None).values_list("pk", flat=True))
    if hub_party_id:
        parties.refuse_foreign(connection, hub_party_id[:2], hub_party_id[2:])
    listed = parties.claim(connection=connection, roles=roles, behind_hub=bool(hub_party_id))
    all_told = not hub_party_id and (version != "2.1.1" or connection.version not in ("", "2.1.1"))
    left = parties.leave(connection=connection, but=listed, at=at) if listed and all_told else []
    if left:
        events.publish("parties.left", connection=connection, parties=left, at=at)
    return any(party.pk in away for party in listed)


def _shown_by_them(connection: Connection, current: str, before: str | None, at: datetime) -> dict[str, Any]:
    """The tokens that are good from now on. One that we offer in a rotation of ours, at this very moment, stays: they
    may take it yet."""
    stamps: dict[str, Any] = {"token_in_hash": current, "token_in_kind": TokenKind.CREDENTIALS}
    rotating = connection.token_in_kind == TokenKind.CREDENTIALS and connection.token_offered_hash != current
    if not rotating:
        stamps |= tokens.NOTHING_OFFERED
    until = at + tokens.overlap() if before else None
    return stamps | {"token_previous_hash": before, "token_previous_until": until}


def relocate(*, connection: Connection, versions_url: str) -> None:
    """Their versions are found at another address from now on."""
    connection.versions_url = versions_url
    connection.save(update_fields=["versions_url"])


def unregister(*, connection: Connection, at: datetime) -> Connection:
    """Tokens of both directions are invalid at once and traffic stops; objects and history stay."""
    return states.move(
        connection,
        to=ConnectionState.PLANNED,
        moves=MOVES,
        version="",
        endpoints=[],
        hub_party_id="",
        token_out="",
        token_in_hash=None,
        token_in_kind="",
        last_heard_at=at,
        **tokens.NOTHING_BESIDE,
    )


def suspend(*, connection: Connection) -> Connection:
    """Stop all traffic for now; the partner is answered 401 until `resume`."""
    return states.move(connection, to=ConnectionState.SUSPENDED, moves=MOVES)


@transaction.atomic
def resume(*, connection: Connection, at: datetime) -> Connection:
    """Traffic goes on; what changed meanwhile is sent as after a registration."""
    states.move(
        connection, to=ConnectionState.REGISTERED, moves=MOVES, failures=0, paused_until=None, troubled_pushes=[]
    )
    events.publish("connection.registered", connection=connection, at=at)
    return connection


def heard_from(*, connection: Connection, at: datetime) -> None:
    """Note a sign of life, at most once a minute; a connection that was offline is registered again."""
    quiet = connection.last_heard_at is None or at - connection.last_heard_at >= _HEARD_EVERY
    if quiet:
        Connection.objects.filter(pk=connection.pk).update(last_heard_at=at)
        connection.last_heard_at = at


def host_parties(*, connection: Connection, codes: Iterable[tuple[str, str, str]]) -> list[Party]:
    """Declare further parties on a connection that exists. Raises CannotAdd and PartyTaken."""
    return _declare(connection, codes, connection.partner.name)
