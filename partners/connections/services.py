"""The life of a connection: added with a one-time token, registered, rotated, suspended, unregistered."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from partners.connections.models import MOVES, Connection, ConnectionState, TokenKind
from partners.parties import services as parties
from partners.parties.models import Party
from partners.partners.models import Partner
from roaming.kernel import events, states
from roaming.kernel.crypto import new_token, token_hash

_HEARD_EVERY = timedelta(minutes=1)
_LONGEST_NAME = 100


class CannotAdd(Exception):
    """The connection cannot be added; the text says why."""


class CannotOffer(Exception):
    """The partner registered with us meanwhile; there is nothing to offer any more."""


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
    at: datetime,
) -> Added:
    """A planned connection with its parties (country code, party id, role) and a one-time registration token.

    The partner is made when no partner has that name. Raises CannotAdd (a name that is taken, or is none) and
    PartyTaken; stores nothing then.
    """
    name, partner_name = _named(name), _named(partner_name)
    if Connection.objects.filter(name__iexact=name).exists():
        raise CannotAdd(f"A connection named “{name}” exists already.")
    partner = Partner.objects.filter(name__iexact=partner_name).first() or Partner.objects.create(name=partner_name)
    connection = Connection.objects.create(partner=partner, name=name, own=own)
    parties.claim(connection=connection, roles=[_role(*party, partner_name) for party in parties_hosted])
    token = new_registration_token(connection=connection, at=at)
    return Added(connection=connection, token=token, versions_url=versions_url())


def _named(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable():
        raise CannotAdd(f"A name is a line of 1 to {_LONGEST_NAME} characters.")
    return name


def _role(country_code: str, party_id: str, role: str, name: str) -> dict[str, Any]:
    return {"country_code": country_code, "party_id": party_id, "role": role, "business_details": {"name": name}}


def new_registration_token(*, connection: Connection, at: datetime) -> str:
    """A fresh TOKEN_A, returned once and kept as a hash only. It replaces whatever token the partner had from us."""
    token = new_token()
    connection.token_in_hash, connection.token_offered_hash = token_hash(token), None
    connection.token_in_kind = TokenKind.REGISTRATION
    connection.save(update_fields=["token_in_hash", "token_in_kind", "token_offered_hash"])
    if connection.state != ConnectionState.PLANNED:
        states.move(connection, to=ConnectionState.PLANNED, moves=MOVES)
    return token


def offer_token(*, connection: Connection) -> str:
    """A token for our own registration with them, returned once. A TOKEN_A they had from us stays good beside it.

    Raises CannotOffer for a connection that is registered.
    """
    token = new_token()
    unregistered = Connection.objects.filter(pk=connection.pk).exclude(token_in_kind=TokenKind.CREDENTIALS)
    if not unregistered.update(token_offered_hash=token_hash(token)):
        raise CannotOffer(f"{connection} is registered already.")
    return token


def withdraw_offer(*, connection: Connection, token: str) -> None:
    """They did not take the offered token: it is dead, and nothing else changed."""
    offered = Connection.objects.filter(pk=connection.pk, token_offered_hash=token_hash(token))
    offered.update(token_offered_hash=None)


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
) -> Connection:
    """Both sides are known: keep their endpoints and token (encrypted), ours as a hash, and their parties.

    `token_out` is what we send them, `token_in` what they send us. Also used to rotate; new tokens alone are no news.
    Raises PartyTaken; all or nothing.
    """
    parties.claim(connection=connection, roles=roles)
    endpoints = [dict(endpoint) for endpoint in endpoints]
    rotated = connection.state != ConnectionState.PLANNED and connection.endpoints == endpoints
    states.move(
        connection,
        to=ConnectionState.REGISTERED,
        moves=MOVES,
        version=version,
        versions_url=versions_url,
        endpoints=endpoints,
        token_out=token_out,
        token_in_hash=token_hash(token_in),
        token_in_kind=TokenKind.CREDENTIALS,
        token_offered_hash=None,
        registered_at=at,
        failures=0,
        paused_until=None,
        troubled_pushes=[],
    )
    if not rotated:
        events.publish("connection.registered", connection=connection, at=at)
    return connection


def unregister(*, connection: Connection, at: datetime) -> Connection:
    """Tokens of both directions are invalid at once and traffic stops; objects and history stay."""
    return states.move(
        connection,
        to=ConnectionState.PLANNED,
        moves=MOVES,
        version="",
        endpoints=[],
        token_out="",
        token_in_hash=None,
        token_in_kind="",
        token_offered_hash=None,
        last_heard_at=at,
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
    """Declare further parties on a connection that exists. Raises PartyTaken."""
    return parties.claim(connection=connection, roles=[_role(*code, connection.partner.name) for code in codes])
