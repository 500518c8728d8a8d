"""Versions, version details and credentials (sections 2 and 3)."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from partners.connections.models import TokenKind
from partners.parties import selectors as parties
from roaming.ocpi import envelope
from roaming.ocpi.errors import method_not_allowed
from roaming.ocpi.schema import validation
from roaming.ocpi.versions import OFFERED, endpoint_url, version_url
from roaming.ocpi.views import OcpiView
from roaming.registration import services as registration
from roaming.registration.discovery import interfaces_of

_OPPOSITE = {"SENDER": "RECEIVER", "RECEIVER": "SENDER"}


class Versions(OcpiView):
    functional = False

    def get(self, request: Request) -> HttpResponse:
        return envelope.success([{"version": version, "url": version_url(version)} for version in OFFERED])


class VersionDetails(OcpiView):
    """Our interfaces are the other halves of those that the caller's parties have."""

    functional = False

    def get(self, request: Request, version: str) -> HttpResponse:
        theirs = interfaces_of(party.role for party in parties.hosted(self.connection))
        ours = [("credentials", "SENDER"), *((module, _OPPOSITE[role]) for module, role in theirs)]
        endpoints = [
            {"identifier": module, "role": role, "url": endpoint_url(version, module, role)} for module, role in ours
        ]
        return envelope.success({"version": version, "endpoints": endpoints})


class Credentials(OcpiView):
    functional = False

    def get(self, request: Request, version: str) -> HttpResponse:
        return envelope.success(registration.our_credentials(self.connection, self._token))

    def post(self, request: Request, version: str) -> HttpResponse:
        if self._registered:
            self._refuse("POST", "you are registered; PUT changes your credentials", ["GET", "PUT", "DELETE"])
        return self._accept(version)

    def put(self, request: Request, version: str) -> HttpResponse:
        self._require_registered("PUT")
        return self._accept(version)

    def delete(self, request: Request, version: str) -> HttpResponse:
        self._require_registered("DELETE")
        registration.leave(connection=self.connection, token=self._token, at=self.at)
        return envelope.success()

    def _accept(self, version: str) -> HttpResponse:
        sent: Any = self.body()
        validation.validate(version, "credentials", sent)
        ours = registration.accept(
            connection=self.connection, token=self._token, version=version, credentials=sent, at=self.at
        )
        return envelope.success(ours)

    @property
    def _token(self) -> str:
        """The plain token of this request; only its hash is stored."""
        return str(self.request.auth)

    @property
    def _registered(self) -> bool:
        return self.connection.token_in_kind == TokenKind.CREDENTIALS

    def _require_registered(self, method: str) -> None:
        if not self._registered:
            self._refuse(method, "you are not registered yet; POST your credentials first", ["GET", "POST"])

    def _refuse(self, method: str, why: str, allowed: Sequence[str]) -> None:
        raise method_not_allowed(f"{method} is not possible now: {why}.", allowed)
