"""The handshake of section 3: a partner registers with us, rotates, leaves; or we register with a partner."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Never

from django.conf import settings
from django.db import transaction

from partners.connections import services as connections
from partners.connections.models import Connection, ConnectionState, TokenKind
from partners.parties import selectors as parties
from partners.parties.services import PartyTaken
from roaming.findings import services as findings
from roaming.findings.models import Severity
from roaming.kernel.crypto import new_token, token_hash
from roaming.kernel.http import Unreachable
from roaming.ocpi.client import OcpiClient, Refused
from roaming.ocpi.errors import CLIENT_ERROR, OcpiError, invalid, unauthorized
from roaming.ocpi.schema import validation
from roaming.registration.discovery import Endpoint, choose_version, discover, read_endpoints

Credentials = dict[str, Any]


def our_credentials(connection: Connection, token: str) -> Credentials:
    """What `connection` is told about us: `token`, our versions URL, and the parties of our own back-ends.

    Our own back-ends, and everybody while we have no parties, see one role HUB (T107).
    """
    ours = [] if connection.own else list(parties.ours())
    roles = [
        {
            "role": party.role,
            "country_code": party.country_code,
            "party_id": party.party_id,
            "business_details": party.business_details or {"name": party.connection.partner.name},
        }
        for party in ours
    ]
    return {"token": token, "url": connections.versions_url(), "roles": roles or [_as_hub()]}


def _as_hub() -> dict[str, Any]:
    country_code, party_id = parties.parse(settings.PORTAL_PARTY)
    details = {"name": settings.PORTAL_NAME}
    return {"role": "HUB", "country_code": country_code, "party_id": party_id, "business_details": details}


def accept(*, connection: Connection, token: str, version: str, credentials: Credentials, at: datetime) -> Credentials:
    """The receiver's half of POST and PUT: call the partner back, keep its endpoints and token, answer with a new one.

    `token` is what the request came with, `credentials` a valid object of `version`. Nothing is locked while the
    partner is called. Raises OcpiError (2001, 3001, 3002, 3003, or 401 when `token` died meanwhile), nothing changed.
    """
    _refuse_repeated_roles(credentials)
    roles = [role["role"] for role in credentials["roles"]]
    with OcpiClient(connection, at, token=credentials["token"]) as ocpi:
        offer = discover(ocpi, credentials["url"], roles, [version])
    ours = new_token()
    try:
        with transaction.atomic():
            connections.register(
                connection=_locked(connection, token),
                version=offer.version,
                versions_url=credentials["url"],
                endpoints=offer.endpoints,
                token_out=credentials["token"],
                token_in=ours,
                roles=credentials["roles"],
                at=at,
            )
    except PartyTaken as error:
        _refuse_taken(connection, error, at)
    return our_credentials(connection, ours)


def leave(*, connection: Connection, token: str, at: datetime) -> None:
    """DELETE: both tokens are dead, traffic stops, history stays (C5)."""
    with transaction.atomic():
        connections.unregister(connection=_locked(connection, token), at=at)


def _locked(connection: Connection, token: str) -> Connection:
    """The connection under lock. Of two requests with one token the second finds it dead (C11)."""
    locked = Connection.objects.select_for_update().get(pk=connection.pk)
    alive = {locked.token_in_hash, locked.token_offered_hash}
    if token_hash(token) not in alive or locked.state == ConnectionState.SUSPENDED:
        raise unauthorized("This token was replaced or withdrawn meanwhile.")
    return locked


def _refuse_repeated_roles(credentials: Credentials) -> None:
    seen = set()
    for role in credentials["roles"]:
        key = (role["role"], role["country_code"].upper(), role["party_id"].upper())
        if key in seen:
            raise invalid(f"roles: {key[1]}*{key[2]} as {key[0]} is given twice.")
        seen.add(key)


def _refuse_taken(connection: Connection, error: PartyTaken, at: datetime) -> Never:
    """Somebody claims a party of another platform: refused, and people are told (C10)."""
    findings.record(
        code="party_taken",
        severity=Severity.ERROR,
        title="A platform claims a party of another one",
        sentence=f"{connection.name} tried to register a party it does not host: {error}",
        connection=connection,
        subject="credentials",
        at=at,
    )
    raise invalid(f"roles: {error}") from error


@dataclass(frozen=True)
class Step:
    """One step of our registration with a partner, told to the person who started it."""

    title: str
    answer: str


class CannotRegister(Exception):
    """The registration ended early; the text says at which step and why."""


def register(
    *,
    connection: Connection,
    versions_url: str,
    token_a: str,
    at: datetime,
    report: Callable[[Step], None] = lambda step: None,
) -> Connection:
    """Register with a partner that gave us its versions URL and a TOKEN_A (C1, C14), telling each step to `report`.

    A TOKEN_A that the partner had from us dies when this succeeds; until then it stays usable, whatever fails (C6).
    Raises CannotRegister.
    """
    if connection.token_in_kind == TokenKind.CREDENTIALS:
        raise CannotRegister(
            f"{connection.name} is registered already; give it a new registration token to start again."
        )
    try:
        with OcpiClient(connection, at, token=token_a) as ocpi:
            version, details_url = choose_version(ocpi, versions_url)
            report(Step("Their versions", f"Version {version} is spoken by both sides."))
            roles = [party.role for party in parties.hosted(connection)]
            endpoints = read_endpoints(ocpi, details_url, roles)
            report(Step("Their endpoints", ", ".join(f"{e['identifier']} {e['role'].lower()}" for e in endpoints)))
            with _offered(connection) as token:
                theirs = _exchanged(ocpi, connection, endpoints, version, token)
                report(Step("Credentials", "They took ours and gave us theirs."))
                return _kept(connection, version, endpoints, token, theirs, at, report)
    except (OcpiError, Unreachable, Refused, connections.CannotOffer) as error:
        raise CannotRegister(str(error)) from error


@contextmanager
def _offered(connection: Connection) -> Iterator[str]:
    """A token of ours that lives until they answer, and on only when they are registered by it."""
    token = connections.offer_token(connection=connection)
    try:
        yield token
    finally:
        connections.withdraw_offer(connection=connection, token=token)


def _exchanged(
    ocpi: OcpiClient, connection: Connection, endpoints: list[Endpoint], version: str, token: str
) -> Mapping[str, Any]:
    """POST our credentials; their valid answer. They read our versions with `token` before they answer."""
    url = next(entry["url"] for entry in endpoints if entry["identifier"] == "credentials")
    answer = ocpi.post(url, our_credentials(connection, token))
    try:
        validation.validate(version, "credentials", answer.data)
    except validation.Invalid as error:
        raise OcpiError(CLIENT_ERROR, f"Their credentials are not valid: {error}") from error
    _refuse_repeated_roles(answer.data)
    return dict(answer.data)


def _kept(
    connection: Connection,
    version: str,
    endpoints: list[Endpoint],
    token: str,
    theirs: Mapping[str, Any],
    at: datetime,
    report: Callable[[Step], None],
) -> Connection:
    try:
        with transaction.atomic():
            registered = connections.register(
                connection=_locked(connection, token),
                version=version,
                versions_url=str(theirs["url"]),
                endpoints=endpoints,
                token_out=str(theirs["token"]),
                token_in=token,
                roles=theirs["roles"],
                at=at,
            )
    except PartyTaken as error:
        raise CannotRegister(f"They claim a party of somebody else: {error}") from error
    report(Step("Registered", ", ".join(party.code for party in parties.hosted(registered))))
    return registered
