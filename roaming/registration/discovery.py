"""Reading what a partner offers: its versions, and the endpoints of the version we share (C1, C6, C7)."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeGuard
from urllib.parse import urlsplit
from uuid import uuid4

from partners.connections.models import Connection
from roaming.kernel.http import Unreachable
from roaming.kernel.sentences import ended
from roaming.ocpi import quirks
from roaming.ocpi.client import Answer, OcpiClient, Refused, came_to_nothing, slashed, wants_plain
from roaming.ocpi.errors import CANNOT_USE_CLIENT_API, NO_MATCHING_ENDPOINTS, UNSUPPORTED_VERSION, OcpiError
from roaming.ocpi.modules import OPPOSITE, Interface, interfaces_of, known_as
from roaming.ocpi.schema import values
from roaming.ocpi.versions import OFFERED
from roaming.registration.needs import Needs

Endpoint = dict[str, str]

# Names of versions and modules, as far as we repeat and keep them.
_NAME = re.compile(r"[!-~]{1,50}")
_URL = re.compile(values.HTTP_URL)
_MOVED = frozenset({301, 302, 307, 308})
_LONGEST_URL = 255
_NO_URL = f"not an absolute http(s) URL of at most {_LONGEST_URL} characters"


class Conversation:
    """The calls of one registration: they share a correlation id, and none of their tokens is kept in the journal.

    `plain` says how the token is written (None: as the version says); a 401 to a GET is answered by trying the other
    way once (T3). An address that is not there, or redirects to itself with a slash at its end, is tried with the slash
    once.
    """

    def __init__(
        self,
        connection: Connection,
        at: datetime,
        *,
        token: str,
        version: str = "",
        correlation_id: str = "",
        plain: bool | None = None,
    ) -> None:
        self._connection = connection
        self._ocpi = OcpiClient(connection, at, token=token, version=version, plain=plain)
        self._correlation_id = correlation_id or str(uuid4())
        self._corrected = False
        # Whether the last address worked only with a slash at its end that they do not list.
        self._slash_needed = False

    @property
    def plain(self) -> bool:
        """How the token is written now: as it is, or in Base64."""
        return self._ocpi.plain

    def found(self, endpoints: Sequence[Endpoint]) -> None:
        """What is known of their addresses by a quirk holds for these from here on, too."""
        self._ocpi.endpoints = endpoints

    def send(self, method: str, url: str, body: Any = None) -> Answer:
        """Raises Refused and Unreachable."""
        return self._ocpi.send(method, url, body, correlation_id=self._correlation_id)

    def change(self, method: str, url: str, body: Any = None) -> Answer:
        """POST, PUT or DELETE at their credentials. Raises Refused and Unreachable; of two tries the one after which
        they may have done it."""
        return self._slashed_or_not(url, lambda address: self.send(method, address, body))

    def read(self, url: str) -> Answer:
        """GET, with the token in Base64 or as it is, whichever they take. Raises Refused and Unreachable."""
        return self._slashed_or_not(url, self._read)

    def _slashed_or_not(self, url: str, ask: Callable[[str], Answer]) -> Answer:
        self._slash_needed = False
        try:
            return ask(url)
        except Refused as error:
            if not _may_want_a_slash(self._ocpi.address(url), error):
                raise
            refusal = error
        try:
            answer = ask(slashed(url))
        except (Refused, Unreachable) as error:
            raise (refusal if came_to_nothing(error) else error) from None
        self._slash_needed = True
        return answer

    def _read(self, url: str) -> Answer:
        try:
            return self.send("GET", url)
        except Refused as error:
            if error.http_status != 401:
                raise
            refusal = error
        self._ocpi.plain = not self._ocpi.plain
        try:
            answer = self.send("GET", url)
        except (Refused, Unreachable):
            self._ocpi.plain = not self._ocpi.plain
            raise refusal from None
        self._corrected = True
        return answer

    def speak(self, version: str) -> None:
        """From here on write the token as that version says, unless they were found to want it otherwise."""
        if not self._corrected:
            self._ocpi.plain = wants_plain(self._connection, version)

    def remember(self, version: str) -> None:
        """Keep as quirks where they want the token otherwise than the version says, and a slash that they do not
        list."""
        plain, older = self._ocpi.plain, version == "2.1.1"
        seen = {"plain_token": plain and not older, "base64_token": older and not plain}
        if self._slash_needed:
            seen["trailing_slash"] = True
        quirks.learn(connection=self._connection, seen=seen)


def _may_want_a_slash(url: str, refusal: Refused) -> bool:
    """Not there, or a redirect to the same path with a slash: on whatever host, for a proxy may name another one, and
    we ask the one that was listed."""
    if urlsplit(url).path.endswith("/"):
        return False
    led_to = urlsplit(refusal.moved_to).path if refusal.moved_to else ""
    return refusal.http_status == 404 or (refusal.http_status in _MOVED and led_to in ("", urlsplit(slashed(url)).path))


@dataclass(frozen=True)
class Offer:
    """What was found at a partner."""

    version: str
    endpoints: list[Endpoint]
    needs: Needs

    @property
    def hindered(self) -> str:
        """Why a registration is not to begin: what is missing of what we need, as half a sentence (C7); empty when
        nothing hinders it."""
        forbidden = self.needs.forbid(self.endpoints)
        return self.needs.told(self.needs.missing(self.endpoints)) if forbidden else ""

    @property
    def credentials_url(self) -> str:
        return next(entry["url"] for entry in self.endpoints if entry["identifier"] == "credentials")


def discover(
    talk: Conversation, versions_url: str, roles: Iterable[str], needs: Needs, wanted: Iterable[str] = OFFERED
) -> Offer:
    """Versions and details in one go. Raises OcpiError 3001, 3002, 3003."""
    version, details_url = choose_version(talk, versions_url, wanted)
    return read_offer(talk, details_url, roles, version, needs)


def choose_version(talk: Conversation, versions_url: str, wanted: Iterable[str] = OFFERED) -> tuple[str, str]:
    """The highest of `wanted` versions that the partner has, and the URL of its details.

    Raises OcpiError 3001 when the partner cannot be used, 3002 when it has none. Unknown versions are skipped (V5).
    """
    if len(versions_url) > _LONGEST_URL:  # it could not be kept
        raise _unusable(versions_url, f"that is {_NO_URL}")
    entries = _got(talk, versions_url, "versions")
    if not isinstance(entries, list):
        raise _unusable(versions_url, "its versions are not a list")
    urls = {
        entry["version"]: entry["url"]
        for entry in entries
        if isinstance(entry, dict) and _is_name(entry.get("version")) and isinstance(entry.get("url"), str)
    }
    for version in sorted(wanted, reverse=True):
        if version in urls:
            if not _is_url(urls[version]):
                raise _unusable(versions_url, f"its address of the details of {version} is {_NO_URL}")
            talk.speak(version)
            return version, urls[version]
    offered = ", ".join(sorted(urls)) or "none"
    raise OcpiError(
        UNSUPPORTED_VERSION, f"No version in common: wanted is {', '.join(wanted)}; {versions_url} offers {offered}."
    )


def read_offer(talk: Conversation, details_url: str, roles: Iterable[str], version: str, needs: Needs) -> Offer:
    """The partner's endpoints in that version, which `talk` knows from then on.

    Raises OcpiError 3001, or 3003 when none fits parties of `roles`.
    """
    details = _got(talk, details_url, "version details")
    listed = details.get("endpoints") if isinstance(details, dict) else None
    if not isinstance(listed, list):
        raise _unusable(details_url, "its version details have no list of endpoints")
    expected = interfaces_of(roles, version)
    named = [entry for item in listed for entry in _endpoints(item, version, expected)]
    endpoints = [entry for entry in named if _is_url(entry["url"])]
    for identifier, side in [("credentials", "SENDER"), *needs.interfaces]:
        if (identifier, side) in _interfaces(named) - _interfaces(endpoints):
            raise _unusable(details_url, f"its address of {identifier} is {_NO_URL}")
    if not any(entry["identifier"] == "credentials" for entry in endpoints):
        raise OcpiError(NO_MATCHING_ENDPOINTS, f"The version details at {details_url} list no endpoint “credentials”.")
    if not set(expected) & _interfaces(endpoints):
        raise OcpiError(
            NO_MATCHING_ENDPOINTS, f"The version details at {details_url} list no endpoint that fits the roles given."
        )
    talk.found(endpoints)
    return Offer(version, endpoints, needs)


def _interfaces(endpoints: Iterable[Endpoint]) -> set[Interface]:
    return {(entry["identifier"], entry["role"]) for entry in endpoints}


def _endpoints(item: Any, version: str, expected: Iterable[Interface]) -> list[Endpoint]:
    """One entry of the list, whose address is still to be looked at; none for what is no endpoint (T25).

    The role of credentials has no meaning (V3). In 2.1.1 there are no roles: an entry stands for the sides of the
    module that such a platform has.
    """
    if not isinstance(item, Mapping):
        return []
    identifier, role, url = item.get("identifier"), item.get("role"), item.get("url")
    if not _is_name(identifier) or not isinstance(url, str):
        return []
    identifier = known_as(identifier)
    if identifier == "credentials":
        sides = ["SENDER"]
    elif version == "2.1.1":
        sides = [side for module, side in expected if module == identifier]
    else:
        sides = [role] if isinstance(role, str) and role in OPPOSITE else []
    return [{"identifier": identifier, "role": side, "url": url} for side in sides]


def _is_name(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _is_url(url: str) -> bool:
    """Whether it can be kept and called."""
    if len(url) > _LONGEST_URL or not _URL.match(url):
        return False
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:  # half an IPv6 address, or a port that is none
        return False


def _got(talk: Conversation, url: str, what: str) -> Any:
    try:
        return talk.read(url).data
    except (Unreachable, Refused) as error:
        raise _unusable(url, f"its {what} could not be read: {error}") from error


def _unusable(url: str, why: str) -> OcpiError:
    return OcpiError(CANNOT_USE_CLIENT_API, ended(f"The platform at {url} cannot be used: {why}"))
