"""The receiver interface of objects that partners own: whose they are, and that a request says so once (T70 to T73)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase

from partners import routing
from partners.parties.models import Party
from roaming.ocpi import envelope, translation
from roaming.ocpi.errors import CLIENT_ERROR, not_found
from roaming.ocpi.schema import validation
from roaming.ocpi.schema.validation import Violation
from roaming.ocpi.storage import Stored, Unknown
from roaming.ocpi.views import OcpiView

Data = dict[str, Any]
# Parts do not say whose they are.
_WITHIN_OTHERS = frozenset({"evse", "connector"})


class OwnedObjectView(OcpiView):
    """One object below `/{country_code}/{party_id}/`. Only the connection hosting that party reads and writes it."""

    role: ClassVar[str]
    unknown_code: ClassVar[int] = CLIENT_ERROR

    def owner(self) -> Party:
        """The party of the URL. A party of somebody else is not found here, whatever we know of it."""
        code = self.kwargs["country_code"], self.kwargs["party_id"]
        party = routing.may_write(self.connection, *code, self.role)
        if party is None:
            raise not_found(f"{'*'.join(code)} is not a {self.role} of your platform; write your own objects.")
        routing.agree(self.connection, url=code, header=self.route.from_party)
        return party

    def whole(self, kind: str, **in_url: str) -> Data:
        """The body of a PUT, valid, in the newest shape, and about the object that the URL names. Raises Invalid with
        all that is wrong at once."""
        sent = self.body()
        with self._agreeing(kind, sent, in_url):
            validation.validate(self.version, kind, sent)
        return self._newest(kind, sent)

    def part(self, kind: str, **in_url: str) -> Data:
        """The body of a PATCH in the newest shape; fields of the identity may be absent, not different."""
        sent = self.body()
        with self._agreeing(kind, sent, in_url):
            validation.validate_patch(self.version, kind, sent)
        return self._newest(kind, sent)

    def accepted(self, stored: Stored[Any]) -> HttpResponse:
        """1000, with 201 for what is new here; also when it was older than what we have, which is said (T65)."""
        return envelope.success(http_status=201 if stored.created else 200, message=stored.note)

    def unknown(self, what: str) -> Exception:
        return not_found(f"There is no {what} here.", self.unknown_code)

    def handle_exception(self, exc: Exception) -> HttpResponseBase:  # type: ignore[override]
        return super().handle_exception(not_found(str(exc), self.unknown_code) if isinstance(exc, Unknown) else exc)

    def _newest(self, kind: str, sent: Data) -> Data:
        return translation.upgraded(self.version, kind, sent, connection=self.connection, owner=self.owner_named)

    @contextmanager
    def _agreeing(self, kind: str, sent: Any, in_url: dict[str, str]) -> Iterator[None]:
        """Adds to what the block finds invalid where the body contradicts the URL and the routing header."""
        wrong = list(self._contradictions(kind, sent, in_url)) if isinstance(sent, dict) else []
        try:
            yield
        except validation.Invalid as error:
            wrong = [*error.violations, *wrong]
        if wrong:
            raise validation.Invalid(wrong)

    def _contradictions(self, kind: str, sent: Data, in_url: dict[str, str]) -> Iterator[Violation]:
        """The body names the object of the URL, or leaves that to the URL; 2.1.1 always leaves the owner to it."""
        if kind not in _WITHIN_OTHERS and self.version != "2.1.1":
            url = self.kwargs["country_code"], self.kwargs["party_id"]
            body = str(sent.get("country_code") or url[0]), str(sent.get("party_id") or url[1])
            try:
                routing.agree(self.connection, url=url, header=self.route.from_party, body=body)
            except routing.Disagreement as error:
                yield Violation("$.country_code", str(error).removeprefix("country_code "))
        for name, expected in in_url.items():
            found = sent.get(name)
            if isinstance(found, str) and found.upper() != expected.upper():
                both = f"is “{found}” in the body and “{expected}” in the URL"
                yield Violation(f"$.{name}", f"{both}; they must be the same")
