"""The only writers of tokens. A token is identified by uid and type together (K1)."""

from datetime import datetime
from typing import Any

from django.db import transaction

from partners import routing
from partners.parties.models import Party
from roaming.ocpi import storage
from roaming.ocpi.schema import transforms, validation
from roaming.ocpi.schema.values import parse_time
from roaming.ocpi.storage import Stored
from roaming.ocpi.versions import NEWEST_SHAPE
from roaming.tokens.models import Token


@transaction.atomic
def put(*, party: Party, token_uid: str, token_type: str, data: dict[str, Any], at: datetime) -> Stored[Token]:
    """Create or replace a token of `party`."""
    stored = storage.put_object(
        Token, party=party, ocpi_id=token_uid, type=token_type, data=data, columns=_columns(data), at=at
    )
    if stored.changed:
        _announce(stored.row, at)
    return stored


@transaction.atomic
def patch(*, party: Party, token_uid: str, token_type: str, data: dict[str, Any], at: datetime) -> Stored[Token]:
    """Change the named fields, for example `valid` (K2). Raises Unknown and Invalid (T63)."""
    row = storage.lock(Token, party=party, ocpi_id=token_uid, type=token_type)
    if not storage.is_newer(row, parse_time(data["last_updated"])):
        return Stored(row, created=False, changed=False)
    merged = transforms.merge_patch("token", row.data, data)
    validation.validate(NEWEST_SHAPE, "token", merged)
    changed = storage.replace(row, data=merged, columns=_columns(merged), at=at)
    if changed:
        _announce(row, at)
    return Stored(row, created=False, changed=changed)


def _announce(row: Token, at: datetime) -> None:
    receivers = routing.receivers_of(row.party, at=at)
    storage.announce(row, receivers=receivers, module="tokens", kind="token", type=row.type, at=at)


def _columns(data: dict[str, Any]) -> dict[str, Any]:
    return {
        "contract_id": data["contract_id"],
        "valid": data["valid"],
        "whitelist": data["whitelist"],
        "last_updated": parse_time(data["last_updated"]),
    }
