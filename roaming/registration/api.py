"""Versions, version details and credentials (sections 2 and 3)."""

from collections.abc import Sequence

from django.http import HttpResponse
from rest_framework.request import Request

from partners.connections.models import TokenKind
from partners.parties import selectors as parties
from partners.parties.models import PartyRole
from roaming.ocpi import envelope
from roaming.ocpi.errors import limited_to, method_not_allowed
from roaming.ocpi.modules import Interface, offered_to
from roaming.ocpi.versions import OFFERED, endpoint_url, version_url
from roaming.ocpi.views import OcpiView
from roaming.registration import credentials
from roaming.registration import services as registration


class Versions(OcpiView):
    """One URL for everybody and every version; a connection that is limited to one sees that one (V1)."""

    functional = False

    def get(self, request: Request) -> HttpResponse:
        only = self.connection.only_version
        offered = [version for version in OFFERED if only in ("", version)]
        return envelope.success([{"version": version, "url": version_url(version)} for version in offered])


class VersionDetails(OcpiView):
    """Our interfaces are the other halves of those that the caller's parties have."""

    functional = False

    def get(self, request: Request, version: str) -> HttpResponse:
        if self.connection.only_version not in ("", version):
            raise limited_to(self.connection.only_version)
        roles = [party.role for party in parties.hosted(self.connection)]
        hub = [PartyRole.HUB.value] if self.connection.hub_party_id else []
        offered = offered_to([*roles, *hub], version)
        endpoints = _without_roles(offered) if version == "2.1.1" else _with_roles(version, offered)
        return envelope.success({"version": version, "endpoints": endpoints})


def _with_roles(version: str, offered: Sequence[Interface]) -> list[dict[str, str]]:
    return [
        {"identifier": module, "role": role, "url": endpoint_url(version, module, role)} for module, role in offered
    ]


def _without_roles(offered: Sequence[Interface]) -> list[dict[str, str]]:
    """In 2.1.1 a module has one address, so what both sides would have is not listed; see credentials.one_face_role."""
    modules = [module for module, _ in offered]
    return [
        {"identifier": module, "url": endpoint_url("2.1.1", module, role)}
        for module, role in offered
        if modules.count(module) == 1
    ]


class Credentials(OcpiView):
    functional = False

    def get(self, request: Request, version: str) -> HttpResponse:
        return envelope.success(credentials.ours(self.connection, self._token, version, self.at))

    def post(self, request: Request, version: str) -> HttpResponse:
        if self._registered:
            self._refuse("POST", "you are registered; PUT changes your credentials", ["GET", "PUT", "DELETE"])
        return self._accept(version)

    def put(self, request: Request, version: str) -> HttpResponse:
        self._require_registered("PUT")
        return self._accept(version)

    def delete(self, request: Request, version: str) -> HttpResponse:
        self._require_registered("DELETE")
        registration.leave(
            connection=self.connection, token=self._token, at=self.at, correlation_id=self._correlation_id
        )
        return envelope.success()

    def _accept(self, version: str) -> HttpResponse:
        ours = registration.accept(
            connection=self.connection,
            token=self._token,
            version=version,
            sent=self.body(),
            at=self.at,
            correlation_id=self._correlation_id,
        )
        return envelope.success(ours)

    @property
    def _token(self) -> str:
        """The plain token of this request; only its hash is stored."""
        return str(self.request.auth)

    @property
    def _correlation_id(self) -> str:
        """What our calls on account of this request carry too."""
        return str(self.request.headers.get("X-Correlation-ID", ""))

    @property
    def _registered(self) -> bool:
        return self.connection.token_in_kind == TokenKind.CREDENTIALS

    def _require_registered(self, method: str) -> None:
        if not self._registered:
            self._refuse(method, "you are not registered yet; POST your credentials first", ["GET", "POST"])

    def _refuse(self, method: str, why: str, allowed: Sequence[str]) -> None:
        raise method_not_allowed(f"{method} is not possible now: {why}.", allowed)
