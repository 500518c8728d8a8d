"""The handshake of section 3 as the one who answers: a partner registers, gives new credentials, leaves."""

from datetime import datetime
from typing import Any

from django.db import transaction

from partners.connections import selectors, tokens
from partners.connections import services as connections
from partners.connections.models import Connection, ConnectionState, TokenKind
from partners.parties.services import PartyTaken
from roaming.findings import services as findings
from roaming.findings.models import Severity
from roaming.kernel.crypto import new_token, token_hash
from roaming.kernel.sentences import joined
from roaming.ocpi.errors import CLIENT_ERROR, NO_MATCHING_ENDPOINTS, OcpiError, invalid, limited_to, unauthorized
from roaming.registration import credentials, news
from roaming.registration.attempts import attempted
from roaming.registration.credentials import Theirs
from roaming.registration.discovery import Conversation, Offer, discover
from roaming.registration.models import Method
from roaming.registration.needs import Needs


def accept(
    *, connection: Connection, token: str, version: str, sent: Any, at: datetime, correlation_id: str = ""
) -> dict[str, Any]:
    """POST and PUT: call the partner back, keep its endpoints and token, answer with our credentials and a new token.

    `connection` is as it was when `token` opened it. Nothing is locked while the partner is called; `sent` is the
    decoded body. Raises validation.Invalid and OcpiError (2001, 3001, 3002, 3003, or 401 when the token died
    meanwhile), nothing changed.
    """
    method = Method.PUT if connection.token_in_kind == TokenKind.CREDENTIALS else Method.POST
    with attempted(connection, method, ours=False, at=at, version=version, correlation_id=correlation_id) as diary:
        _refuse_version(connection, version)
        theirs = credentials.read(connection, version, sent)
        talk = Conversation(connection, at, token=theirs.token, version=version, correlation_id=diary.correlation_id)
        offer = discover(talk, theirs.url, theirs.faces, Needs(connection, theirs.faces), [version])
        if method == Method.POST and offer.hindered:
            raise _hindered(theirs.url, offer)
        fresh = new_token()
        registered = _keep(connection, token, fresh, theirs, offer, at)
        talk.remember(version)
        diary.end = joined(f"They are registered in OCPI {version}", news.note_missing(registered, at))
        return credentials.ours(connection, fresh, version, at)


def leave(*, connection: Connection, token: str, at: datetime, correlation_id: str = "") -> None:
    """DELETE: both tokens are dead, traffic stops, history stays (C5)."""
    with attempted(connection, Method.DELETE, ours=False, at=at, correlation_id=correlation_id) as diary:
        with transaction.atomic():
            connections.unregister(connection=_locked(connection, token, at), at=at)
        diary.end = "They left: the tokens of both sides are dead."


def claim_taken(connection: Connection, error: PartyTaken, at: datetime) -> str:
    """Somebody claims a party of another platform: people are told (C10). The sentence for the claimant."""
    findings.record_once(
        code="party_taken",
        severity=Severity.ERROR,
        title="A platform claims a party of another one",
        sentence=f"{connection.name} tried to register a party it does not host: {error}",
        connection=connection,
        subject="credentials",
        at=at,
    )
    return f"roles: {error}"


def _refuse_version(connection: Connection, version: str) -> None:
    if connection.only_version not in ("", version):
        raise limited_to(connection.only_version)


def _hindered(versions_url: str, offer: Offer) -> OcpiError:
    """Who registers learns what is missing, and may try again with the same token; one that is registered already is
    not kept from new tokens for that."""
    return OcpiError(
        NO_MATCHING_ENDPOINTS,
        f"The version details of {offer.version} behind {versions_url} do not list {offer.hindered}. Nothing was "
        "stored; list it, and POST again with the same token.",
    )


def _keep(connection: Connection, token: str, fresh: str, theirs: Theirs, offer: Offer, at: datetime) -> Connection:
    """Store what both sides agreed on; the token of the request stays good beside the new one if it was no TOKEN_A."""
    try:
        with transaction.atomic():
            locked = _locked(connection, token, at)
            tokens.used(connection=locked, token=token, for_data=True)  # who PUTs with an offered one took it
            return connections.register(
                connection=locked,
                version=offer.version,
                versions_url=theirs.url,
                endpoints=offer.endpoints,
                token_out=theirs.token,
                token_in=fresh,
                roles=theirs.roles,
                hub_party_id=theirs.hub_party_id,
                before=token_hash(token) if locked.token_in_kind == TokenKind.CREDENTIALS else None,
                at=at,
            )
    except PartyTaken as error:
        raise invalid(claim_taken(connection, error, at)) from error


def _locked(connection: Connection, token: str, at: datetime) -> Connection:
    """The connection under lock, unchanged since the request came. Of two requests with one token the second finds it
    changed (C11)."""
    locked = Connection.objects.select_for_update().get(pk=connection.pk)
    if not selectors.opened_by(locked, token, at) or locked.state == ConnectionState.SUSPENDED:
        raise unauthorized("This token was replaced or withdrawn meanwhile.")
    if locked.token_in_hash != connection.token_in_hash:
        raise OcpiError(CLIENT_ERROR, "Another request changed these credentials meanwhile; nothing came of this one.")
    return locked
