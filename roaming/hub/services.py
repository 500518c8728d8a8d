"""The only writers of client infos: what we hear from hubs, and what we tell as the hub that we are."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, Q

from partners import routing
from partners.connections.models import Connection
from partners.parties import selectors as parties
from partners.parties import services as party_services
from partners.parties.models import ConnectionStatus, Party
from partners.routing import Receiver
from roaming.exchange import outbox
from roaming.exchange import selectors as exchange
from roaming.exchange.models import PushState
from roaming.hub import selectors
from roaming.hub.models import ClientInfo, HubNotice
from roaming.kernel import events, locks
from roaming.ocpi import storage
from roaming.ocpi.schema.values import format_time, parse_time
from roaming.ocpi.storage import Stored

Data = dict[str, Any]

_MODULE = "hubclientinfo"
# Shared by doors that open; held by who tells of a change.
_TELLING = "telling of parties"


class ReachedOtherwise(Exception):
    """A hub speaks of a party that is connected here without it; its word is not needed. The text says so."""


@transaction.atomic
def hear(*, connection: Connection, data: Data, at: datetime) -> Stored[HubNotice]:
    """A hub says whether a party behind it is connected. One that is new to us is behind this hub from now on.

    Nothing is sent to a party that is not connected, and nothing queued (H1); when it is back, it is sent what it
    missed. Raises ReachedOtherwise.
    """
    party = _behind(connection, data)
    columns = {"status": data["status"], "last_updated": parse_time(data["last_updated"])}
    stored = storage.put_object(HubNotice, party=party, ocpi_id=party.role, data=data, columns=columns, at=at)
    status, before = stored.row.status, party.hub_status
    if status != before:
        party_services.note_status(party=party, status=status)
        if status == ConnectionStatus.CONNECTED and before:
            events.publish("party.connected", party=party, at=at)
    return stored


def refresh(*, at: datetime) -> int:
    """Write down whose status is no longer what partners were told, and tell them; how many. While a door opens it is
    left to the next time."""
    changed = _changed()
    heeded = bool(changed) and outbox.anybody_takes(_MODULE)
    return sum(_note_alone(party, at, heeded) for party in changed)


@transaction.atomic(savepoint=False)
def tell_missed(*, connection: Connection, at: datetime) -> None:
    """A door opens for a platform: it is told of everybody it may know, as far as it does not know already."""
    changed = _changed()
    if changed:
        locks.share(_TELLING)
        heeded = outbox.anybody_takes(_MODULE)
        for party in changed:
            _note(party, at, heeded)
    if not outbox.takes(connection, _MODULE):
        return
    locks.share(_TELLING)
    visible = selectors.visible_to_connection(connection, at).annotate(push_key=outbox.key_column(_MODULE))
    told = exchange.pushes_of_row(connection).exclude(state=PushState.DEAD)
    receiver = _somebody_on(connection)
    for info in visible.filter(Q(~Exists(told)) | exchange.knows_older(connection)).select_related("party"):
        _announce(info, receiver, at)


def _changed() -> list[Party]:
    """Those whose status is no longer what was written down."""
    told = dict(ClientInfo.objects.values_list("party_id", "status"))
    return [party for party in selectors.clients() if selectors.status_of(party) != told.get(party.pk)]


def _behind(connection: Connection, data: Data) -> Party:
    code, role = (data["country_code"], data["party_id"]), data["role"]
    known = parties.find(*code, role)
    if known is not None and known.connection_id != connection.pk:
        raise ReachedOtherwise(f"{known.code} is connected here without you; nothing was changed.")
    (party,) = party_services.claim(
        connection=connection, roles=[{"country_code": code[0], "party_id": code[1], "role": role}], behind_hub=True
    )
    return party


@transaction.atomic
def _note_alone(party: Party, at: datetime, heeded: bool) -> bool:
    """False while a door opens: that tells one platform of everybody, and this everybody of one party, so that each
    could wait for the other."""
    if not locks.try_hold(_TELLING):
        return False
    _note(party, at, heeded)
    return True


def _note(party: Party, at: datetime, heeded: bool) -> None:
    """Write it down, and tell those concerned unless there is nobody who wants to know."""
    status = selectors.status_of(party)
    data = {
        "party_id": party.party_id,
        "country_code": party.country_code,
        "role": party.role,
        "status": status,
        "last_updated": format_time(at),
    }
    columns = {"status": status, "last_updated": parse_time(data["last_updated"])}
    stored = storage.put_object(ClientInfo, party=party, ocpi_id=party.role, data=data, columns=columns, at=at)
    if stored.changed and heeded:
        _announce(stored.row, routing.receivers_of_status(party, at=at), at)


def _somebody_on(connection: Connection) -> list[Receiver]:
    """The platform itself is told; the outbox wants a party of it."""
    hosted = parties.hosted(connection).first()
    return [Receiver(connection, hosted)] if hosted is not None else []


def _announce(info: ClientInfo, receivers: Iterable[Receiver], at: datetime) -> None:
    outbox.enqueue(
        receivers=receivers,
        owner=info.party,
        module=_MODULE,
        kind="client_info",
        method="PUT",
        path=outbox.object_path(info.party),
        body=info.body,
        object_key=outbox.object_key(_MODULE, info.party, info.ocpi_id),
        at=at,
    )
