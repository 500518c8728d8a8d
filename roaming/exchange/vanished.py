"""What is gone from a partner's whole list is no longer valid (T49): people are told, and tariffs are deleted.

A location is never deleted (L1) and a token only becomes invalid by its owner's word (K2), so for those the finding is
all. Tariffs are deleted (R1), unless the list lost more than half of them at once: then the list is more likely broken.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from partners.connections.models import Connection
from partners.parties.models import Party
from roaming.exchange.stores import Data
from roaming.findings import services as findings
from roaming.findings.models import Finding, Severity
from roaming.ocpi.listings import Listing
from roaming.ocpi.models import OcpiObject
from roaming.ocpi.storage import Unknown
from roaming.tariffs import services as tariffs
from roaming.tariffs.models import Tariff
from roaming.tokens import types
from roaming.tokens.models import Token

_NAMED = 20
_CODE = "no_longer_listed"


@dataclass
class Listed:
    """What one reading of a whole list met: (owner, id, type) of the valid objects, and ids of broken ones."""

    listing: Listing
    met: set[tuple[str, str, str]] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)

    def add(self, party: Party, data: Data) -> None:
        type_ = str(data["type"]) if self.listing.kind == "token" else ""
        self.met.add((party.code, str(data[self.listing.key]).upper(), type_))

    def add_broken(self, value: object) -> None:
        """One that is listed, but not valid: it is not gone."""
        if isinstance(value, dict):
            self.broken.add(str(value.get(self.listing.key, "")).upper())

    def lacks(self, party: Party, row: OcpiObject, version: str) -> bool:
        """Whether it is not listed; in that version, which may call the type of a token by another name."""
        type_ = types.told(version, row.type) if isinstance(row, Token) else ""
        return (party.code, row.ocpi_id_upper, type_) not in self.met and row.ocpi_id_upper not in self.broken


def note_gone(
    *, listed: Listed, model: type[OcpiObject], owners: Iterable[Party], connection: Connection, at: datetime
) -> int:
    """Find the objects of `owners` that the list no longer holds; how many. `at` is when the reading began: what
    changed since then may have been pushed after its page was read."""
    total = 0
    for party in owners:
        held = _held(model, party, at)
        gone = [row for row in held if listed.lacks(party, row, connection.version)]
        if gone:
            deleted = model is Tariff and 2 * len(gone) <= len(held)
            if deleted:
                _delete(party, gone, at)
            _tell(listed.listing, connection, party, gone, deleted, at)
        total += len(gone)
    return total


def _held(model: type[OcpiObject], party: Party, at: datetime) -> list[OcpiObject]:
    """What lies here of a party and was not touched since; a deleted tariff is gone already."""
    rows = model._default_manager.filter(party=party, changed_at__lt=at).defer("body").order_by("id")
    return [row for row in rows if not (isinstance(row, Tariff) and row.deleted_at)]


def _delete(party: Party, gone: Iterable[OcpiObject], at: datetime) -> None:
    for row in gone:
        try:
            tariffs.delete(party=party, tariff_id=row.ocpi_id, at=at)
        except Unknown:  # its owner was faster
            continue


def _tell(
    listing: Listing, connection: Connection, party: Party, gone: list[OcpiObject], deleted: bool, at: datetime
) -> None:
    """Once for the same objects: they are gone from the next reading too."""
    ids = ", ".join(row.ocpi_id for row in gone[:_NAMED])
    more = f" and {len(gone) - _NAMED} more" if len(gone) > _NAMED else ""
    sentence = f"{connection.name} no longer lists {len(gone)} of the {listing.name} of {party.code} that we hold: "
    sentence += f"{ids}{more}. {_consequence(listing, deleted)}"
    if Finding.objects.filter(code=_CODE, connection=connection, sentence=sentence).exists():
        return
    findings.record(
        code=_CODE,
        severity=Severity.NOTE,
        title="Objects are gone from a partner's list",
        sentence=sentence,
        connection=connection,
        subject=f"{listing.name} {party.code}",
        at=at,
    )


def _consequence(listing: Listing, deleted: bool) -> str:
    if deleted:
        return "They count as deleted."
    if listing.name == "tariffs":
        return "That is more than half of them, so nothing was deleted; ask whether their list is complete."
    return "They stay here as they are; ask whether they are still valid."
