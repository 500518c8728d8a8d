"""What a partner must know when a door opens: all present objects that an agreement or a registration made visible, and
what it missed of sessions and CDRs."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from itertools import islice
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, Q, QuerySet

from partners import routing
from partners.agreements import selectors as agreements
from partners.agreements import services as agreement_services
from partners.agreements.models import Agreement
from partners.connections.models import Connection
from partners.parties.models import Party, PartyRole
from partners.routing import Receiver
from roaming.bookings import services as bookings
from roaming.cdrs import selectors as cdrs
from roaming.cdrs.models import Cdr
from roaming.exchange import outbox, pulls
from roaming.exchange import selectors as exchange
from roaming.exchange.models import Cause, Push, PushState, SecondLook
from roaming.exchange.outbox import Change
from roaming.hub import services as hub
from roaming.invoice_records import services as invoice_records
from roaming.kernel import events
from roaming.locations.models import Location
from roaming.ocpi.models import OcpiObject
from roaming.sessions import selectors as sessions
from roaming.sessions import services as session_services
from roaming.sessions.models import Session
from roaming.tariffs.models import Tariff
from roaming.terminals import services as terminals
from roaming.tokens.models import ASKED_ONLY, Token

M = TypeVar("M", bound=OcpiObject)
_CHUNK = 500
# How far back it is worth telling what was missed; older CDRs can be crawled.
RECENT = timedelta(days=90)
# They registered with us, and have to hear our answer before they know the token that we would ask them with.
_SETTLE = timedelta(seconds=3)
OVER = ("COMPLETED", "INVALID")


def subscribe() -> None:
    """Hear of agreements and registrations."""
    events.subscribe("agreement.activated", agreement_activated)
    events.subscribe("connection.registered", connection_registered)
    events.subscribe("party.connected", party_connected)


def agreement_activated(*, agreement: Agreement, at: datetime) -> None:
    """One that starts on a later day is left to the sweep of that day."""
    if agreements.covers(agreement, at):
        open_agreement(agreement=agreement, at=at)


@transaction.atomic
def open_agreement(*, agreement: Agreement, at: datetime) -> None:
    """Each side is sent what the other owns, and the eMSP what is found to be of its drivers, and what each side lists
    is read; once, however often and by whomever it is asked."""
    if not agreement_services.mark_opened(agreement=agreement, at=at):
        return
    for owner, other in ((agreement.cpo, agreement.emsp), (agreement.emsp, agreement.cpo)):
        for receiver in routing.receivers_of(owner, on=other.connection, at=at):
            _send_owned(owner, receiver, at)
    session_services.recognize(cpo=agreement.cpo, emsp=agreement.emsp)
    if agreement.emsp.reachable:
        _send_missed(agreement.cpo, agreement.emsp, at)
    for party in (agreement.cpo, agreement.emsp):
        if party.reachable:
            _tell_missed(party.connection, at)
            SecondLook.objects.create(connection=party.connection, agreement=agreement, created_at=at)
        _read_lists(agreement, party, at)


def _read_lists(agreement: Agreement, party: Party, at: datetime) -> None:
    """In full: what they list may be there for us from now on without having changed."""
    since = datetime.combine(agreement.starts_date, time(), ZoneInfo(agreement.time_zone))
    pulls.ask_all(connection=party.connection, roles=[party.role], since=since, full=True, cause=Cause.AGREEMENT, at=at)


def connection_registered(*, connection: Connection, at: datetime) -> None:
    """The platform is sent what it may see and what it missed; what waits for it is due at once; and what it has is
    pulled."""
    waiting = Push.objects.filter(connection=connection, state__in=[PushState.WAITING, PushState.RETRYING])
    waiting.filter(next_attempt_at__gt=at).update(next_attempt_at=at)
    _send_all(connection, at)
    pulls.ask_all(connection=connection, cause=Cause.REGISTRATION, at=at, due_at=at + _SETTLE)


def party_connected(*, party: Party, at: datetime) -> None:
    """A party behind a hub is back: nothing was queued for it meanwhile (H1)."""
    if party.reachable:
        _send_all(party.connection, at)


def _tell_missed(connection: Connection, at: datetime) -> None:
    """The modules that came with later versions know themselves what a platform lacks."""
    for slice_ in (hub, bookings, terminals, invoice_records):
        slice_.tell_missed(connection=connection, at=at)


def _send_all(connection: Connection, at: datetime) -> None:
    """A platform that nobody is joined to, as most are that register for the first time, hears of our own parties."""
    if routing.joined_to(connection).exists():
        _send_objects(connection, at)
        _tell_missed(connection, at)
    else:
        hub.tell_missed(connection=connection, at=at)
    SecondLook.objects.create(connection=connection, created_at=at)  # perhaps somebody is being joined to it right now
    outbox.hurry(connection.pk)


def _send_objects(connection: Connection, at: datetime) -> None:
    for owner, receiver in owners_opened_to(connection, at):
        _send_owned(owner, receiver, at)
    for cpo, emsp in routing.pairs_of(connection, at=at):
        if emsp.reachable:
            _send_missed(cpo, emsp, at)


def owners_opened_to(connection: Connection, at: datetime) -> Iterator[tuple[Party, Receiver]]:
    """Whoever owns something alone that the platform is sent, and the party of it that it is for."""
    for role in (PartyRole.CPO, PartyRole.EMSP):
        for owner in routing.owners_visible_to(connection, role=role, at=at):
            for receiver in routing.receivers_of(owner, on=connection, at=at):
                yield owner, receiver


def _send_owned(owner: Party, receiver: Receiver, at: datetime) -> None:
    """All objects that `owner` owns alone. Tariffs come before the locations that refer to them."""
    if owner.role == PartyRole.CPO:
        if owned(Tariff, owner).exists():
            _send("tariffs", owned(Tariff, owner).filter(deleted_at=None), owner, receiver, at)
            _send("tariffs", _deleted(owner, receiver.connection, at), owner, receiver, at, method="DELETE")
        _send("locations", owned(Location, owner), owner, receiver, at)
    if owner.role == PartyRole.EMSP:
        _send("tokens", sent_tokens(owner), owner, receiver, at)


def owned(model: type[M], owner: Party) -> QuerySet[M]:
    """All objects of the owner, oldest first."""
    return model._default_manager.filter(party=owner).order_by("id")


def sent_tokens(owner: Party) -> QuerySet[Token]:
    """Those of its tokens that are sent to anybody."""
    return owned(Token, owner).exclude(type=ASKED_ONLY)


def _deleted(owner: Party, connection: Connection, at: datetime) -> QuerySet[Tariff]:
    """Tariffs the platform was told of that are gone."""
    gone = owned(Tariff, owner).filter(deleted_at__gte=at - RECENT)
    return gone.annotate(push_key=outbox.key_column("tariffs")).filter(exchange.knows_older(connection))


def _send_missed(cpo: Party, emsp: Party, at: datetime) -> None:
    """Sessions and CDRs between the two that the eMSP's platform may read and does not have."""
    connection, pair = emsp.connection, {"party": cpo, "emsp": emsp}
    receiver = Receiver(connection, emsp)
    if Session.objects.filter(**pair).exists():
        _send("sessions", _missed_sessions(connection, at).filter(**pair), cpo, receiver, at)
    if Cdr.objects.filter(**pair).exists():
        _send("cdrs", _missed_cdrs(connection, at).filter(**pair), cpo, receiver, at, method="POST")


def _missed_sessions(connection: Connection, at: datetime) -> QuerySet[Session]:
    """Those still going on, and those the platform knows as they were before they changed."""
    visible = sessions.visible_to_connection(connection, at).annotate(push_key=outbox.key_column("sessions"))
    changed = Q(exchange.knows_older(connection), changed_at__gte=at - RECENT)
    return visible.filter(~Q(status__in=OVER) | changed).order_by("id")


def _missed_cdrs(connection: Connection, at: datetime) -> QuerySet[Cdr]:
    """Those accepted lately that were neither delivered nor wait. One that was refused is tried once more."""
    visible = cdrs.visible_to_connection(connection, at).annotate(push_key=outbox.key_column("cdrs"))
    sent = exchange.pushes_of_row(connection).exclude(state=PushState.DEAD)
    return visible.filter(~Exists(sent), state_at__gte=at - RECENT).order_by("id")


def _send(
    module: str, rows: QuerySet[M], owner: Party, receiver: Receiver, at: datetime, *, method: str = "PUT"
) -> None:
    if not outbox.takes(receiver.connection, module):
        return
    changes = (change(module, row, owner, method) for row in rows.iterator(_CHUNK))
    while batch := list(islice(changes, _CHUNK)):
        outbox.enqueue_many(receivers=[receiver], owner=owner, changes=batch, at=at)


def change(module: str, row: OcpiObject, owner: Party, method: str) -> Change:
    """The row's present state, or its deletion; a CDR is POSTed to the collection."""
    type_ = row.type if isinstance(row, Token) else ""
    return Change(
        module=module,
        kind=module.removesuffix("s"),
        method=method,
        path="" if method == "POST" else outbox.object_path(owner, row.ocpi_id),
        body="" if method == "DELETE" else row.body,
        key=outbox.object_key(module, owner, row.ocpi_id, *([type_] if type_ else [])),
    )
