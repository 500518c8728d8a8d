"""What is gone from a partner's whole list is no longer valid (T49): people are told, and tariffs are deleted.

A location is never deleted (L1) and a token only becomes invalid by its owner's word (K2), so for those the finding is
all. Tariffs are deleted (R1), unless the list lost more than half of them at once: then the list is more likely broken.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from partners.connections.models import Connection
from partners.parties.models import Party
from roaming.exchange.intake import Source
from roaming.exchange.models import Met, Pull
from roaming.findings import services as findings
from roaming.findings.models import Severity
from roaming.ocpi.listings import Listing
from roaming.ocpi.models import OcpiObject
from roaming.ocpi.storage import Unknown
from roaming.tariffs import services as tariffs
from roaming.tariffs.models import Tariff
from roaming.tokens import types
from roaming.tokens.models import Token

_NAMED = 20
_CODE = "no_longer_listed"


def note_gone(*, pull: Pull, source: Source, model: type[OcpiObject], at: datetime) -> int:
    """Find the objects of a list's owners that `pull`, which read all of it, did not meet; how many. What changed
    since it began may have been pushed after its page was read."""
    assert pull.started_at is not None
    total = 0
    for party in source.owners.values():
        held = _held(model, party, pull.started_at)
        gone = _not_met(held, party, pull, source.connection.version)
        if gone:
            deleted = model is Tariff and 2 * len(gone) <= held.count()
            if deleted:
                _delete(party, gone, at)
            _tell(source.listing, source.connection, party, gone, deleted, at)
        total += len(gone)
    return total


# Rows of any of the models: only some of them have a type, or are deleted.
Rows = QuerySet[Any]


def _held(model: type[OcpiObject], party: Party, began_at: datetime) -> Rows:
    """What lies here of a party and was not touched since; a deleted tariff is gone already."""
    rows: Rows = model._default_manager.filter(party=party, changed_at__lt=began_at)
    return rows.filter(deleted_at=None) if model is Tariff else rows


def _not_met(held: Rows, party: Party, pull: Pull, version: str) -> list[OcpiObject]:
    """A token is met under the type that their version has for it."""
    rows = held.defer("body").order_by("id")
    if held.model is not Token:
        return list(rows.filter(~Exists(_met(party, pull, ""))))
    kinds = rows.order_by("type").values_list("type", flat=True).distinct()
    found = [row for kind in kinds for row in _tokens_not_met(rows, kind, party, pull, version)]
    return sorted(found, key=lambda row: row.pk)


def _tokens_not_met(rows: Rows, kind: str, party: Party, pull: Pull, version: str) -> Rows:
    return rows.filter(~Exists(_met(party, pull, types.told(version, kind))), type=kind)


def _met(party: Party, pull: Pull, type_: str) -> QuerySet[Met]:
    """For Exists, below a query of objects: their marks, and those of broken ones of that id."""
    marks = Met.objects.filter(pull=pull, ocpi_id_upper=OuterRef("ocpi_id_upper"))
    return marks.filter(Q(owner=party.code, type=type_) | Q(owner=""))


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
    findings.record_once(
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
