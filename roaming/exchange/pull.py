"""Fetching lists from a partner: the good objects are processed, the broken ones become findings (T25, T48)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from partners.connections.models import Connection
from partners.parties import selectors as parties
from partners.parties.models import Party, PartyRole
from roaming.cdrs import services as cdrs
from roaming.cdrs.models import Via
from roaming.exchange import breaker
from roaming.findings import services as findings
from roaming.findings.models import Finding, Severity
from roaming.kernel import locks
from roaming.kernel.http import Unreachable
from roaming.locations import services as locations
from roaming.ocpi.client import Item, OcpiClient, Refused
from roaming.ocpi.schema import transforms, validation
from roaming.ocpi.schema.values import format_time
from roaming.sessions import services as sessions
from roaming.tariffs import services as tariffs
from roaming.tokens import services as tokens

Data = dict[str, Any]
# Their clock and ours differ, and an object may be stamped before it is listed.
_OVERLAP = timedelta(hours=1)
_BEGINNING = "2010-01-01T00:00:00Z"


class CannotPull(Exception):
    """Nothing was asked; the text says why."""


@dataclass
class Counts:
    """What became of one list. `new` objects were not here, or not so; `ignored` ones belong to nobody they host."""

    new: int = 0
    known: int = 0
    ignored: int = 0
    broken: int = 0
    error: str = ""


@dataclass(frozen=True)
class _Module:
    kind: str
    owner_role: str
    store: Callable[["_Found"], bool]


@dataclass(frozen=True)
class _Found:
    """One valid object of a party they host."""

    connection: Connection
    party: Party
    data: Data
    raw: bytes
    at: datetime = field(repr=False)


def pull(
    *, connection: Connection, modules: Iterable[str] | None = None, since: datetime | None = None, at: datetime
) -> dict[str, Counts]:
    """Read the lists a partner offers (all that fit its parties, or `modules`), changed since `since` (the last pull).

    One list that fails does not stop the others; its `error` says why. Raises CannotPull for a connection that is not
    registered, or that is being pulled right now.
    """
    if not connection.reachable:
        raise CannotPull(f"{connection.name} is not registered; there is nothing to ask it with.")
    with locks.alone(f"pull from connection {connection.pk}") as mine:
        if not mine:
            raise CannotPull(f"{connection.name} is being pulled already.")
        return _pull(connection, modules, since, at)


def _pull(
    connection: Connection, modules: Iterable[str] | None, since: datetime | None, at: datetime
) -> dict[str, Counts]:
    if since is None and connection.last_pulled_at is not None:
        since = connection.last_pulled_at - _OVERLAP
    counts: dict[str, Counts] = {}
    with OcpiClient(connection, at) as ocpi:
        for name in _offered(connection) if modules is None else modules:
            counts[name], welcome = _pull_module(ocpi, connection, name, since, at)
            if not welcome:
                break
    if modules is None and not any(count.error for count in counts.values()):
        Connection.objects.filter(pk=connection.pk).update(last_pulled_at=at)
    return counts


def _offered(connection: Connection) -> list[str]:
    """The modules whose sender interface they list, and for which they host a party that owns the objects."""
    roles = {party.role for party in parties.hosted(connection)}
    return [
        name for name, module in MODULES.items() if module.owner_role in roles and connection.endpoint(name, "SENDER")
    ]


def _pull_module(
    ocpi: OcpiClient, connection: Connection, name: str, since: datetime | None, at: datetime
) -> tuple[Counts, bool]:
    """What became of one list, and False when they asked to be left alone for a while (Retry-After)."""
    module, counts = MODULES[name], Counts()
    url = connection.endpoint(name, "SENDER")
    if url is None:
        counts.error = f"{connection.name} has no sender interface for {name}."
        return counts, True
    owners = {party.code: party for party in parties.hosted(connection, module.owner_role)}
    # A platform with one party may want to be told that it is meant; with several it answers for all of them (T107).
    to_party = next(iter(owners.values())) if len(owners) == 1 else None
    params = {"date_from": format_time(since) if since else _BEGINNING}
    try:
        for item in ocpi.pages(url, params, to_party=to_party, from_party=_asker(module) if to_party else None):
            _take(item, name, connection, owners, counts, at)
    except (Unreachable, Refused) as error:
        counts.error = str(error)
        wait = error.retry_after if isinstance(error, Refused) else None
        if isinstance(error, Unreachable) or wait is not None:
            breaker.failed(connection, at, at_least=wait)
        return counts, wait is None
    breaker.answered(connection)
    return counts, True


def _asker(module: _Module) -> Party | None:
    """The party of ours on whose behalf we ask."""
    opposite = PartyRole.EMSP if module.owner_role == PartyRole.CPO else PartyRole.CPO
    return parties.ours().filter(role=opposite).first()


def _take(
    item: Item, name: str, connection: Connection, owners: dict[str, Party], counts: Counts, at: datetime
) -> None:
    module = MODULES[name]
    try:
        validation.validate(connection.version, module.kind, item.value)
        data = transforms.upgrade(connection.version, module.kind, item.value)
        party = owners.get(f"{data['country_code']}*{data['party_id']}".upper())
        if party is None:
            counts.ignored += 1
        elif module.store(_Found(connection, party, data, item.raw, at)):
            counts.new += 1
        else:
            counts.known += 1
    except validation.Invalid as error:
        counts.broken += 1
        _note_broken(item, name, connection, str(error), at)
    except cdrs.ContentDiffers:
        counts.broken += 1  # the intake has written its own finding


def _note_broken(item: Item, name: str, connection: Connection, why: str, at: datetime) -> None:
    """Once per object and reason: an hourly pull meets the same broken object again and again."""
    value = item.value if isinstance(item.value, dict) else {}
    subject = f"{name} {value.get('id', value.get('uid', '?'))}"[:200]
    sentence = f"{connection.name} lists an object that is not valid and was not stored: {why}"
    if Finding.objects.filter(connection=connection, subject=subject, sentence=sentence).exists():
        return
    findings.record(
        code="broken_object",
        severity=Severity.ERROR,
        title="A listed object is not valid",
        sentence=sentence,
        connection=connection,
        subject=subject,
        at=at,
    )


def _store_location(found: _Found) -> bool:
    stored = locations.put(party=found.party, location_id=found.data["id"], data=found.data, at=found.at)
    return stored.changed


def _store_tariff(found: _Found) -> bool:
    return tariffs.put(party=found.party, tariff_id=found.data["id"], data=found.data, at=found.at).changed


def _store_token(found: _Found) -> bool:
    stored = tokens.put(
        party=found.party, token_uid=found.data["uid"], token_type=found.data["type"], data=found.data, at=found.at
    )
    return stored.changed


def _store_session(found: _Found) -> bool:
    return sessions.put(party=found.party, session_id=found.data["id"], data=found.data, at=found.at).changed


def _store_cdr(found: _Found) -> bool:
    received = cdrs.receive(
        party=found.party,
        raw=found.raw,
        version=found.connection.version,
        data=found.data,
        connection=found.connection,
        via=Via.PULL,
        at=found.at,
    )
    return received.created


# In the order in which they refer to each other.
MODULES = {
    "tariffs": _Module("tariff", PartyRole.CPO, _store_tariff),
    "locations": _Module("location", PartyRole.CPO, _store_location),
    "tokens": _Module("token", PartyRole.EMSP, _store_token),
    "sessions": _Module("session", PartyRole.CPO, _store_session),
    "cdrs": _Module("cdr", PartyRole.CPO, _store_cdr),
}
