"""Where the objects of each pulled list are kept. A new list to pull is one line of `STORES`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from partners.connections.models import Connection
from partners.parties.models import Party
from roaming.bookings import places as booking_places
from roaming.bookings import services as bookings
from roaming.bookings.models import BookingLocation
from roaming.cdrs import services as cdrs
from roaming.cdrs.models import Via
from roaming.hub import services as hub
from roaming.invoice_records import services as invoice_records
from roaming.invoice_records.selectors import issuers
from roaming.locations import services as locations
from roaming.locations.models import Location
from roaming.ocpi.models import OcpiObject
from roaming.sessions import services as sessions
from roaming.tariffs import services as tariffs
from roaming.tariffs.models import Tariff
from roaming.terminals import services as terminals
from roaming.terminals.models import Terminal
from roaming.terminals.selectors import cpo_meant
from roaming.tokens import services as tokens
from roaming.tokens.models import Token
from roaming.tokens.selectors import type_of

Data = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """One valid object of a party they host, in the newest shape, and as they wrote it."""

    connection: Connection
    party: Party
    data: Data
    raw: bytes
    at: datetime = field(repr=False)


@dataclass(frozen=True)
class Store:
    """`keep` stores an object and says whether it was not here, or not so. `model` holds the objects of a whole list,
    so that what is gone from it can be found (T49)."""

    keep: Callable[[Found], bool]
    model: type[OcpiObject] | None = None


def _location(found: Found) -> bool:
    return locations.put(party=found.party, location_id=found.data["id"], data=found.data, at=found.at).changed


def _tariff(found: Found) -> bool:
    return tariffs.put(party=found.party, tariff_id=found.data["id"], data=found.data, at=found.at).changed


def _token(found: Found) -> bool:
    uid, version = found.data["uid"], found.connection.version
    known_as = type_of(found.party, uid, token_type=found.data["type"], version=version)
    data = {**found.data, "type": known_as}
    return tokens.put(party=found.party, token_uid=uid, token_type=known_as, data=data, at=found.at).changed


def _session(found: Found) -> bool:
    session_id, old = found.data["id"], found.connection.version == "2.1.1"
    return sessions.put(party=found.party, session_id=session_id, data=found.data, by_contract=old, at=found.at).changed


def _cdr(found: Found) -> bool:
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


def _booking_location(found: Found) -> bool:
    return booking_places.put(party=found.party, place_id=found.data["id"], data=found.data, at=found.at).changed


def _booking(found: Found) -> bool:
    return bookings.put(party=found.party, booking_id=found.data["id"], data=found.data, at=found.at).changed


def _terminal(found: Found) -> bool:
    cpo = cpo_meant(found.data, found.connection, None, found.at)
    return terminals.put_terminal(provider=found.party, cpo=cpo, data=found.data, at=found.at).changed


def _advice(found: Found) -> bool:
    cpo = cpo_meant(found.data, found.connection, None, found.at)
    return terminals.put_advice(provider=found.party, cpo=cpo, data=found.data, at=found.at).changed


def _client_info(found: Found) -> bool:
    try:
        return hub.hear(connection=found.connection, data=found.data, at=found.at).changed
    except hub.ReachedOtherwise:
        return False


def _invoice_record(found: Found) -> bool:
    owners = issuers(found.connection, found.data["country_code"], found.data["party_id"])
    return invoice_records.keep(owners=owners, data=found.data, at=found.at).changed


# By the name of the list in roaming.ocpi.listings.
STORES = {
    "hubclientinfo": Store(_client_info),
    "tariffs": Store(_tariff, Tariff),
    "locations": Store(_location, Location),
    "tokens": Store(_token, Token),
    "terminals": Store(_terminal, Terminal),
    "booking_locations": Store(_booking_location, BookingLocation),
    "sessions": Store(_session),
    "cdrs": Store(_cdr),
    "bookings": Store(_booking),
    "invoicereconciliation": Store(_invoice_record),
    "financial-advice-confirmations": Store(_advice),
}
