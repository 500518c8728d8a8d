"""The receiver interface of objects that partners own: whose they are, and that URL and body agree (T70 to T73)."""

from typing import Any, ClassVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from partners import routing
from partners.parties.models import Party
from roaming.ocpi import envelope
from roaming.ocpi.errors import CLIENT_ERROR, invalid, not_found
from roaming.ocpi.schema import transforms, validation
from roaming.ocpi.storage import Stored, Unknown
from roaming.ocpi.views import OcpiView

Data = dict[str, Any]


class OwnedObjectView(OcpiView):
    """One object below `/{country_code}/{party_id}/`. Only the connection hosting that party reads and writes it."""

    role: ClassVar[str]
    unknown_code: ClassVar[int] = CLIENT_ERROR

    def owner(self) -> Party:
        """The party of the URL. A party of somebody else is not found here, whatever we know of it."""
        country_code, party_id = self.kwargs["country_code"], self.kwargs["party_id"]
        party = routing.may_write(self.connection, country_code, party_id, self.role)
        if party is None:
            raise not_found(f"{country_code}*{party_id} is not a {self.role} of your platform; write your own objects.")
        return party

    def whole(self, kind: str, **in_url: str) -> Data:
        """The body of a PUT, valid, in the newest shape, and about the object that the URL names."""
        data = self.object(kind)
        self._agree(data, in_url)
        return data

    def part(self, kind: str, **in_url: str) -> Data:
        """The body of a PATCH in the newest shape; fields of the identity may be absent, not different."""
        sent = self.body()
        validation.validate_patch(self.version, kind, sent)
        self._agree(sent, in_url)
        return transforms.upgrade(self.version, kind, sent)

    def accepted(self, stored: Stored[Any]) -> HttpResponse:
        """1000, with 201 for what is new here; also when it was older than what we have (T65)."""
        return envelope.success(http_status=201 if stored.created else 200)

    def unknown(self, what: str) -> Exception:
        return not_found(f"There is no {what} here.", self.unknown_code)

    def handle_exception(self, exc: Exception) -> HttpResponseBase:  # type: ignore[override]
        return super().handle_exception(not_found(str(exc), self.unknown_code) if isinstance(exc, Unknown) else exc)

    def _agree(self, data: Data, in_url: dict[str, str]) -> None:
        for name, expected in in_url.items():
            found = data.get(name, expected)
            if found is None or found.upper() != expected.upper():
                raise invalid(f"{name} is “{found}” in the body and “{expected}” in the URL; they must be the same.")

    @property
    def owner_in_url(self) -> dict[str, str]:
        """What objects that carry their owner must repeat of the URL (T71)."""
        return {name: self.kwargs[name] for name in ("country_code", "party_id")}


def addressed_party(request: Request) -> tuple[str, str] | None:
    """Country code and party id that the request is meant for, by its routing headers (T100); None without them."""
    country_code = request.headers.get("OCPI-to-country-code", "")
    party_id = request.headers.get("OCPI-to-party-id", "")
    return (country_code, party_id) if country_code and party_id else None
