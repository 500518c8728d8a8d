"""New tokens for both sides, started by us: PUT our credentials at theirs, with an overlap (C3, C12, decision 0008).

The same PUT makes them read our endpoints again, us theirs, and moves both to another version.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from partners.connections import tokens
from partners.connections.models import Connection, ConnectionState
from partners.people.models import User
from roaming.findings import services as findings
from roaming.findings.models import Severity
from roaming.kernel.http import Unreachable
from roaming.kernel.sentences import joined
from roaming.ocpi.client import Refused, came_to_nothing
from roaming.ocpi.errors import OcpiError
from roaming.registration import credentials
from roaming.registration.credentials import Theirs
from roaming.registration.discovery import Conversation, Offer
from roaming.registration.models import Method
from roaming.registration.selectors import due_for_rotation
from roaming.registration.starting import (
    CannotRegister,
    Meanwhile,
    Progress,
    Report,
    converse,
    found,
    keep,
    nobody,
    not_taken,
    settle_address,
    tell_missing,
    trying,
    understood,
    wanted,
    why_not,
)

_OURS_WORKS = (
    "Ours to call them still works, and both that they may have from us are good until {until}, or until they use the "
    "new one. If they took the new one, they have to call us with it before that, other than for versions, or to PUT "
    "their credentials; else it dies. Tokens can be renewed again after that, or as soon as they say that they did not "
    "take it and it is withdrawn."
)
_NONE_WORKS = (
    "None that we have opens their platform now. Both that they may have from us are good until {until}, or until they "
    "use the new one. Before that they have to PUT their credentials; after it they need a new registration token, or "
    "give us one."
)
_NOT_LET_IN = (
    "They refuse the token that we have from them, so we cannot renew it. Ask them to PUT their credentials at ours, "
    "which gives us a new one. Or end this registration with unregister_connection, and register anew: with a "
    "registration token of theirs (register_connection), or they with one of ours."
)
_WITHDRAWN = (
    "The token that they were offered last is dead, and theirs from before stays; tokens can be renewed again now. "
    "Should they have taken it all the same, their calls are refused from now on: then they need a new registration "
    "token."
)
_EXCHANGED = (ConnectionState.REGISTERED, ConnectionState.OFFLINE)


class Unsettled(CannotRegister):
    """They may have taken the new token or not; a finding tells people."""


def rotate(
    *, connection: Connection, at: datetime, version: str = "", by: User | None = None, report: Report = nobody
) -> Connection:
    """Exchange new tokens with a registered partner, in `version` or the present one. Nobody is locked out by what
    fails. Raises CannotRegister, whose text says how things are then."""
    with trying(connection, Method.PUT, at=at, by=by, report=report) as progress:
        if connection.state not in _EXCHANGED or not connection.token_out:
            state = connection.get_state_display().lower()
            raise CannotRegister(f"{connection} is {state}; there is nothing to renew.")
        tokens.refuse_second(connection=connection, at=at)
        asked = wanted(version or connection.only_version or connection.version, connection)
        talk = converse(connection, connection.token_out, progress, at, version=asked[0])
        offer = _found(talk, connection, asked, progress)
        rotated = _put(talk, connection, offer, progress, at)
        talk.remember(offer.version)
        tell_missing(rotated, progress, at)
        progress.end("New tokens", _ended(rotated))
        return rotated


def _found(talk: Conversation, connection: Connection, asked: Sequence[str], progress: Progress) -> Offer:
    """What they list, complete or not: they are registered already, and new tokens do not wait for that (C7)."""
    try:
        return found(talk, connection, connection.versions_url, asked, progress)
    except OcpiError as error:
        if isinstance(error.__cause__, Refused) and error.__cause__.http_status == 401:
            raise CannotRegister(joined(error, _NOT_LET_IN)) from error
        raise


def withdraw_offer(*, connection: Connection, at: datetime, by: User | None = None, report: Report = nobody) -> str:
    """They say that they did not take the token that they were offered last: it is dead, so that another may be
    offered. What that means, as a sentence. Raises CannotRegister where no token waits for them."""
    with trying(connection, Method.PUT, at=at, by=by, report=report) as progress:
        if not tokens.withdraw_offered(connection=connection):
            raise CannotRegister(f"{connection} was offered no token that waits to be used; there is none to withdraw.")
        progress.end("Withdrawn", _WITHDRAWN)
        return _WITHDRAWN


def _put(talk: Conversation, connection: Connection, offer: Offer, progress: Progress, at: datetime) -> Connection:
    """Offer them a further token, which is good beside the one they have until we know what they did with it."""
    token = tokens.offer(connection=connection, at=at)
    body = credentials.ours(connection, token, offer.version, at)
    data: Any = None
    try:
        data = talk.change("PUT", offer.credentials_url, body).data
        theirs = understood(connection, offer.version, data)
        progress.tell("Credentials", "They took ours and gave us theirs.")
        kept = _kept(connection, offer, token, replace(theirs, url=connection.versions_url), progress, at)
    except Exception as error:
        if came_to_nothing(error):
            tokens.withdraw(connection=connection, token=token)
            raise not_taken(error) from error
        data = error.data if isinstance(error, Refused) else data
        return _settle(connection, offer, token, data, why_not(error), progress, at)
    settle_address(talk, kept, theirs.url, progress, at)
    return kept


def _kept(
    connection: Connection, offer: Offer, token: str, theirs: Theirs, progress: Progress, at: datetime
) -> Connection:
    """They took it, so it holds, even where they now claim a party that is not theirs: they just do not get that."""
    before = connection.token_in_hash
    try:
        return keep(connection, offer, token, theirs, at, before)
    except Meanwhile:
        raise
    except CannotRegister as error:
        progress.tell("Their parties", joined(error, "What they were before stays."))
    return keep(connection, offer, token, replace(theirs, roles=[]), at, before)


def _settle(
    connection: Connection, offer: Offer, token: str, data: Any, why: str, progress: Progress, at: datetime
) -> Connection:
    """Nobody knows whether they took it. Both tokens of ours stay good; which of theirs is, they are asked."""
    progress.tell("No clear answer", why)
    connection.refresh_from_db()
    if _works(connection, connection.token_out, offer, progress, at):
        raise _unsettled(connection, _OURS_WORKS, at)
    fresh = credentials.token_in(data)
    if fresh and _works(connection, fresh, offer, progress, at):
        theirs = Theirs(fresh, connection.versions_url, [], connection.hub_party_id)
        try:
            return _kept(connection, offer, token, theirs, progress, at)
        except Exception as error:
            progress.tell("Their new token", why_not(error))
    raise _unsettled(connection, _NONE_WORKS, at)


def _works(connection: Connection, token: str, offer: Offer, progress: Progress, at: datetime) -> bool:
    """Whether their versions can be read with a token."""
    try:
        talk = converse(connection, token, progress, at, version=offer.version)
        talk.read(connection.versions_url)
    except (Refused, Unreachable):
        return False
    return True


def _unsettled(connection: Connection, how_it_is: str, at: datetime) -> Unsettled:
    """What the one who started it is told, and people by a finding: the token that they may hold will not live on by
    itself."""
    until = f"{at + tokens.overlap():%d %b %H:%M} UTC"
    sentence = f"It is not known whether {connection} took our new token. {how_it_is.format(until=until)}"
    findings.record(
        code="rotation_unsettled",
        severity=Severity.ERROR,
        title="New tokens with an unknown end",
        sentence=sentence,
        connection=connection,
        subject="credentials",
        at=at,
    )
    return Unsettled(sentence)


def _ended(connection: Connection) -> str:
    hours = round(tokens.overlap() / timedelta(hours=1))
    return (
        f"In OCPI {connection.version}. The token they had from us is good until they use the new one, "
        f"{hours} hours at most."
    )


def rotate_due(*, older_than: timedelta, at: datetime) -> int:
    """Rotate with everybody whose tokens are older than that (C12); how many succeeded. What fails is found by people,
    and tried again the next time."""
    done = 0
    for connection in due_for_rotation(at - older_than, at):
        try:
            rotate(connection=connection, at=at)
        except Unsettled:
            continue
        except CannotRegister as error:
            _find_failure(connection, str(error), at)
        else:
            done += 1
    return done


def _find_failure(connection: Connection, why: str, at: datetime) -> None:
    findings.record_once(
        code="rotation_failed",
        severity=Severity.NOTE,
        title="Tokens that could not be renewed",
        sentence=f"The tokens exchanged with {connection} are due, and could not be renewed: {why}",
        connection=connection,
        subject="credentials",
        at=at,
    )
