"""Versions, version details and credentials (sections 2 and 3)."""

from collections.abc import Sequence

from django.http import HttpResponse
from rest_framework.request import Request

from partners.connections.models import TokenKind
from roaming.ocpi import envelope, offers
from roaming.ocpi.errors import limited_to, method_not_allowed
from roaming.ocpi.versions import OFFERED, endpoint_url, version_url
from roaming.ocpi.views import OcpiView
from roaming.registration import credentials
from roaming.registration import services as registration


class Versions(OcpiView):
    """One URL for everybody and every version; a connection that is limited to one sees that one (V1)."""

    def get(self, request: Request) -> HttpResponse:
        only = self.connection.only_version
        offered = [version for version in OFFERED if only in ("", version)]
        return envelope.success([{"version": version, "url": version_url(version)} for version in offered])


class VersionDetails(OcpiView):
    """Our interfaces are the other halves of those that the caller's parties have."""

    def get(self, request: Request, version: str) -> HttpResponse:
        if self.connection.only_version not in ("", version):
            raise limited_to(self.connection.only_version)
        offered = [("credentials", "SENDER"), *offers.to(self.connection, version)]
        return envelope.success({"version": version, "endpoints": [_endpoint(version, *one) for one in offered]})


def _endpoint(version: str, module: str, role: str) -> dict[str, str]:
    """One interface as that version lists it: 2.1.1 knows no roles of interfaces."""
    named = {"identifier": module} if version == "2.1.1" else {"identifier": module, "role": role}
    return {**named, "url": endpoint_url(version, module, role)}


class Credentials(OcpiView):
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
            connection=self.connection, token=self._token, at=self.at, correlation_id=self.correlation_id
        )
        return envelope.success()

    def _accept(self, version: str) -> HttpResponse:
        ours = registration.accept(
            connection=self.connection,
            token=self._token,
            version=version,
            sent=self.body(),
            at=self.at,
            correlation_id=self.correlation_id,
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
