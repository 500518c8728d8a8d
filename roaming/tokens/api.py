"""OCPI doors of tokens, and real-time authorization (section 4.5)."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from partners.parties.models import Party, PartyRole
from roaming.ocpi import envelope, storage
from roaming.ocpi.errors import NOT_ENOUGH_INFORMATION, UNKNOWN_TOKEN, OcpiError, invalid, not_found
from roaming.ocpi.ownership import OwnedObjectView
from roaming.ocpi.views import OcpiView
from roaming.tokens import attempts, authorization, selectors, services
from roaming.tokens.models import Token
from roaming.tokens.questions import NotEnough, Question, UnknownToken


class SenderList(OcpiView):
    def get(self, request: Request, **_: Any) -> HttpResponse:
        visible = selectors.visible_to_connection(self.connection, self.at)
        return self.page(visible, kind="token")


class Authorize(OcpiView):
    """A CPO asks whether a driver may charge."""

    def post(self, request: Request, token_uid: str, **_: Any) -> HttpResponse:
        try:
            with attempts.kept(
                self.connection,
                token_uid=token_uid,
                token_type=_type(request) or "",
                version=self.version,
                correlation_id=self.correlation_id,
                at=self.at,
            ) as attempt:
                question = self._question(token_uid, _type(request))
                answer = authorization.authorize(question, attempt=attempt, at=self.at)
                told = self.outgoing("authorization_info", answer)
        except UnknownToken as error:
            raise not_found(str(error), UNKNOWN_TOKEN) from None
        except NotEnough as error:
            raise OcpiError(NOT_ENOUGH_INFORMATION, str(error)) from None
        return envelope.success(told)

    def _question(self, token_uid: str, token_type: str | None) -> Question:
        return Question(
            connection=self.connection,
            token_uid=token_uid,
            token_type=token_type,
            version=self.version,
            location=self.object("location_references") if self.raw.strip() else None,
            asker=self.route.from_party,
            issuer=self.named,
            likely_issuer=lambda: self.meant,
            correlation_id=self.correlation_id,
        )


class ReceiverObject(OwnedObjectView):
    role = PartyRole.EMSP
    unknown_code = UNKNOWN_TOKEN

    def get(self, request: Request, token_uid: str, **_: Any) -> HttpResponse:
        kind = self._stored_type(request, token_uid)
        row = storage.find(Token, party=self.owner(), ocpi_id=token_uid, type=kind)
        if row is None:
            raise self.unknown(f"{kind} token “{token_uid}”")
        return envelope.success(self.outgoing("token", row.body))

    def put(self, request: Request, token_uid: str, **_: Any) -> HttpResponse:
        party = self.owner()
        data = self.whole("token", uid=token_uid)
        data["type"] = kind = self._known_as(request, party, token_uid, data["type"])
        return self.accepted(services.put(party=party, token_uid=token_uid, token_type=kind, data=data, at=self.at))

    def patch(self, request: Request, token_uid: str, **_: Any) -> HttpResponse:
        party = self.owner()
        data = self.part("token", uid=token_uid)
        if "type" in data:
            data["type"] = kind = self._known_as(request, party, token_uid, data["type"])
        else:
            kind = self._stored_type(request, token_uid)
        return self.accepted(services.patch(party=party, token_uid=token_uid, token_type=kind, data=data, at=self.at))

    def _known_as(self, request: Request, party: Party, token_uid: str, in_body: str) -> str:
        """The type that the token of a body has here: an older version calls it OTHER where it lacks the word (K1)."""
        said = _same_type(request, in_body)
        return selectors.type_of(party, token_uid, token_type=said, version=self.version)

    def _stored_type(self, request: Request, token_uid: str) -> str:
        return selectors.type_of(self.owner(), token_uid, token_type=_type(request), version=self.version)


def _type(request: Request) -> str | None:
    """The token's type as the URL gives it; 2.1.1 prints another name for the parameter than it uses (K1)."""
    return request.GET.get("type") or request.GET.get("token_type") or None


def _same_type(request: Request, in_body: str) -> str:
    """The type of the body; many partners leave it out of the URL, but there it may not say something else."""
    in_url = _type(request)
    if in_url is not None and in_url != in_body:
        raise invalid(f"type is “{in_body}” in the body and “{in_url}” in the URL; they must be the same.")
    return in_body
