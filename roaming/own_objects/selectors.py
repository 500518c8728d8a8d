"""Reading what we keep ourselves: for whom, what is stored, what waits to be confirmed, who changed what."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from partners import routing
from partners.parties.models import Party
from partners.people.models import User
from partners.people.permissions import may
from partners.people.selectors import Entry
from roaming.ocpi.models import OcpiObject
from roaming.own_objects.kinds import Identity, Kind
from roaming.own_objects.models import Edit, Upload
from roaming.tariffs.models import Tariff

_AT_ONCE = 5000
# How long a file waits for its confirmation.
WAITS = timedelta(days=1)


def parties_of(user: User, kind: Kind) -> list[Party]:
    """For whom the person may keep objects of that kind here."""
    return routing.kept_by_people(kind.module, kind.role) if may(user, kind.grant) else []


def may_edit(user: User, kind: Kind, row: OcpiObject) -> bool:
    """Whether that very object is the person's to change."""
    return may(user, kind.grant) and routing.is_kept_by_people(row.party, kind.module)


def held(kind: Kind, party: Party, identities: Iterable[Identity]) -> dict[Identity, OcpiObject]:
    """What is stored of these objects, deleted tariffs included."""
    ids = sorted({identity[0] for identity in identities})
    found: dict[Identity, OcpiObject] = {}
    for start in range(0, len(ids), _AT_ONCE):
        rows = kind.model._default_manager.filter(party=party, ocpi_id_upper__in=ids[start : start + _AT_ONCE])
        found |= {kind.identity_of(row): row for row in rows}
    return found


def is_deleted(row: OcpiObject | None) -> bool:
    return isinstance(row, Tariff) and row.deleted_at is not None


def all_of(kind: Kind, party: Party) -> Iterator[dict[str, str]]:
    """Every object of the party that is not deleted, as rows of a file."""
    objects: QuerySet[Any] = kind.model._default_manager.filter(party=party).order_by("id")
    for row in objects.iterator(500):
        if not is_deleted(row):
            yield from kind.sheet.rows(row.data)


def waiting(user: User, kind: Kind, at: datetime) -> QuerySet[Upload]:
    """Files of that kind that wait for a person, newest first, without their text."""
    found = Upload.objects.filter(module=kind.module, uploaded_at__gt=at - WAITS, stored_at=None)
    return (found if may(user, kind.grant) else found.none()).select_related("by", "party").defer("text")


def uploads(user: User, kind: Kind, at: datetime) -> QuerySet[Upload]:
    """The same with those that were stored."""
    found = Upload.objects.filter(module=kind.module, uploaded_at__gt=at - WAITS)
    return (found if may(user, kind.grant) else found.none()).select_related("by", "party__connection")


def subject(identity: Identity) -> str:
    """How an edit names its object."""
    return " ".join(identity)


def trail_of(kind: Kind, row: OcpiObject) -> list[Entry]:
    """What people did with one of our own objects, newest first."""
    edits = Edit.objects.filter(party=row.party, module=kind.module, subject=subject(kind.identity_of(row)))
    return [_entry(edit) for edit in edits.select_related("by")[:50]]


def _entry(edit: Edit) -> Entry:
    who = edit.by.name if edit.by else "the command line"
    return Entry(edit.at, who, f"{edit.what} it", f"from {edit.source}" if edit.source else "", edit.changes)
