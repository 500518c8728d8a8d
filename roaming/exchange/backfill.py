"""What a partner must know when a door opens: all present objects that an agreement or a registration made visible."""

from collections.abc import Iterator
from datetime import datetime

from celery import current_app
from django.db import transaction

from partners import routing
from partners.agreements.models import Agreement
from partners.connections.models import Connection
from partners.parties.models import Party, PartyRole
from partners.routing import Receiver
from roaming.exchange import outbox
from roaming.exchange.models import Push, PushState
from roaming.exchange.outbox import Change
from roaming.kernel import events
from roaming.locations.models import Location
from roaming.tariffs.models import Tariff
from roaming.tokens.models import Token

_CHUNK = 500


def subscribe() -> None:
    """Hear of agreements and registrations."""
    events.subscribe("agreement.activated", agreement_activated)
    events.subscribe("connection.registered", connection_registered)


def agreement_activated(*, agreement: Agreement, at: datetime) -> None:
    """Each side is sent what the other owns."""
    for owner, other in ((agreement.cpo, agreement.emsp), (agreement.emsp, agreement.cpo)):
        for receiver in routing.receivers_of(owner, at=at):
            if receiver.connection.pk == other.connection_id:
                _send_all(owner, receiver, at)


def connection_registered(*, connection: Connection, at: datetime) -> None:
    """The platform is sent what it may see, what waits for it is due at once, and what it has is pulled."""
    waiting = Push.objects.filter(connection=connection, state__in=[PushState.WAITING, PushState.RETRYING])
    waiting.update(next_attempt_at=at)
    for role in (PartyRole.CPO, PartyRole.EMSP):
        for owner in routing.owners_visible_to(connection, role=role, at=at):
            for receiver in routing.receivers_of(owner, at=at):
                if receiver.connection.pk == connection.pk:
                    _send_all(owner, receiver, at)
    outbox.hurry(connection)
    connection_id = connection.pk
    transaction.on_commit(
        lambda: current_app.send_task("roaming.exchange.pull_connection", [connection_id], retry=False), robust=True
    )


def _send_all(owner: Party, receiver: Receiver, at: datetime) -> None:
    batch: list[Change] = []
    for change in _owned_by(owner):
        batch.append(change)
        if len(batch) == _CHUNK:
            outbox.enqueue_many(receiver=receiver, owner=owner, changes=batch, at=at)
            batch = []
    outbox.enqueue_many(receiver=receiver, owner=owner, changes=batch, at=at)


def _owned_by(owner: Party) -> Iterator[Change]:
    """Tariffs come before the locations that refer to them."""
    if owner.role == PartyRole.CPO:
        for tariff in Tariff.objects.filter(party=owner, deleted_at=None).order_by("id").iterator(_CHUNK):
            yield _put("tariffs", "tariff", owner, tariff.body, tariff.ocpi_id)
        for location in Location.objects.filter(party=owner).order_by("id").iterator(_CHUNK):
            yield _put("locations", "location", owner, location.body, location.ocpi_id)
    if owner.role == PartyRole.EMSP:
        for token in Token.objects.filter(party=owner).order_by("id").iterator(_CHUNK):
            yield _put("tokens", "token", owner, token.body, token.ocpi_id, token.type)


def _put(module: str, kind: str, owner: Party, body: str, ocpi_id: str, type: str = "") -> Change:
    ids = [ocpi_id, type] if type else [ocpi_id]
    path = outbox.object_path(owner, ocpi_id) + (f"?type={type}" if type else "")
    return Change(module, kind, "PUT", path, body, outbox.object_key(module, owner, *ids))
