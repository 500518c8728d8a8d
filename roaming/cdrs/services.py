"""The only writers of CDRs: one intake for push, pull and import, and the moves of their state."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from partners import routing
from partners.agreements.models import Agreement
from partners.connections.models import Connection
from partners.parties import selectors as parties
from partners.parties.models import Party, PartyRole
from roaming.cdrs import links, selectors
from roaming.cdrs.models import MOVES, Cdr, CdrState
from roaming.exchange import outbox
from roaming.findings import services as findings
from roaming.findings.models import Finding, Severity
from roaming.kernel import events, states
from roaming.ocpi import storage
from roaming.ocpi.lateness import late_by
from roaming.ocpi.schema import transforms, wire
from roaming.ocpi.schema.values import parse_time
from roaming.tokens import services as tokens

Data = dict[str, Any]

# What may differ between two deliveries of the same CDR.
_NOT_CONTENT = frozenset({"last_updated"})


class ContentDiffers(Exception):
    """A CDR with this id is stored already and says something else. The text names it and what differs."""


@dataclass(frozen=True)
class Received:
    cdr: Cdr
    created: bool


def receive(
    *,
    party: Party,
    raw: bytes,
    version: str,
    data: Data,
    connection: Connection | None,
    via: str,
    at: datetime,
) -> Received:
    """Take in a valid CDR of `party`, by any way: `raw` as received in `version`, `data` in the newest shape.

    The same content again is the same CDR (D1), also in another version; of two at once one is stored. Other content
    under a stored id raises ContentDiffers, and a Finding is kept of it.
    """
    digest = content_sha256(data)
    with transaction.atomic():
        cdr, created = _take(
            party=party,
            data=data,
            at=at,
            raw=raw,
            raw_version=version,
            content_sha256=digest,
            connection=connection,
            via=via,
        )
        if created:
            links.stored(cdr)
            events.publish("cdr.received", cdr=cdr)
            if version == "2.1.1":
                what = f"CDR “{cdr.ocpi_id}”"
                tokens.note_contract_of_several(party=party, token=data["cdr_token"], what=what, at=at)
    if cdr.content_sha256 != digest and not _says_the_same(cdr, raw, data, version):
        raise _refused(cdr, data, connection, at)
    return Received(cdr, created)


def move(*, cdr: Cdr, to: str, reason: str, at: datetime, agreement: Agreement | None = None) -> Cdr:
    """Change the state of a CDR, with the sentence why. Raises CannotMove when the table or somebody else forbids it.
    One that is held again for another reason is held since it first was.

    Accepting it the first time announces it to the eMSP. `agreement` is kept with the CDR when given.
    """
    known_to_emsp = selectors.was_accepted(cdr)
    stamps: dict[str, Any] = {"state_reason": reason}
    if cdr.state != to:
        stamps["state_at"] = at
    if agreement is not None:
        stamps["agreement"] = agreement
    with transaction.atomic():
        states.move(cdr, to=to, moves=MOVES, **stamps)
        if to == CdrState.ACCEPTED and not known_to_emsp:
            _announce(cdr, at)
    return cdr


def put_under(*, cdr: Cdr, agreement: Agreement) -> None:
    """Settle an accepted CDR under another agreement than the one that it was accepted under."""
    Cdr.objects.filter(pk=cdr.pk, state=CdrState.ACCEPTED).update(agreement=agreement)
    cdr.agreement = agreement


def move_all(*, cdr_ids: Collection[int], to: str, reason: str, at: datetime) -> int:
    """Move many CDRs in one compare-and-set statement; how many were in a state that allows it. Not for accepting."""
    if to == CdrState.ACCEPTED:
        raise ValueError("Accepting announces a CDR to its eMSP; move() does that one by one.")
    allowed = [state for state, targets in MOVES.items() if to in targets]
    found = Cdr.objects.filter(pk__in=cdr_ids, state__in=allowed)
    return found.update(state=to, state_at=at, state_reason=reason)


def recognize_emsp(*, cdr: Cdr) -> Party | None:
    """The eMSP whose token charged. A CDR that came before its eMSP was known here is given it now."""
    if cdr.emsp is None:
        cdr.emsp = parties.find(*parties.parse(cdr.emsp_code), PartyRole.EMSP)
        if cdr.emsp is not None:
            cdr.save(update_fields=["emsp"])
    return cdr.emsp


def content_sha256(data: Data) -> str:
    """What two deliveries of the same CDR have in common: decoded values, `last_updated` aside."""
    return hashlib.sha256(wire.canonical(data, ignore=_NOT_CONTENT)).hexdigest()


def _says_the_same(cdr: Cdr, raw: bytes, data: Data, version: str) -> bool:
    """Whether its sender says what it said before, although the newest shape differs: OCPI 2.1.1 names a contract,
    whose token is looked up when a CDR comes. After a move to another version, all that the older one can say is
    compared."""
    if cdr.raw_version == version:
        before, now = _object(bytes(cdr.raw)), _object(raw)
    else:
        older = min(cdr.raw_version, version)
        try:
            before, now = (transforms.downgrade(older, "cdr", value)[0] for value in (cdr.data, data))
        except transforms.NotExpressible:
            return False
    return wire.canonical(before, ignore=_NOT_CONTENT) == wire.canonical(now, ignore=_NOT_CONTENT)


def _object(raw: bytes) -> Data:
    value = wire.decode(raw)
    assert isinstance(value, dict)
    return value


def _take(*, party: Party, data: Data, at: datetime, **further: Any) -> tuple[Cdr, bool]:
    """The stored CDR of that id, made when there is none. Reading first keeps retries cheap."""
    known = storage.find(Cdr, party=party, ocpi_id=data["id"])
    if known is not None:
        return known, False
    columns = {**_columns(data), **further, "received_at": at, "state_at": at}
    columns |= {"late_by": late_by(columns["ended_at"], told_at=at), **links.found(party, data["id"], columns)}
    return storage.insert(Cdr, party=party, ocpi_id=data["id"], data=data, columns=columns, at=at)


def _refused(cdr: Cdr, data: Data, connection: Connection | None, at: datetime) -> ContentDiffers:
    fields = ", ".join(_differing(cdr.data, data))
    sentence = f"CDR “{cdr.ocpi_id}” of {cdr.party.code} is stored already with other content; different: {fields}."
    _find_once(cdr, f"{sentence} The stored CDR was not changed.", data, connection, at)
    return ContentDiffers(f"{sentence} A CDR never changes; send a credit CDR and a new one instead.")


def _find_once(cdr: Cdr, sentence: str, data: Data, connection: Connection | None, at: datetime) -> None:
    """One finding however often the same other content is sent, pulled or imported."""
    actual = _price(data)
    if Finding.objects.filter(cdr=cdr, connection=connection, sentence=sentence, actual=actual[:300]).exists():
        return
    findings.record(
        code="cdr_content_differs",
        severity=Severity.ERROR,
        title="CDR sent again with other content",
        sentence=sentence,
        cdr=cdr,
        connection=connection,
        subject=f"cdrs {cdr.ocpi_id}",
        expected=_price(cdr.data),
        actual=actual,
        at=at,
    )


def _differing(stored: Data, sent: Data) -> list[str]:
    names = sorted((stored.keys() | sent.keys()) - _NOT_CONTENT)
    return [
        name for name in names if wire.canonical({name: stored.get(name)}) != wire.canonical({name: sent.get(name)})
    ]


def _price(data: Data) -> str:
    return f"{data['total_cost']['before_taxes']} {data['currency']}, {data['total_energy']} kWh"


def _announce(cdr: Cdr, at: datetime) -> None:
    receivers = routing.receivers_of_pair(cdr.party, cdr.emsp, at=cdr.started_at)
    corrects = cdr.data.get("credit_reference_id")
    outbox.enqueue(
        receivers=receivers,
        owner=cdr.party,
        module="cdrs",
        kind="cdr",
        method="POST",
        path="",
        body=cdr.body,
        object_key=outbox.object_key("cdrs", cdr.party, cdr.ocpi_id),
        follows=outbox.object_key("cdrs", cdr.party, corrects) if corrects else "",
        at=at,
    )


def _columns(data: Data) -> dict[str, Any]:
    token, location = data["cdr_token"], data["cdr_location"]
    return {
        "emsp": parties.find(token["country_code"], token["party_id"], PartyRole.EMSP),
        "emsp_code": f"{token['country_code']}*{token['party_id']}".upper(),
        "started_at": parse_time(data["start_date_time"]),
        "ended_at": parse_time(data["end_date_time"]),
        "session_id": data.get("session_id") or "",
        "authorization_reference": data.get("authorization_reference") or "",
        "token_uid": token["uid"],
        "contract_id": token["contract_id"],
        "location_id": location["id"],
        "evse_id": location["evse_id"],
        "energy_kwh": storage.amount(data["total_energy"]),
        "currency": data["currency"],
        "total_cost": storage.amount(data["total_cost"]["before_taxes"]),
        "credit": bool(data.get("credit")),
        "credit_reference_id": data.get("credit_reference_id") or "",
        "last_updated": parse_time(data["last_updated"]),
    }
