"""May this card charge here? The eMSP is asked while the driver waits; what the whitelist says of when it need not, or
cannot, be is decided here (K5):

| whitelist | asked | its answer holds | it does not answer |
|---|---|---|---|
| ALWAYS | never | | |
| ALLOWED | yes | always | the stored token is enough |
| ALLOWED_OFFLINE | yes | always | the agreement's offline rule, within its limits |
| NEVER | yes | always | refused |
"""

from datetime import datetime
from uuid import uuid4

from partners import routing
from partners.agreements.models import Agreement
from partners.parties.models import Party
from roaming.locations import selectors as locations
from roaming.ocpi import routing_headers
from roaming.tokens import issuers, offline, selectors
from roaming.tokens.attempts import Attempt
from roaming.tokens.issuers import Unanswered, not_allowed
from roaming.tokens.models import Source, Token
from roaming.tokens.questions import Data, NotEnough, Question, UnknownToken

_UNASKED = "The issuer of this token could not be asked."
_INVALID = "The token is not valid, as its eMSP told us."


def authorize(question: Question, *, attempt: Attempt, at: datetime) -> Data:
    """The AuthorizationInfo (newest shape, always with the complete token) that the CPO gets (K3 to K5); `attempt`
    learns how it came about.

    Raises UnknownToken and NotEnough. Talks to the eMSP, so it must not be called inside a transaction.
    """
    attempt.asks_at(question.location)
    token, agreement = _meant(question, at)
    if agreement is None:
        raise UnknownToken(f"No eMSP that you have an agreement with knows the {question}.")
    attempt.is_about(agreement, token)
    if _answered_here(agreement.emsp):
        return _of_our_own(question, agreement, token, attempt)
    if token is not None and token.whitelist == "ALWAYS":
        return attempt.decided(Source.WHITELIST, *_as_stored(token, question, "Its whitelist says ALWAYS."))
    try:
        info = issuers.asked(question, agreement, token, at=at)
    except (UnknownToken, NotEnough):
        attempt.refused(Source.EMSP)
        raise
    except Unanswered as error:
        attempt.went_unanswered(str(error))
        if token is None:
            raise UnknownToken(f"{agreement.emsp.code} could not be asked about the {question}.") from error
        return attempt.decided(*_unasked(question, agreement, token, at))
    return attempt.decided(Source.EMSP, info, (info.get("info") or {}).get("text") or f"{agreement.emsp.code} said so.")


def _meant(question: Question, at: datetime) -> tuple[Token | None, Agreement | None]:
    """The token that is meant, and the agreement under which the CPO may ask about it. Without a token, the agreement
    with the eMSP that the request names although it never sent us such a token: it may know it all the same (K6)."""
    found = selectors.shown_at_station(
        question.connection,
        token_uid=question.token_uid,
        token_type=question.token_type,
        version=question.version,
        asker=question.asker,
        at=at,
    )
    issuer = question.issuer
    if issuer is not None:
        found = _issued_by(issuer, found)
    elif len(found) > 1 and (likely := question.likely_issuer()):
        found = _issued_by(likely, found) or found
    if len(found) > 1:
        named = ", ".join(token.party.code for token, _ in found)
        advice = routing_headers.how_to_choose(question.version)
        raise NotEnough(f"Several eMSPs have a {question} ({named}); {advice}.")
    if found:
        return found[0]
    return None, _addressed(question, issuer, at) if issuer else None


def _issued_by(code: routing.Code, found: list[selectors.Shown]) -> list[selectors.Shown]:
    return [(token, agreement) for token, agreement in found if routing.are_same(code, token.party)]


def _addressed(question: Question, issuer: routing.Code, at: datetime) -> Agreement | None:
    joined = routing.may_ask_under(question.connection, routing.of_emsp(issuer), asker=question.asker, at=at)
    return next(iter(joined.values()), None)


def _answered_here(issuer: Party) -> bool:
    """Whether it is an eMSP of ours without an interface to ask: what is stored here is its word."""
    return issuer.connection.own and issuer.connection.endpoint("tokens", "SENDER") is None


def _of_our_own(question: Question, agreement: Agreement, token: Token | None, attempt: Attempt) -> Data:
    """What we say as the eMSP, whatever the whitelist says of when we must be asked. A driver who may charge gets a
    reference, by which the session and the CDR are known again (S4)."""
    if token is None:
        attempt.refused(Source.OWN)
        raise UnknownToken(f"{agreement.emsp.code} does not know the {question}.")
    info, reason = _as_stored(token, question, "The token is valid.")
    if location := info.get("location"):
        info["location"] = locations.known_part(location, owner=agreement.cpo)
    if info["allowed"] == "ALLOWED":
        info["authorization_reference"] = str(uuid4())
    return attempt.decided(Source.OWN, info, reason)


def _unasked(question: Question, agreement: Agreement, token: Token, at: datetime) -> tuple[Source, Data, str]:
    """What holds without the eMSP's word: who decides, the answer, and why."""
    if token.whitelist == "NEVER":
        return Source.WHITELIST, not_allowed(token, _UNASKED), f"{_UNASKED} Its whitelist says NEVER."
    if token.whitelist == "ALLOWED" or not token.valid:
        info, reason = _as_stored(token, question, f"Its whitelist says {token.whitelist}.")
        return Source.WHITELIST, info, f"{_UNASKED} {reason}"
    try:
        offline.count(agreement=agreement, token=token, at=at)
    except offline.NotOffline as error:
        return Source.OFFLINE, not_allowed(token, _UNASKED), f"{_UNASKED} {error}"
    info, _ = _as_stored(token, question, "")
    return Source.OFFLINE, info, f"{_UNASKED} {agreement} lets its drivers charge all the same."


def _as_stored(token: Token, question: Question, reason: str) -> tuple[Data, str]:
    """A valid token is allowed, for that `reason`, wherever it was asked about (K4); another one is blocked."""
    if not token.valid:
        return {"allowed": "BLOCKED", "token": token.data}, _INVALID
    location = {"location": question.location} if question.location else {}
    return {"allowed": "ALLOWED", "token": token.data, **location}, reason
