"""The three nouns that people keep here: who owns them, what names them, and which service writes them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from partners.parties.models import Party, PartyRole
from partners.people.permissions import Grant
from roaming.locations import parts
from roaming.locations import services as locations
from roaming.locations.models import Location
from roaming.ocpi.models import OcpiObject
from roaming.ocpi.nested import Level
from roaming.own_objects.sheets import locations as location_sheet
from roaming.own_objects.sheets import tariffs as tariff_sheet
from roaming.own_objects.sheets import tokens as token_sheet
from roaming.own_objects.sheets.sheet import Sheet
from roaming.tariffs import services as tariffs
from roaming.tariffs.models import Tariff
from roaming.tokens import services as tokens
from roaming.tokens.models import Token

Data = dict[str, Any]
Identity = tuple[str, ...]  # the id in capitals; of a token its type as well (K1)


@dataclass(frozen=True)
class Kind:
    """`name` is OCPI's, as in "token"; `put` writes many valid objects of a party, no two of one identity."""

    name: str
    module: str
    role: PartyRole
    model: type[OcpiObject]
    key: str
    grant: Grant
    sheet: Sheet
    put: Callable[[Party, Sequence[Data], datetime], object]
    parts: Level | None = None

    def identity(self, data: Data) -> Identity:
        """Of a valid object."""
        return (data[self.key].upper(), data["type"]) if self.name == "token" else (data[self.key].upper(),)

    def identity_of(self, row: OcpiObject) -> Identity:
        return (row.ocpi_id_upper, row.type) if isinstance(row, Token) else (row.ocpi_id_upper,)


def _put_locations(party: Party, found: Sequence[Data], at: datetime) -> None:
    for data in found:
        locations.put(party=party, location_id=data["id"], data=data, at=at)


def _put_tariffs(party: Party, found: Sequence[Data], at: datetime) -> None:
    for data in found:
        tariffs.put(party=party, tariff_id=data["id"], data=data, at=at)


def _put_tokens(party: Party, found: Sequence[Data], at: datetime) -> None:
    tokens.put_many(party=party, found=found, at=at)


LOCATION = Kind(
    "location",
    "locations",
    PartyRole.CPO,
    Location,
    "id",
    Grant.KEEP_OBJECTS,
    location_sheet.SHEET,
    _put_locations,
    parts.EVSES,
)
TARIFF = Kind("tariff", "tariffs", PartyRole.CPO, Tariff, "id", Grant.KEEP_TARIFFS, tariff_sheet.SHEET, _put_tariffs)
TOKEN = Kind("token", "tokens", PartyRole.EMSP, Token, "uid", Grant.KEEP_OBJECTS, token_sheet.SHEET, _put_tokens)
KINDS = {kind.module: kind for kind in (LOCATION, TARIFF, TOKEN)}
