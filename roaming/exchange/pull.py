"""Fetching lists from a partner: the good objects are processed, the broken ones become findings (T25, T48, T49)."""

import logging
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DataError

from partners import routing
from partners.connections.models import Connection
from partners.parties import selectors as parties
from partners.parties.models import Party, PartyRole
from roaming.cdrs import services as cdrs
from roaming.exchange import breaker, vanished
from roaming.exchange.crawl import Crawl, Item
from roaming.exchange.stores import STORES, Found
from roaming.exchange.vanished import Listed
from roaming.findings import services as findings
from roaming.findings.models import Finding, Severity
from roaming.kernel import locks
from roaming.kernel.http import Unreachable
from roaming.ocpi import quirks, translation
from roaming.ocpi.client import OcpiClient, Refused
from roaming.ocpi.listings import LISTINGS, Listing
from roaming.ocpi.schema import validation
from roaming.ocpi.schema.values import format_time, parse_time

# Their clock and ours differ, and an object may be stamped before it is listed.
_OVERLAP = timedelta(hours=1)
_BEGINNING = datetime.fromisoformat("2010-01-01T00:00:00Z")

# What a hub held for some days comes with its old time; lists that grow for ever are read so much further back, daily.
_LATE = timedelta(days=7)

logger = logging.getLogger(__name__)

# The lists that are pulled, in the order in which their objects refer to each other.
MODULES = [name for name in LISTINGS if name in STORES]


class CannotPull(Exception):
    """Nothing was asked; the text says why."""


@dataclass
class Counts:
    """What became of one list. `new` objects were not here, or not so; `ignored` ones belong to nobody they host.

    `older` ones did not change in the time asked about, though listed; `gone` ones are no longer listed.
    """

    new: int = 0
    known: int = 0
    ignored: int = 0
    broken: int = 0
    older: int = 0
    gone: int = 0
    error: str = ""


@dataclass(frozen=True)
class _Reading:
    """One list of one partner being read; `since` None: all of it."""

    connection: Connection
    listing: Listing
    url: str
    owners: dict[str, Party]
    since: datetime | None
    at: datetime


def pull(
    *,
    connection: Connection,
    modules: Iterable[str] | None = None,
    since: datetime | None = None,
    full: bool = False,
    at: datetime,
) -> dict[str, Counts]:
    """Read the lists a partner offers (all that fit its parties, or `modules`), changed since `since` (the last pull).

    `full`, and each day anyway, reads whole lists as they are and finds what is gone from them, and other lists a week
    back. One list that fails
    does not stop the others; its `error` says why. Raises CannotPull for a connection that is not registered, or that
    is being pulled right now.
    """
    if not connection.reachable:
        raise CannotPull(f"{connection.name} is not registered; there is nothing to ask it with.")
    with locks.alone(f"pull from connection {connection.pk}") as mine:
        if not mine:
            raise CannotPull(f"{connection.name} is being pulled already.")
        return _pull(connection, modules, since, full, at)


def _pull(
    connection: Connection, modules: Iterable[str] | None, since: datetime | None, full: bool, at: datetime
) -> dict[str, Counts]:
    usual = modules is None and since is None
    due = connection.next_full_pull_at
    full = full or (usual and (due is None or due <= at))
    since = since or _since_last(connection)
    counts: dict[str, Counts] = {}
    ocpi = OcpiClient(connection, at)
    for name in _offered(connection) if modules is None else modules:
        counts[name], welcome = _pull_list(ocpi, connection, LISTINGS[name], since, full, at)
        if not welcome:
            break
    if modules is None and not any(count.error for count in counts.values()):
        _remember(connection, full, at)
    return counts


def _since_last(connection: Connection) -> datetime:
    """From when on changes may have been missed."""
    if connection.last_pulled_at is None:
        return _BEGINNING
    skew = timedelta(seconds=abs(quirks.seconds(connection, "clock_skew_seconds")))
    return connection.last_pulled_at - _OVERLAP - skew


def _remember(connection: Connection, full: bool, at: datetime) -> None:
    """Whole lists are read again after a while, not by everybody at once (T49)."""
    news = {"last_pulled_at": at}
    if full:
        news["next_full_pull_at"] = at + timedelta(hours=settings.FULL_PULL_HOURS) * random.uniform(0.8, 1.2)
    Connection.objects.filter(pk=connection.pk).update(**news)


def _offered(connection: Connection) -> list[str]:
    """The lists whose sender interface they have, and for which they host a party that owns the objects."""
    roles = {party.role for party in parties.hosted(connection)}
    if routing.is_hub(connection):
        roles.add(PartyRole.HUB)
    return [
        name
        for name in MODULES
        if LISTINGS[name].owner_roles & roles and connection.endpoint(LISTINGS[name].module, "SENDER")
    ]


def _pull_list(
    ocpi: OcpiClient, connection: Connection, listing: Listing, since: datetime, full: bool, at: datetime
) -> tuple[Counts, bool]:
    """What became of one list, and False when they asked to be left alone for a while (Retry-After)."""
    counts = Counts()
    endpoint = connection.endpoint(listing.module, "SENDER")
    if endpoint is None:
        counts.error = f"{connection.name} has no sender interface for {listing.module}."
        return counts, True
    owners = {party.code: party for party in parties.hosted(connection) if party.role in listing.owner_roles}
    if full:
        since = min(since, at - _LATE)
    start = None if full and listing.whole else since
    reading = _Reading(connection, listing, listing.url(endpoint), owners, start, at)
    try:
        _read(ocpi, reading, counts)
    except (Unreachable, Refused) as error:
        counts.error = str(error)
        wait = error.retry_after if isinstance(error, Refused) else None
        if isinstance(error, Unreachable) or wait is not None:
            breaker.failed(connection, at, at_least=wait)
        return counts, wait is None
    breaker.answered(connection)
    return counts, True


def _read(ocpi: OcpiClient, reading: _Reading, counts: Counts) -> None:
    """The list to its end; afterwards, when it is whole, what is gone from it."""
    listed = Listed(reading.listing)
    for item in _crawl(ocpi, reading):
        _take(item, reading, listed, counts)
    model = STORES[reading.listing.name].model
    if reading.since is None and model is not None:
        counts.gone = vanished.note_gone(
            listed=listed, model=model, owners=reading.owners.values(), connection=reading.connection, at=reading.at
        )


def _crawl(ocpi: OcpiClient, reading: _Reading) -> Iterator[Item]:
    params = {"date_from": format_time(reading.since)} if reading.since else {}
    to_party = _addressee(reading) if reading.listing.routed else None
    from_party = _asker(reading.listing) if reading.listing.routed else None
    crawl = Crawl(ocpi, reading.connection, reading.url, params, to_party=to_party, from_party=from_party)
    return crawl.items()


def _addressee(reading: _Reading) -> Party | None:
    """A hub is asked for all it has (T105). A platform with one party may want to be told that it is meant; with
    several it answers for all of them (T107)."""
    hub = parties.hub_of(reading.connection)
    owners = list(reading.owners.values())
    return hub or (owners[0] if len(owners) == 1 else None)


def _asker(listing: Listing) -> Party | None:
    """The party of ours on whose behalf we ask."""
    return parties.ours().filter(role__in=listing.reader_roles).first()


def _take(item: Item, reading: _Reading, listed: Listed, counts: Counts) -> None:
    if _is_older(item, reading):
        counts.older += 1
        return
    connection, listing = reading.connection, reading.listing
    try:
        data = translation.understood(
            connection.version, listing.kind, item.value, connection=connection, owner=_only_owner(reading)
        )
        party = _owner(data, reading)
        if party is None:
            counts.ignored += 1
            return
        listed.add(party, data)
        if STORES[listing.name].keep(Found(connection, party, data, item.raw, reading.at)):
            counts.new += 1
        else:
            counts.known += 1
    except validation.Invalid as error:
        counts.broken += 1
        listed.add_broken(item.value)
        _note_broken(item, listing, connection, str(error), reading.at)
    except cdrs.ContentDiffers:
        counts.broken += 1  # the intake has written its own finding
    except (DataError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        # It is valid, so this is our fault; the rest of the list does not suffer from it.
        logger.exception("One of the %s of %s could not be stored", listing.name, connection)
        counts.broken += 1
        listed.add_broken(item.value)
        _note_broken(item, listing, connection, f"{type(error).__name__}: {error}", reading.at)


def _is_older(item: Item, reading: _Reading) -> bool:
    """Whether they list it although it did not change since `date_from`, as some always do."""
    if reading.since is None or not quirks.has(reading.connection, "ignores_date_from"):
        return False
    try:
        return parse_time(item.value["last_updated"]) < reading.since
    except (TypeError, KeyError, ValueError):
        return False


def _owner(data: dict[str, object], reading: _Reading) -> Party | None:
    if not reading.listing.owned:
        return next(iter(reading.owners.values()), None) or parties.hosted(reading.connection).first()
    return reading.owners.get(f"{data['country_code']}*{data['party_id']}".upper())


def _only_owner(reading: _Reading) -> translation.Owner | None:
    """In 2.1.1 objects belong to the single party of the platform."""
    owners = list(reading.owners.values())
    return (owners[0].country_code, owners[0].party_id) if len(owners) == 1 else None


def _note_broken(item: Item, listing: Listing, connection: Connection, why: str, at: datetime) -> None:
    """Once per object and reason: an hourly pull meets the same broken object again and again."""
    value = item.value if isinstance(item.value, dict) else {}
    subject = f"{listing.name} {value.get(listing.key, '?')}"[:200]
    sentence = f"{connection.name} lists an object that could not be stored: {why}"
    if Finding.objects.filter(connection=connection, subject=subject, sentence=sentence).exists():
        return
    findings.record(
        code="broken_object",
        severity=Severity.ERROR,
        title="A listed object could not be stored",
        sentence=sentence,
        connection=connection,
        subject=subject,
        at=at,
    )
