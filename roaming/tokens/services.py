"""The only writers of tokens. A token is identified by uid and type together (K1)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from partners import routing
from partners.parties.models import Party
from roaming.findings import services as findings
from roaming.findings.models import Severity
from roaming.ocpi import storage
from roaming.ocpi.schema.values import parse_time
from roaming.ocpi.storage import Item, Stored
from roaming.tokens import selectors
from roaming.tokens.models import ASKED_ONLY, Token


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
def put_many(*, party: Party, found: Sequence[dict[str, Any]], at: datetime) -> list[Stored[Token]]:
    """Create or replace many tokens of `party`, no two of one uid and type, all or none, in few statements."""
    items = [Item(data["uid"], data, _columns(data), {"type": data["type"]}) for data in found]
    stored = storage.put_objects(Token, party=party, items=items, at=at)
    changed = [one.row for one in stored if one.changed and one.row.type != ASKED_ONLY]
    receivers = routing.receivers_of(party, at=at)
    storage.announce_many(
        changed, owner=party, receivers=receivers, module="tokens", kind="token", at=at, type_of=lambda row: row.type
    )
    return stored


@transaction.atomic
def patch(*, party: Party, token_uid: str, token_type: str, data: dict[str, Any], at: datetime) -> Stored[Token]:
    """Change the named fields, for example `valid` (K2). Raises Unknown and Invalid (T63)."""
    row = storage.lock(Token, party=party, ocpi_id=token_uid, type=token_type)
    stored = storage.patch_object(row, kind="token", patch=data, columns=_columns, at=at)
    if stored.changed:
        _announce(row, at)
    return stored


def note_contract_of_several(*, party: Party, token: dict[str, Any], what: str, at: datetime) -> None:
    """A session or CDR (`what`) of `party`, whose platform names contracts only, has a CdrToken of a contract that
    several eMSPs issued; it was given to none of them, and a person has to know."""
    if token["type"] != "OTHER" or token["uid"] != token["contract_id"]:
        return
    rows = selectors.of_contract(party.connection, token["contract_id"])
    issuers = sorted({row.party.code for row in rows})
    if len(issuers) < 2:
        return
    findings.record_once(
        code="contract_of_several_emsps",
        severity=Severity.ERROR,
        title="Contract of several eMSPs",
        sentence=f"{what} of {party.code} names contract “{token['contract_id']}”; {' and '.join(issuers)} have "
        "tokens of it. None of them was given it: choose the party that we are for this connection.",
        expected="a contract of one eMSP",
        actual=", ".join(issuers),
        connection=party.connection,
        subject=what,
        at=at,
    )


def _announce(row: Token, at: datetime) -> None:
    if row.type == ASKED_ONLY:
        return
    receivers = routing.receivers_of(row.party, at=at)
    storage.announce(row, receivers=receivers, module="tokens", kind="token", type=row.type, at=at)


def _columns(data: dict[str, Any]) -> dict[str, Any]:
    return {
        "contract_id": data["contract_id"],
        "valid": data["valid"],
        "whitelist": data["whitelist"],
        "last_updated": parse_time(data["last_updated"]),
    }
