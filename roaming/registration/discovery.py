"""Reading what a partner offers: its versions, and the endpoints of the version we share (C1, C6, C7)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from roaming.kernel.http import Unreachable
from roaming.ocpi.client import OcpiClient, Refused
from roaming.ocpi.errors import CANNOT_USE_CLIENT_API, NO_MATCHING_ENDPOINTS, UNSUPPORTED_VERSION, OcpiError
from roaming.ocpi.versions import OFFERED

Endpoint = dict[str, str]
_OWNED_BY_CPO = ("locations", "tariffs", "sessions", "cdrs")
# The interfaces a platform has by the roles of its parties.
_INTERFACES = {
    "CPO": frozenset({*((module, "SENDER") for module in _OWNED_BY_CPO), ("tokens", "RECEIVER")}),
    "EMSP": frozenset({*((module, "RECEIVER") for module in _OWNED_BY_CPO), ("tokens", "SENDER")}),
}


def interfaces_of(roles: Iterable[str]) -> list[tuple[str, str]]:
    """(module, interface role) that a platform with parties of these roles can have; all when none of them charges."""
    known = [_INTERFACES[role] for role in roles if role in _INTERFACES] or list(_INTERFACES.values())
    return sorted(frozenset().union(*known))


def choose_version(ocpi: OcpiClient, versions_url: str, wanted: Iterable[str] = OFFERED) -> tuple[str, str]:
    """The highest of `wanted` versions that the partner has, and the URL of its details.

    Raises OcpiError 3001 when the partner cannot be used, 3002 when it has none. Unknown versions are skipped (V5).
    """
    entries = _got(ocpi, versions_url, "versions")
    if not isinstance(entries, list):
        raise _unusable(versions_url, "its versions are not a list")
    urls = {
        entry["version"]: entry["url"]
        for entry in entries
        if isinstance(entry, dict) and isinstance(entry.get("version"), str) and isinstance(entry.get("url"), str)
    }
    for version in sorted(wanted, reverse=True):
        if version in urls:
            return version, urls[version]
    offered = ", ".join(sorted(urls)) or "none"
    raise OcpiError(
        UNSUPPORTED_VERSION, f"No version in common: this platform has {', '.join(wanted)}, yours offers {offered}."
    )


def read_endpoints(ocpi: OcpiClient, details_url: str, roles: Iterable[str]) -> list[Endpoint]:
    """The partner's endpoints. Raises OcpiError 3001, or 3003 when none fits parties of `roles`."""
    details = _got(ocpi, details_url, "version details")
    listed = details.get("endpoints") if isinstance(details, dict) else None
    if not isinstance(listed, list):
        raise _unusable(details_url, "its version details have no list of endpoints")
    endpoints = [entry for item in listed if (entry := _endpoint(item)) is not None]
    if not any(entry["identifier"] == "credentials" for entry in endpoints):
        raise OcpiError(NO_MATCHING_ENDPOINTS, "The version details list no endpoint “credentials”.")
    matching = set(interfaces_of(roles)) & {(entry["identifier"], entry["role"]) for entry in endpoints}
    if not matching:
        raise OcpiError(NO_MATCHING_ENDPOINTS, "The version details list no endpoint that fits the roles given.")
    return endpoints


@dataclass(frozen=True)
class Offer:
    """What was found at a partner."""

    version: str
    endpoints: list[Endpoint]


def discover(ocpi: OcpiClient, versions_url: str, roles: Iterable[str], wanted: Iterable[str] = OFFERED) -> Offer:
    """Versions and details in one go. Raises OcpiError 3001, 3002, 3003."""
    version, details_url = choose_version(ocpi, versions_url, wanted)
    return Offer(version, read_endpoints(ocpi, details_url, roles))


def _endpoint(item: Any) -> Endpoint | None:
    """One entry, or None for what is no endpoint (T25). The role of credentials has no meaning (V3)."""
    if not isinstance(item, Mapping):
        return None
    identifier, role, url = item.get("identifier"), item.get("role"), item.get("url")
    if not isinstance(identifier, str) or not isinstance(url, str) or not url.startswith(("http://", "https://")):
        return None
    if identifier == "credentials":
        role = "SENDER"
    if role not in ("SENDER", "RECEIVER"):
        return None
    return {"identifier": identifier, "role": role, "url": url}


def _got(ocpi: OcpiClient, url: str, what: str) -> Any:
    try:
        return ocpi.get(url).data
    except (Unreachable, Refused) as error:
        raise _unusable(url, f"its {what} could not be read: {error}") from error


def _unusable(url: str, why: str) -> OcpiError:
    return OcpiError(CANNOT_USE_CLIENT_API, f"Your platform at {url} cannot be used: {why.rstrip('.')}.")
