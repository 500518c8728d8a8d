"""Asking the eMSP whether its driver may charge, and what its answer, its refusal or its silence means."""

import logging
from datetime import datetime
from typing import Any
from urllib.parse import quote

from partners.agreements.models import Agreement
from partners.connections.models import Connection
from roaming.exchange.asking import Asking, NoAnswer, ask
from roaming.ocpi import errors, translation
from roaming.ocpi.client import Refused
from roaming.ocpi.schema import transforms, validation
from roaming.ocpi.versions import NEWEST_SHAPE
from roaming.tokens import types
from roaming.tokens.models import Token
from roaming.tokens.questions import Data, NotEnough, Question, UnknownToken

logger = logging.getLogger(__name__)


class Unanswered(Exception):
    """It could not be asked, did not answer in time, or said nothing of the driver; the text says what happened."""


def asked(question: Question, agreement: Agreement, token: Token | None, *, at: datetime) -> Data:
    """Its own answer, given within the time that the agreement leaves it: an AuthorizationInfo (newest shape) with the
    complete token.

    Raises UnknownToken and NotEnough where it says so, and Unanswered.
    """
    issuer = agreement.emsp
    try:
        return _understood(ask(_asking(question, agreement, token), at=at), issuer.connection, token)
    except NoAnswer as error:
        why = str(error)
    except transforms.NotExpressible as error:
        why = f"{issuer.code} cannot be asked in its version of OCPI: {error}."
    except validation.Invalid as error:
        why = f"{issuer.code} answered with an invalid object: {error}"
    except Refused as refusal:
        if _decides(refusal):
            return _refused(question, agreement, token, refusal)
        why = f"{issuer.code} could not answer: {refusal}"
    logger.warning("An authorization went unanswered: %s", why)
    raise Unanswered(why)


def _asking(question: Question, agreement: Agreement, token: Token | None) -> Asking:
    issuer = agreement.emsp
    called = token.type if token is not None else question.token_type or types.DEFAULT
    uid, kind = quote(question.token_uid, safe=""), quote(types.told(issuer.connection.version, called), safe="")
    return Asking(
        to_party=issuer,
        from_party=agreement.cpo,
        module="tokens",
        role="SENDER",
        method="POST",
        tail=f"/{uid}/authorize?type={kind}",
        body=("location_references", question.location) if question.location else None,
        correlation_id=question.correlation_id,
        timeout_seconds=agreement.authorization_seconds,
    )


def _decides(refusal: Refused) -> bool:
    """Whether it was heard and said no: the whitelist is for those who cannot be reached (K5). A token of ours that it
    does not take, a fault of its own and a page that is no OCPI say nothing of the driver."""
    heard = not refusal.away and not refusal.troubled
    return heard and (refusal.http_status == 404 or bool(refusal.status_code))


def _refused(question: Question, agreement: Agreement, token: Token | None, refusal: Refused) -> Data:
    """The answer to a driver whom the eMSP refused without an AuthorizationInfo."""
    issuer = agreement.emsp
    unsaid = refusal.http_status == 404 and refusal.status_code in (0, errors.CLIENT_ERROR)  # 2.1.1 has no 2004
    if unsaid or refusal.status_code == errors.UNKNOWN_TOKEN:
        raise UnknownToken(f"{issuer.code} does not know the {question}.")
    if refusal.status_code == errors.NOT_ENOUGH_INFORMATION:
        raise NotEnough(f"{issuer.code} needs more to decide: {refusal.message}")
    if token is None:
        raise UnknownToken(f"{issuer.code} refused the {question}: {refusal.message}")
    return not_allowed(token, f"The issuer of this token refused: {refusal.message}")


def _understood(data: Any, connection: Connection, token: Token | None) -> Data:
    """The answer in the newest shape; an eMSP that leaves the token out, as 2.1.1 does, gets ours put in."""
    if isinstance(data, dict) and not data.get("token") and token is not None and connection.version != "2.1.1":
        data = {**data, "token": translation.told(connection.version, "token", token.data)[0]}
    info = translation.understood(connection.version, "authorization_info", data, connection=connection)
    if token is not None and not info.get("token"):
        info = {**info, "token": token.data}
    validation.validate(NEWEST_SHAPE, "authorization_info", info)
    return info


def not_allowed(token: Token, sentence: str) -> Data:
    """The AuthorizationInfo of a driver who may not charge, with a sentence for him."""
    return {"allowed": "NOT_ALLOWED", "token": token.data, "info": {"language": "en", "text": sentence[:512]}}
