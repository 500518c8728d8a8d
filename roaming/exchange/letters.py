"""From a push to the request that its partner gets: the address, the words of its version, and where to look whether it
arrived before."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote

from partners.connections.models import Connection
from roaming.exchange.crawl import same_origin
from roaming.exchange.models import Push, PushState
from roaming.locations import parts
from roaming.ocpi import modules, translation
from roaming.ocpi.client import Letter, OcpiClient
from roaming.ocpi.schema import transforms, wire
from roaming.ocpi.versions import NEWEST_SHAPE

Data = dict[str, Any]


class NoInterface(Exception):
    """The partner has no door for it any more; the text says so."""


@dataclass(frozen=True)
class Dispatch:
    """One push as it goes over the wire. `look` asks whether it arrived in an attempt whose end nobody heard; None
    where that does not matter or cannot be asked."""

    push: Push
    letter: Letter
    look: Letter | None = None


class Writer:
    """Writes the letters of one connection."""

    def __init__(self, ocpi: OcpiClient, connection: Connection) -> None:
        self._ocpi = ocpi
        self._connection = connection

    def dispatch(self, push: Push) -> Dispatch:
        """Raises NoInterface, and transforms.NotExpressible for what the partner's version has no words for."""
        endpoint = self._connection.endpoint(push.module, "RECEIVER")
        if not push.url and not endpoint:
            raise NoInterface(f"{self._connection.name} has no receiver interface for {push.module} any more.")
        body, losses = _spoken(push, self._connection.version)
        letter = self._letter(push, push.method, self._address(push, endpoint or "", body), body, losses)
        looked_at = self._kept_at(push, endpoint or "") if push.begun_at else ""
        look = self._letter(push, "GET", looked_at, None, []) if looked_at else None
        return Dispatch(push, letter, look)

    def _letter(self, push: Push, method: str, url: str, body: str | None, losses: list[transforms.Loss]) -> Letter:
        routed = modules.named(push.module).routed
        return self._ocpi.letter(
            method,
            url,
            body,
            to_party=push.to_party if routed else None,
            from_party=push.from_party if routed else None,
            correlation_id=push.correlation_id,
            push=push,
            losses=losses,
        )

    def _address(self, push: Push, endpoint: str, body: str | None) -> str:
        if push.url or not push.path:
            return push.url or endpoint
        return f"{endpoint.rstrip('/')}/{push.path}{_query(push, body, self._connection.version)}"

    def _kept_at(self, push: Push, endpoint: str) -> str:
        """The URL at which the partner has the object if it has it: the one it gave, or would have given; "" when that
        is not known, or leads to somebody else, who must not see our token."""
        if push.kind == "invoice_reconciliation_record":
            record = _object(push)
            ids = (record["country_code"], record["party_id"], record["id"])
            return "/".join([endpoint.rstrip("/"), *(quote(part, safe="") for part in ids)])
        found = push.kept_at or self._where_cdrs_are(push)
        return found if found and same_origin(found, endpoint) else ""

    def _where_cdrs_are(self, push: Push) -> str:
        place = self._place_of_cdrs
        return place(str(_object(push)["id"])) if place and push.kind == "cdr" else ""

    @cached_property
    def _place_of_cdrs(self) -> Callable[[str], str] | None:
        """How they make the URL of a CDR of its id, as far as the last one that they gave a URL for shows it."""
        given = Push.objects.filter(connection=self._connection, kind="cdr", state=PushState.DELIVERED)
        newest = given.exclude(kept_at="").order_by("-id").first()
        if newest is None:
            return None
        cdr_id = str(_object(newest)["id"])
        before, _, last = newest.kept_at.rpartition("/")
        if unquote(last).upper() != cdr_id.upper():
            return None
        return lambda other: f"{before}/{quote(other, safe='')}"


def _object(push: Push) -> Data:
    value = wire.decode(push.body.encode())
    assert isinstance(value, dict)
    return value


def _spoken(push: Push, version: str) -> tuple[str | None, list[transforms.Loss]]:
    """The body in the partner's version (None for a push without one), and what that version cannot say. The status of
    an EVSE is said alike in all of them."""
    if not push.body or version == NEWEST_SHAPE or push.method == "PATCH":
        return push.body or None, []
    value = _object(push)
    try:
        told, losses = translation.told(version, push.kind, value)
    except transforms.NotExpressible:
        public = _last_public(push)
        if public is None:
            raise
        told, losses = translation.told(version, push.kind, parts.withdrawn(public, value["last_updated"]))
    return wire.encode_text(told), losses


def _last_public(push: Push) -> Data | None:
    """The location that the platform still shows to everybody, as it was told last; None when there is no such thing.
    OCPI 2.1.1 has no words for one that became private (L5), but for EVSEs that are gone (L1)."""
    told = Push.objects.filter(connection=push.connection_id, object_key=push.object_key, state=PushState.DELIVERED)
    newest = told.order_by("-id").first() if push.kind == "location" else None
    value = _object(newest) if newest else {}
    return value if value.get("publish") else None


def _query(push: Push, body: str | None, version: str) -> str:
    """The type of a token belongs to its address as their version calls it; in OCPI 2.1.1 there is none (K1)."""
    if push.kind != "token" or body is None or version == "2.1.1":
        return ""
    token = wire.decode(body.encode())
    assert isinstance(token, dict)
    return f"?type={quote(str(token['type']), safe='')}"
