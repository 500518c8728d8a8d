"""May this card charge here? The eMSP is asked while the driver waits; if it cannot be, the whitelist decides."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from partners import routing
from partners.connections.models import Connection
from partners.parties import selectors as parties
from partners.parties.models import Party, PartyRole
from roaming.exchange.asking import Asking, NoAnswer, ask
from roaming.ocpi import errors, routing_headers, translation
from roaming.ocpi.client import Refused
from roaming.ocpi.schema import transforms, validation
from roaming.ocpi.versions import NEWEST_SHAPE
from roaming.tokens import selectors, types
from roaming.tokens.models import Token

Data = dict[str, Any]
logger = logging.getLogger(__name__)


class UnknownToken(Exception):
    """Nobody whom the asking CPO may ask knows this token."""


class NotEnough(Exception):
    """The question lacks something that the answer depends on (OCPI 2002); the text says what."""


@dataclass(frozen=True)
class Question:
    """What a CPO on `connection` wants to know. `location` is a LocationReferences (newest shape), if any.

    `token_type` is what the token is called in `version`, the one that the CPO asks in; None when it does not say.
    `issuer` is the one party (country code, party id) that the request can be for, if that is settled; where it is not
    and several have the token, it is `likely_issuer`'s.
    """

    connection: Connection
    token_uid: str
    token_type: str | None
    version: str
    location: Data | None = None
    issuer: routing.Code | None = None
    likely_issuer: routing.Code | None = None
    correlation_id: str = ""


def authorize(question: Question, *, at: datetime) -> Data:
    """The AuthorizationInfo (newest shape, always with the complete token) that the CPO gets (K3 to K5).

    Raises UnknownToken and NotEnough. Talks to the eMSP, so it must not be called inside a transaction.
    """
    token = _token(question, at)
    issuer = token.party if token is not None else _addressed(question, at)
    if issuer is None:
        raise UnknownToken(f"No eMSP that you have an agreement with knows the {_name(question)}.")
    asked = None if token is not None and token.whitelist == "ALWAYS" else _ask(question, issuer, token, at)
    if asked is not None:
        return asked
    if token is None:
        raise UnknownToken(f"{issuer.code} could not be asked about the {_name(question)}.")
    return _from_whitelist(token, question.location)


def _name(question: Question) -> str:
    return f"{question.token_type or types.DEFAULT} token “{question.token_uid}”"


def _token(question: Question, at: datetime) -> Token | None:
    found = selectors.shown_at_station(
        question.connection,
        token_uid=question.token_uid,
        token_type=question.token_type,
        version=question.version,
        at=at,
    )
    if question.issuer is not None:
        found = _issued_by(question.issuer, found)
    elif len(found) > 1 and question.likely_issuer is not None:
        found = _issued_by(question.likely_issuer, found) or found
    if len(found) > 1:
        issuers = ", ".join(token.party.code for token in found)
        advice = routing_headers.how_to_choose(question.version)
        raise NotEnough(f"Several eMSPs have a {_name(question)} ({issuers}); {advice}.")
    return found[0] if found else None


def _issued_by(code: routing.Code, found: list[Token]) -> list[Token]:
    return [token for token in found if routing.are_same(code, token.party)]


def _addressed(question: Question, at: datetime) -> Party | None:
    """The eMSP that the request names although it never sent us such a token: it may know it all the same (K6)."""
    issuer = parties.find(*question.issuer, PartyRole.EMSP) if question.issuer else None
    allowed = issuer is not None and routing.may_ask_about(question.connection, issuer, at=at)
    return issuer if allowed else None


def _ask(question: Question, issuer: Party, token: Token | None, at: datetime) -> Data | None:
    """The eMSP's own answer; None when it cannot be asked or makes no sense."""
    asked = token.type if token is not None else question.token_type or types.DEFAULT
    uid, kind = quote(question.token_uid, safe=""), quote(types.told(issuer.connection.version, asked), safe="")
    asking = Asking(
        to_party=issuer,
        from_party=parties.hosted(question.connection, PartyRole.CPO).first(),
        module="tokens",
        role="SENDER",
        method="POST",
        tail=f"/{uid}/authorize?type={kind}",
        body=("location_references", question.location) if question.location else None,
        correlation_id=question.correlation_id,
    )
    try:
        return _understood(ask(asking, at=at), issuer.connection, token)
    except NoAnswer as error:
        logger.warning("%s was not heard about an authorization: %s", issuer.connection, error)
    except transforms.NotExpressible as error:
        logger.warning("%s cannot be asked about an authorization in its version: %s", issuer.connection, error)
    except validation.Invalid as error:
        logger.warning("%s answered an authorization with an invalid object: %s", issuer.connection, error)
    except Refused as refusal:
        if _decides(refusal):
            return _refused(question, issuer, token, refusal)
        logger.warning("%s could not answer an authorization: %s", issuer.connection, refusal)
    return None


def _decides(refusal: Refused) -> bool:
    """Whether it was heard and said no: the whitelist is for those who cannot be reached (K5). A token of ours that it
    does not take, a fault of its own and a page that is no OCPI say nothing of the driver."""
    heard = not refusal.away and not refusal.troubled
    return heard and (refusal.http_status == 404 or bool(refusal.status_code))


def _refused(question: Question, issuer: Party, token: Token | None, refusal: Refused) -> Data:
    """The answer to a driver whom the eMSP refused without an AuthorizationInfo."""
    unsaid = refusal.http_status == 404 and refusal.status_code in (0, errors.CLIENT_ERROR)  # 2.1.1 has no 2004
    if unsaid or refusal.status_code == errors.UNKNOWN_TOKEN:
        raise UnknownToken(f"{issuer.code} does not know the {_name(question)}.")
    if refusal.status_code == errors.NOT_ENOUGH_INFORMATION:
        raise NotEnough(f"{issuer.code} needs more to decide: {refusal.message}")
    if token is None:
        raise UnknownToken(f"{issuer.code} refused the {_name(question)}: {refusal.message}")
    return _not_allowed(token, f"The issuer of this token refused: {refusal.message}")


def _understood(data: Any, connection: Connection, token: Token | None) -> Data:
    """The answer in the newest shape; an eMSP that leaves the token out, as 2.1.1 does, gets ours put in."""
    if isinstance(data, dict) and not data.get("token") and token is not None and connection.version != "2.1.1":
        data = {**data, "token": translation.told(connection.version, "token", token.data)[0]}
    info = translation.understood(connection.version, "authorization_info", data, connection=connection)
    if token is not None and not info.get("token"):
        info = {**info, "token": token.data}
    validation.validate(NEWEST_SHAPE, "authorization_info", info)
    return info


def _from_whitelist(token: Token, location: Data | None) -> Data:
    """What holds without the eMSP's word: a token that must always be asked about is not allowed (K5).

    Of our own eMSP without an interface to ask, what is stored here is its word.
    """
    ours = token.party.connection.own and token.party.connection.endpoint("tokens", "SENDER") is None
    if token.whitelist == "NEVER" and not ours:
        return _not_allowed(token, "The issuer of this token could not be asked.")
    if not token.valid:
        return {"allowed": "BLOCKED", "token": token.data}
    return {"allowed": "ALLOWED", "token": token.data, **({"location": location} if location else {})}


def _not_allowed(token: Token, sentence: str) -> Data:
    return {"allowed": "NOT_ALLOWED", "token": token.data, "info": {"language": "en", "text": sentence[:512]}}
