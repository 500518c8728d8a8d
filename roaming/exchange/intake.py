"""One listed object: stored, ignored, or a finding. No object costs the ones behind it (T25)."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import DataError, IntegrityError, transaction

from partners.connections.models import Connection
from partners.parties import selectors as parties
from partners.parties.models import Party
from roaming.cdrs import services as cdrs
from roaming.exchange.crawl import Item
from roaming.exchange.models import Met
from roaming.exchange.stores import STORES, Data, Found
from roaming.findings import services as findings
from roaming.findings.models import Severity
from roaming.ocpi import quirks, translation
from roaming.ocpi.listings import Listing
from roaming.ocpi.schema import validation
from roaming.ocpi.schema.values import parse_time

logger = logging.getLogger(__name__)

_LONGEST_ID = Met._meta.get_field("ocpi_id_upper").max_length or 0


@dataclass(frozen=True)
class Source:
    """One list of one partner. `owners` are the parties whose objects it may hold, by code; `since`: what did not
    change from then on was not asked for."""

    connection: Connection
    listing: Listing
    owners: dict[str, Party]
    since: datetime | None

    @classmethod
    def of(cls, connection: Connection, listing: Listing, since: datetime | None) -> "Source":
        hosted = [party for party in parties.hosted(connection) if party.role in listing.owner_roles]
        return cls(connection, listing, {party.code: party for party in hosted}, since)


@dataclass(frozen=True)
class Taken:
    """What became of an object: `fate` is a column of the reading that counts it. `met` is its mark for those who look
    for what is gone, without its reading; None: it could not be any that is held here."""

    fate: str
    met: Met | None = None


def take(item: Item, source: Source, at: datetime) -> Taken:
    """Store one object of a list, or write down why not. Wants a transaction."""
    if _is_older(item, source):
        return Taken("older")
    try:
        with transaction.atomic():  # what the database refuses is undone alone
            return _kept(item, source, at)
    except (DataError, IntegrityError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        # It is valid, so this is our fault; the rest of the list does not suffer from it.
        logger.exception("One of the %s of %s could not be stored", source.listing.name, source.connection)
        return _broken(item, source, f"{type(error).__name__}: {error}", at)


def _kept(item: Item, source: Source, at: datetime) -> Taken:
    connection, listing = source.connection, source.listing
    met = None
    try:
        data = translation.understood(
            connection.version, listing.kind, item.value, connection=connection, owner=_only_owner(source)
        )
        party = _owner(data, source)
        if party is None:
            return Taken("ignored")
        met = _mark(listing, party, data)
        changed = STORES[listing.name].keep(Found(connection, party, data, item.raw, at))
    except validation.Invalid as error:
        return _broken(item, source, str(error), at)
    except cdrs.ContentDiffers:
        return Taken("broken", met)  # the intake has written its own finding
    return Taken("new" if changed else "known", met)


def _is_older(item: Item, source: Source) -> bool:
    """Whether they list it although it did not change since `date_from`, as some always do."""
    if source.since is None or not quirks.has(source.connection, "ignores_date_from"):
        return False
    try:
        return parse_time(item.value["last_updated"]) < source.since
    except (TypeError, KeyError, ValueError):
        return False


def _owner(data: Data, source: Source) -> Party | None:
    if not source.listing.owned:
        return next(iter(source.owners.values()), None) or parties.hosted(source.connection).first()
    return source.owners.get(f"{data['country_code']}*{data['party_id']}".upper())


def _only_owner(source: Source) -> translation.Owner | None:
    """In 2.1.1 objects belong to the single party of the platform."""
    owners = list(source.owners.values())
    return (owners[0].country_code, owners[0].party_id) if len(owners) == 1 else None


def _mark(listing: Listing, party: Party, data: Data) -> Met:
    type_ = str(data["type"]) if listing.kind == "token" else ""
    return Met(owner=party.code, ocpi_id_upper=str(data[listing.key]).upper(), type=type_)


def _broken(item: Item, source: Source, why: str, at: datetime) -> Taken:
    """It is listed, so it is not gone, whosever it is."""
    value = item.value if isinstance(item.value, dict) else {}
    listing, connection = source.listing, source.connection
    findings.record_once(
        code="broken_object",
        severity=Severity.ERROR,
        title="A listed object could not be stored",
        sentence=f"{connection.name} lists an object that could not be stored: {why}",
        connection=connection,
        subject=f"{listing.name} {value.get(listing.key, '?')}",
        at=at,
    )
    ocpi_id = str(value.get(listing.key, "")).upper()
    possible = 0 < len(ocpi_id) <= _LONGEST_ID and "\0" not in ocpi_id
    return Taken("broken", Met(ocpi_id_upper=ocpi_id) if possible else None)
