"""The handshake of section 3 as the one who starts: registering with a partner that gave us a TOKEN_A (C1, C14).

The steps that registering and rotating share are here too; `rotation` and `leaving` have the rest.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from partners.connections import services as connections
from partners.connections import tokens
from partners.connections.models import Connection, TokenKind
from partners.parties import selectors as parties
from partners.parties.services import PartyTaken
from partners.people.models import User
from roaming.kernel import locks
from roaming.kernel.crypto import token_hash
from roaming.kernel.http import Unreachable
from roaming.kernel.sentences import joined
from roaming.kernel.states import CannotMove
from roaming.ocpi.client import Refused, came_to_nothing
from roaming.ocpi.errors import OcpiError
from roaming.ocpi.schema.validation import Invalid
from roaming.ocpi.versions import OFFERED
from roaming.registration import attempts, credentials, news
from roaming.registration.credentials import Theirs
from roaming.registration.discovery import Conversation, Offer, choose_version, read_offer
from roaming.registration.models import Method
from roaming.registration.needs import Needs, named
from roaming.registration.services import claim_taken

logger = logging.getLogger(__name__)

AS_BEFORE = "Everything is as it was before."
# What a person can do about a registration that only they may hold.
_PERHAPS = (
    "They may hold us for registered now, and their token for us never got here. Try again with the same registration "
    "token; if they refuse it, ask them to end what they hold and for a new one."
)
_HELD = "They hold us for registered; ask them to end that and for a new registration token."


class CannotRegister(Exception):
    """It ended early; the text says at which step, why, and how things are now."""


class Meanwhile(CannotRegister):
    """Both sides agreed on something else while we were at it."""


@dataclass(frozen=True)
class Step:
    """One step of a registration, told to the person who started it."""

    title: str
    answer: str


Report = Callable[[Step], None]
REFUSALS = (OcpiError, Unreachable, Refused, Invalid, tokens.CannotOffer, CannotMove)


def nobody(step: Step) -> None:
    """Where no person watches."""


class Progress:
    """Tells the attempt's diary and whoever watches."""

    def __init__(self, diary: attempts.Diary, report: Report) -> None:
        self.diary = diary
        self._report = report

    def tell(self, title: str, answer: str) -> None:
        self.diary.tell(title, answer)
        self._report(Step(title, answer))

    def end(self, title: str, answer: str) -> None:
        """The last step, by which the attempt is remembered."""
        self.diary.end = answer
        self._report(Step(title, answer))


@contextmanager
def trying(
    connection: Connection, method: Method, *, at: datetime, by: User | None, report: Report
) -> Iterator[Progress]:
    """One attempt of ours, and only one at a time; what ends it early becomes CannotRegister."""
    with locks.alone(f"registration {connection.pk}") as alone:
        if not alone:
            raise CannotRegister(f"Somebody else is exchanging credentials with {connection} right now.")
        said = (CannotRegister, *REFUSALS)
        with attempts.attempted(connection, method, ours=True, at=at, by=by, said=said) as diary:
            try:
                yield Progress(diary, report)
            except REFUSALS as error:
                raise CannotRegister(joined(error)) from error


def register(
    *,
    connection: Connection,
    versions_url: str,
    token_a: str,
    at: datetime,
    version: str = "",
    by: User | None = None,
    report: Report = nobody,
) -> Connection:
    """Register with a partner that gave us its versions URL and a TOKEN_A, in `version` or the newest that both have.

    A TOKEN_A that the partner had from us dies when this succeeds; until then it stays usable, whatever fails (C6).
    Raises CannotRegister.
    """
    with trying(connection, Method.POST, at=at, by=by, report=report) as progress:
        if connection.token_in_kind == TokenKind.CREDENTIALS:
            raise CannotRegister(
                f"{connection.name} is registered already; give it a new registration token to start again."
            )
        asked = wanted(version or connection.only_version, connection)
        talk = converse(connection, token_a, progress, at, version=asked[0] if len(asked) == 1 else "")
        offer = found(talk, connection, versions_url, asked, progress)
        if offer.hindered:
            raise _hindered(connection, offer, at)
        with _offered(connection, at) as token:
            registered = _exchange(talk, connection, offer, versions_url, token, progress, at)
        talk.remember(offer.version)
        tell_missing(registered, progress, at)
        progress.end("Registered", f"In OCPI {registered.version}, with {_hosted(registered)}.")
        return registered


def wanted(version: str, connection: Connection) -> Sequence[str]:
    """The versions that are tried. Raises CannotRegister for one that cannot be."""
    if version and version not in OFFERED:
        raise CannotRegister(f"OCPI {version} is not spoken here; {', '.join(OFFERED)} are.")
    if connection.only_version not in ("", version):
        raise CannotRegister(f"{connection} is limited to OCPI {connection.only_version}.")
    return [version] if version else OFFERED


def converse(
    connection: Connection,
    token: str,
    progress: Progress,
    at: datetime,
    *,
    version: str = "",
    plain: bool | None = None,
) -> Conversation:
    """A conversation whose calls belong to the attempt."""
    chain = progress.diary.correlation_id
    return Conversation(connection, at, token=token, version=version, correlation_id=chain, plain=plain)


def why_not(error: Exception) -> str:
    """What ended an exchange of credentials, as a sentence; a fault of ours is in the log."""
    if isinstance(error, (CannotRegister, *REFUSALS)):
        return str(error)
    logger.error("An exchange of credentials ended by a fault", exc_info=error)
    return "This platform failed on what they answered; its log says why."


def found(
    talk: Conversation, connection: Connection, versions_url: str, asked: Sequence[str], progress: Progress
) -> Offer:
    """Their endpoints in a version that both speak. Raises OcpiError."""
    version, details_url = choose_version(talk, versions_url, asked)
    progress.diary.attempt.version = version
    progress.tell("Their versions", f"Version {version} is spoken by both sides.")
    if version == "2.1.1":
        credentials.one_face_role(connection)
    roles = [party.role for party in parties.hosted(connection)]
    offer = read_offer(talk, details_url, roles, version, Needs(connection, roles))
    progress.tell("Their endpoints", named((entry["identifier"], entry["role"]) for entry in offer.endpoints))
    return offer


def _hindered(connection: Connection, offer: Offer, at: datetime) -> CannotRegister:
    """People are told of it too, for somebody has to ask them (C7)."""
    sentence = f"They do not list {offer.hindered}. Our credentials were not sent; ask them to add it."
    news.alert_missing(connection, f"{connection} was not registered with. {sentence}", at)
    return CannotRegister(sentence)


def tell_missing(connection: Connection, progress: Progress, at: datetime) -> None:
    """What they still do not list of what we need, after credentials were exchanged."""
    if missing := news.note_missing(connection, at):
        progress.tell("Missing at theirs", missing)


@contextmanager
def _offered(connection: Connection, at: datetime) -> Iterator[str]:
    """A token of ours that lives until they answer, and on only when they are registered by it."""
    token = tokens.offer(connection=connection, at=at)
    try:
        yield token
    finally:
        tokens.withdraw(connection=connection, token=token)


def _exchange(
    talk: Conversation,
    connection: Connection,
    offer: Offer,
    versions_url: str,
    token: str,
    progress: Progress,
    at: datetime,
) -> Connection:
    """POST our credentials and keep theirs. They read our versions with `token` before they answer.

    When we cannot keep what they answered they are told that it came to nothing, for they think otherwise.
    """
    data: Any = None
    try:
        data = talk.change("POST", offer.credentials_url, credentials.ours(connection, token, offer.version, at)).data
        progress.tell("Credentials", "They took ours and gave us theirs.")
        theirs = understood(connection, offer.version, data)
        kept = keep(connection, offer, token, replace(theirs, url=versions_url), at)
    except Exception as error:
        if came_to_nothing(error):
            raise not_taken(error) from error
        data = error.data if isinstance(error, Refused) else data
        left = _undo(talk, connection, offer, credentials.token_in(data), progress, at)
        raise CannotRegister(joined(why_not(error), left)) from error
    settle_address(talk, kept, theirs.url, progress, at)
    return kept


def not_taken(error: Exception) -> CannotRegister:
    """Nothing came of our POST or PUT, here or there."""
    return CannotRegister(joined(f"They did not take our credentials: {error}", AS_BEFORE))


def understood(connection: Connection, version: str, data: Any) -> Theirs:
    """Their credentials. Raises CannotRegister."""
    try:
        return credentials.read(connection, version, data)
    except (Invalid, OcpiError) as error:
        raise CannotRegister(joined(f"Their credentials are not valid: {error}")) from error


def settle_address(talk: Conversation, connection: Connection, url: str, progress: Progress, at: datetime) -> None:
    """They answered with `url` as the address of their versions. It holds when it does what the one that worked did,
    for else the next exchange would fail. The tokens are kept by now, whatever comes of it."""
    worked = connection.versions_url
    if url == worked:
        return
    token, version = connection.token_out, connection.version
    try:
        trying_it = converse(connection, token, progress, at, version=version, plain=talk.plain)
        choose_version(trying_it, url, [version])
    except OcpiError as error:
        named_now = f"They name {url} as the address of their versions, which does not do"
        progress.tell("Their address", joined(f"{named_now}: {error}", f"We keep {worked}, which worked."))
    else:
        connections.relocate(connection=connection, versions_url=url)


def keep(
    connection: Connection, offer: Offer, token: str, theirs: Theirs, at: datetime, before: str | None = None
) -> Connection:
    """Store what both sides agreed on. Raises CannotRegister when they claim a party of somebody else, Meanwhile when
    something else was agreed on before."""
    try:
        with transaction.atomic():
            locked = Connection.objects.select_for_update().get(pk=connection.pk)
            if not _still_open(locked, connection, token):
                raise Meanwhile(f"{connection} exchanged credentials with us meanwhile; that holds.")
            return connections.register(
                connection=locked,
                version=offer.version,
                versions_url=theirs.url,
                endpoints=offer.endpoints,
                token_out=theirs.token,
                token_in=token,
                roles=theirs.roles,
                hub_party_id=theirs.hub_party_id,
                before=before,
                at=at,
            )
    except PartyTaken as error:
        claim_taken(connection, error, at)
        raise CannotRegister(joined(f"They claim a party of somebody else: {error}")) from error


def _still_open(locked: Connection, connection: Connection, token: str) -> bool:
    """Whether nothing but the offered token came about since the attempt began; they may work with it already."""
    offered = token_hash(token)
    if locked.token_in_hash == offered:
        return True
    return locked.token_offered_hash == offered and locked.token_in_hash == connection.token_in_hash


def _undo(
    talk: Conversation, connection: Connection, offer: Offer, token: str, progress: Progress, at: datetime
) -> str:
    """They may hold us for registered by now: leave again with the token they gave, so that a new TOKEN_A is all that
    is needed. What is left for a person to do; empty for nothing."""
    if not token:
        return _PERHAPS
    try:
        undoing = converse(connection, token, progress, at, version=offer.version, plain=talk.plain)
        undoing.found(offer.endpoints)
        undoing.change("DELETE", offer.credentials_url)
    except (Unreachable, Refused) as error:
        progress.tell("Taken back", joined(f"They could not be told that it came to nothing: {error}"))
        return _HELD
    progress.tell("Taken back", "They were told that it came to nothing.")
    return ""


def _hosted(connection: Connection) -> str:
    return ", ".join(f"{party.code} as {party.role}" for party in parties.hosted(connection)) or "no party"
