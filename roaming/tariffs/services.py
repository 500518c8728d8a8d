"""The only writers of tariffs and of their versions."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Subquery, Value, When
from django.db.models.functions import Coalesce, Greatest

from partners import routing
from partners.parties.models import Party
from roaming.ocpi import storage
from roaming.ocpi.schema.values import parse_time
from roaming.ocpi.storage import Stored, Unknown
from roaming.tariffs.models import Tariff, TariffVersion


@transaction.atomic
def put(*, party: Party, tariff_id: str, data: dict[str, Any], at: datetime) -> Stored[Tariff]:
    """Create or replace a tariff of `party`; one that was deleted is there again, unless this is an older state."""
    stored = storage.put_object(Tariff, party=party, ocpi_id=tariff_id, data=data, columns=_columns(data), at=at)
    if stored.changed:
        _published(stored.row, at)
        _announce(stored.row, "PUT", at)
    return stored


@transaction.atomic
def patch(*, party: Party, tariff_id: str, data: dict[str, Any], at: datetime) -> Stored[Tariff]:
    """Change the named fields, as OCPI 2.1.1 may. Raises Unknown, also for a deleted one, and Invalid (T63)."""
    row = _present(party, tariff_id)
    stored = storage.patch_object(row, kind="tariff", patch=data, columns=_columns, at=at)
    if stored.changed:
        _published(row, at)
        _announce(row, "PUT", at)
    return stored


@transaction.atomic
def delete(*, party: Party, tariff_id: str, at: datetime) -> Tariff:
    """Take a tariff away from everybody (R1); the row stays to explain CDRs. Raises Unknown, also the second time."""
    row = _present(party, tariff_id)
    row.deleted_at = row.changed_at = at
    row.save(update_fields=["deleted_at", "changed_at"])
    _add_version(row, body="", valid_from=at, at=at)
    _announce(row, "DELETE", at)
    return row


def _present(party: Party, tariff_id: str) -> Tariff:
    row = storage.lock(Tariff, party=party, ocpi_id=tariff_id)
    if row.deleted_at is not None:
        raise Unknown(f"{party.code} has deleted its tariff “{tariff_id}”.")
    return row


def _published(row: Tariff, at: datetime) -> None:
    """A new version. It holds from its own last_updated on, but nothing holds before it was there to be known: neither
    from a time to come, nor while the tariff was deleted (decision 0012)."""
    _add_version(row, body=row.body, valid_from=min(row.last_updated, at), at=at)


def _add_version(row: Tariff, *, body: str, valid_from: datetime, at: datetime) -> None:
    """One INSERT, which looks itself what it follows; the lock on the row keeps two from following the same."""
    last = TariffVersion.objects.filter(tariff=row).order_by("-number")
    put_again = When(body="", valid_from__gt=valid_from, then=Greatest("valid_from", Value(at)))
    earliest = last.annotate(earliest=Case(put_again, default=F("valid_from"))).values("earliest")[:1]
    TariffVersion.objects.create(
        tariff=row,
        number=Coalesce(Subquery(last.values("number")[:1]), 0) + 1,
        body=body,
        valid_from=Greatest(Value(valid_from), Subquery(earliest)),
        accepted_at=at,
    )


def _announce(row: Tariff, method: str, at: datetime) -> None:
    receivers = routing.receivers_of(row.party, at=at)
    storage.announce(row, receivers=receivers, module="tariffs", kind="tariff", method=method, at=at)


def _columns(data: dict[str, Any]) -> dict[str, Any]:
    return {
        "currency": data["currency"],
        "type": data.get("type") or "",
        "starts_at": parse_time(data["start_date_time"]) if data.get("start_date_time") else None,
        "ends_at": parse_time(data["end_date_time"]) if data.get("end_date_time") else None,
        "deleted_at": None,
        "last_updated": parse_time(data["last_updated"]),
    }
