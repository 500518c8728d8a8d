"""Looking at versions, version details and credentials (sections 2 and 3)."""

from collections.abc import Iterator, Sequence
from typing import Any

from partners.connections.models import Connection
from partners.parties import selectors as parties
from roaming.conformance import answers, slashes
from roaming.conformance.probe import Probe
from roaming.conformance.seen import Seen
from roaming.conformance.sheet import Sheet
from roaming.exchange.crawl import origin
from roaming.ocpi.listings import LISTINGS
from roaming.ocpi.modules import known_as
from roaming.ocpi.schema import validation

Roles = set[tuple[str, str]]  # country code and party id, in capitals
Endpoint = dict[str, str]


def look_at_versions(sheet: Sheet, probe: Probe, connection: Connection, first: Seen) -> str | None:
    """Look at `first`, the answer to GET versions; the URL of the details of our version."""
    if not answers.look(sheet, first, a_list=True):
        return None
    answers.unrouted(sheet, first)
    _valid(sheet, "versions_valid", first, "versions")
    urls = [
        entry.get("url")
        for entry in first.items
        if isinstance(entry, dict) and entry.get("version") == connection.version
    ]
    offered = ", ".join(str(entry.get("version")) for entry in first.items if isinstance(entry, dict)) or "none"
    sentence = f"Their list of versions lacks {connection.version}, which we agreed on."
    sheet.says("version_offered", bool(urls), first, sentence, connection.version, offered)
    url = urls[0] if urls else None
    if not isinstance(url, str):
        return None
    _addresses(sheet, first, probe, [url])
    return url


def look_at_details(sheet: Sheet, probe: Probe, connection: Connection, url: str) -> list[Endpoint]:
    """Look at the version details; the endpoints they list. Raises Elsewhere."""
    seen = probe.get(url)
    if not answers.look(sheet, seen, a_list=False):
        return []
    answers.unrouted(sheet, seen)
    _valid(sheet, "details_valid", seen, "version_details")
    version = seen.data.get("version")
    sheet.says(
        "details_version",
        version == connection.version,
        seen,
        "These are the details of another version.",
        connection.version,
        str(version),
    )
    endpoints = _endpoints(seen.data.get("endpoints"), connection.version)
    _look_at_endpoints(sheet, seen, probe, connection, endpoints)
    return endpoints


def look_at_credentials(sheet: Sheet, probe: Probe, connection: Connection, url: str) -> Roles:
    """Look at the credentials they have for us; the parties they name. Raises Elsewhere."""

    def ask(url: str) -> Seen:
        return probe.get(url, token=connection.token_out)

    _, seen = slashes.look(sheet, url, ask, lambda seen: seen.good)
    if not answers.look(sheet, seen, a_list=False):
        return set()
    answers.unrouted(sheet, seen)
    _valid(sheet, "credentials_valid", seen, "credentials")
    same = seen.data.get("token") == connection.token_out
    sentence = "The token in their credentials is not the one that we used for this very request."
    sheet.says(
        "credentials_token", same, seen, sentence, "the token of the request", "the same" if same else "another one"
    )
    roles = _roles(seen.data)
    known = {(party.country_code, party.party_id) for party in parties.hosted(connection)}
    sentence = "Their credentials name other parties than at the registration; they should PUT their credentials."
    sheet.says("credentials_parties", known <= roles, seen, sentence, _codes(known), _codes(roles))
    return roles


def _look_at_endpoints(
    sheet: Sheet, seen: Seen, probe: Probe, connection: Connection, endpoints: Sequence[Endpoint]
) -> None:
    named = [entry["identifier"] for entry in endpoints]
    found = ", ".join(sorted(set(named))) or "none"
    sheet.says(
        "credentials_listed",
        "credentials" in named,
        seen,
        "The module credentials is not listed.",
        "credentials",
        found,
    )
    pairs = [(entry["identifier"], entry["role"]) for entry in endpoints if entry["identifier"] != "credentials"]
    twice = sorted({" ".join(pair).strip() for pair in pairs if pairs.count(pair) > 1})
    sheet.says(
        "endpoints_once", not twice, seen, f"Listed more than once: {', '.join(twice)}.", "each once", ", ".join(twice)
    )
    relative = [entry["url"] for entry in endpoints if origin(entry["url"]) is None]
    sheet.says(
        "endpoints_absolute",
        not relative,
        seen,
        "URLs of endpoints are not absolute.",
        "https://…",
        ", ".join(relative),
    )
    foreign = _addresses(sheet, seen, probe, [entry["url"] for entry in endpoints])
    changed = list(_changed(connection, endpoints, foreign))
    sentence = "Endpoints differ from those of the registration; a PUT of their credentials would tell us."
    sheet.says("endpoints_known", not changed, seen, sentence, "as registered", "; ".join(changed))


def _addresses(sheet: Sheet, seen: Seen, probe: Probe, urls: Sequence[str]) -> list[str]:
    """Those of the absolute `urls` that lie at a host which the registration does not name: nothing is sent there."""
    foreign = [url for url in dict.fromkeys(urls) if origin(url) is not None and not probe.is_theirs(url)]
    told = ", ".join(foreign)
    sentence = f"{told} is at no host of the registration; nothing was sent there. A PUT of their credentials tells us."
    sheet.says("addresses", not foreign, seen, sentence, "a host of the registration", told)
    return foreign


def _changed(connection: Connection, endpoints: Sequence[Endpoint], foreign: Sequence[str]) -> Iterator[str]:
    """Interfaces at another address than registered, and lists of theirs that are gone. What they would take from
    others may well be listed only while they do not know who we are; what lies at `foreign` hosts is noted already."""
    now = {(entry["identifier"], _side(entry, connection.version)): entry["url"] for entry in endpoints}
    roles = {party.role for party in parties.hosted(connection)}
    lists = {listing.module for listing in LISTINGS.values() if listing.owner_roles & roles}
    for entry in connection.endpoints:
        url = now.get((entry["identifier"], _side(entry, connection.version)))
        if url is None and entry["identifier"] in lists and entry["role"] == "SENDER":
            yield f"{entry['identifier']} at {entry['url']} is not listed any more"
        if url is not None and url != entry["url"] and url not in foreign:
            yield f"{entry['identifier']} was {entry['url']} and is {url}"


def _side(entry: Endpoint, version: str) -> str:
    """The role of an interface where it means something: not for credentials (V3), and not in 2.1.1."""
    return "" if version == "2.1.1" or entry["identifier"] == "credentials" else entry["role"]


def _endpoints(listed: Any, version: str) -> list[Endpoint]:
    """What can be read of the list; 2.1.1 knows no roles."""
    found = []
    for entry in listed if isinstance(listed, list) else []:
        if isinstance(entry, dict) and isinstance(entry.get("identifier"), str) and isinstance(entry.get("url"), str):
            role = "" if version == "2.1.1" else str(entry.get("role", ""))
            found.append({"identifier": known_as(entry["identifier"]), "role": role, "url": entry["url"]})
    return found


def _valid(sheet: Sheet, code: str, seen: Seen, kind: str) -> None:
    try:
        validation.validate(sheet.version, kind, seen.data)
    except validation.Invalid as error:
        sheet.says(code, False, seen, f"It is not valid: {error}.", "", "; ".join(map(str, error.violations)))
    else:
        sheet.says(code, True, seen, "")


def _roles(credentials: dict[str, Any]) -> Roles:
    """Their parties; 2.1.1 has one, in the credentials themselves."""
    roles = credentials.get("roles", [credentials])
    return {
        (str(role.get("country_code")).upper(), str(role.get("party_id")).upper())
        for role in (roles if isinstance(roles, list) else [])
        if isinstance(role, dict)
    }


def _codes(roles: Roles) -> str:
    return ", ".join(sorted("*".join(role) for role in roles)) or "none"
