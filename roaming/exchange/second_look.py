"""What was being written while a door was opened: a second look, once the writers of that moment are done.

The backfill sees what is committed, and a writer asks who must be told of its change before the door is open: what is
written meanwhile falls between the two, be it an object or a newer state of one. Nobody waits for anybody here. The
door leaves a row with its own change (`SecondLook`); the sweep notes on it which transactions are under way when it
first sees the row, and once the last of them has ended, all that they wrote is there to be seen. A writer has a number
by the time it asks who must be told, for it writes its object first (`roaming.ocpi.storage`); who asks later sees the
open door. A transaction that writes for long, anywhere on the same database server, delays second looks and nothing
else.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import BigIntegerField, Exists, F, Func, Q, QuerySet

from partners import routing
from partners.agreements.models import Agreement
from partners.connections.models import Connection
from partners.parties.models import Party, PartyRole
from partners.routing import Receiver
from roaming.cdrs import selectors as cdrs
from roaming.cdrs.models import Cdr
from roaming.exchange import backfill, outbox
from roaming.exchange import selectors as exchange
from roaming.exchange.models import Push, PushState, SecondLook
from roaming.exchange.outbox import Change
from roaming.locations import parts
from roaming.locations.models import Location
from roaming.ocpi import order
from roaming.ocpi.models import OcpiObject
from roaming.ocpi.schema import wire
from roaming.sessions import selectors as sessions
from roaming.tariffs.models import Tariff

M = TypeVar("M", bound=OcpiObject)
Data = dict[str, Any]
_CHUNK = 500
# This transaction's own number, the highest so far; not pg_snapshot_xmax, which is not above those under way.
_NEWEST = Func(template="pg_current_xact_id()::text::bigint", output_field=BigIntegerField())
_OLDEST_UNDER_WAY = Func(
    template="pg_snapshot_xmin(pg_current_snapshot())::text::bigint", output_field=BigIntegerField()
)
_GOT = (PushState.WAITING, PushState.RETRYING, PushState.DELIVERED)


def look_due(*, at: datetime) -> int:
    """Send every platform that a door was opened for what was being written then; how many were looked after."""
    SecondLook.objects.filter(after=None).update(after=_NEWEST)
    return sum(_look(connection, at) for connection in sorted(set(_due().values_list("connection", flat=True))))


def _due() -> QuerySet[SecondLook]:
    """Those whose writers have all ended."""
    return SecondLook.objects.filter(after__lt=_OLDEST_UNDER_WAY)


@transaction.atomic
def _look(connection_id: int, at: datetime) -> bool:
    """False when another worker is at it."""
    due = _due().filter(connection=connection_id).select_related("agreement__cpo", "agreement__emsp")
    marks = list(due.select_for_update(of=("self",), skip_locked=True))
    if not marks:
        return False
    look = _Look(Connection.objects.get(pk=connection_id), at)
    agreements = {mark.agreement for mark in marks}
    for agreement in [None] if None in agreements else agreements:
        look.through(agreement)
    if look.complete:
        SecondLook.objects.filter(pk__in=[mark.pk for mark in marks]).delete()
    return True


class _Look:
    """One second look for one platform. It is not `complete` while somebody writes what is to be sent: that one may
    tell the platform of it, or break off, so it is looked at once more."""

    def __init__(self, connection: Connection, at: datetime) -> None:
        self.complete = True
        self._connection = connection
        self._at = at

    def through(self, agreement: Agreement | None) -> None:
        """Send what the platform lacks of all that the agreement opens to it, or (without one) that is open to it."""
        for owner, receiver in self._owners(agreement):
            self._send_owned(owner, receiver)
        pairs = routing.pairs_of(self._connection, at=self._at)
        for cpo, emsp in pairs:
            if emsp.reachable and (agreement is None or (cpo, emsp) == (agreement.cpo, agreement.emsp)):
                self._send_sessions(cpo, emsp)
                self._send_cdrs(cpo, emsp)

    def _owners(self, agreement: Agreement | None) -> Iterator[tuple[Party, Receiver]]:
        if agreement is None:
            yield from backfill.owners_opened_to(self._connection, self._at)
            return
        for owner in (agreement.cpo, agreement.emsp):
            for receiver in routing.receivers_of(owner, on=self._connection, at=self._at):
                yield owner, receiver

    def _send_owned(self, owner: Party, receiver: Receiver) -> None:
        """Tariffs come before the locations that refer to them."""
        if owner.role == PartyRole.CPO:
            tariffs = backfill.owned(Tariff, owner)
            self._send("tariffs", self._differing("tariffs", tariffs.filter(deleted_at=None)), owner, receiver)
            self._send("tariffs", self._deleted(tariffs), owner, receiver, method="DELETE")
            locations = backfill.owned(Location, owner)
            self._send("locations", self._differing("locations", locations), owner, receiver)
        if owner.role == PartyRole.EMSP:
            self._send("tokens", self._differing("tokens", backfill.sent_tokens(owner)), owner, receiver)

    def _send_sessions(self, cpo: Party, emsp: Party) -> None:
        """Those still going on, and those that the platform knows as they were."""
        visible = sessions.visible_to_connection(self._connection, self._at).filter(party=cpo, emsp=emsp)
        known = Q(Exists(self._told()), changed_at__gte=self._at - backfill.RECENT)
        rows = self._differing("sessions", visible).filter(~Q(status__in=backfill.OVER) | known)
        self._send("sessions", rows.order_by("id"), cpo, Receiver(self._connection, emsp))

    def _send_cdrs(self, cpo: Party, emsp: Party) -> None:
        """Those that were never on their way; what became of the others is known."""
        visible = cdrs.visible_to_connection(self._connection, self._at).filter(party=cpo, emsp=emsp)
        recent: QuerySet[Cdr] = visible.filter(state_at__gte=self._at - backfill.RECENT)
        rows = recent.annotate(push_key=outbox.key_column("cdrs")).order_by("id")
        unsent = rows.filter(~Exists(exchange.pushes_of_row(self._connection)))
        self._send("cdrs", unsent, cpo, Receiver(self._connection, emsp), method="POST")

    def _differing(self, module: str, rows: QuerySet[M]) -> QuerySet[M]:
        """Those whose text is not that of the newest push. Times do not tell: an older state may have been delivered
        after the newer one was made, and before that was there to be seen."""
        keyed: QuerySet[Any] = rows.annotate(push_key=outbox.key_column(module))
        told = keyed.annotate(told=exchange.newest_is(self._connection, "body"))
        differing: QuerySet[M] = told.exclude(told=F("body"))
        return differing

    def _deleted(self, tariffs: QuerySet[Tariff]) -> QuerySet[Tariff]:
        """Tariffs the platform was told of that are gone, but not told that they are."""
        gone = tariffs.filter(deleted_at__gte=self._at - backfill.RECENT)
        known = gone.annotate(push_key=outbox.key_column("tariffs")).filter(Exists(self._told()))
        return known.annotate(told=exchange.newest_is(self._connection, "method")).exclude(told="DELETE")

    def _told(self) -> QuerySet[Push]:
        return exchange.pushes_of_row(self._connection).filter(state__in=_GOT)

    def _send(self, module: str, rows: QuerySet[M], owner: Party, receiver: Receiver, *, method: str = "PUT") -> None:
        if not outbox.takes(self._connection, module):
            return
        keys = list(rows.values_list("pk", flat=True))
        for start in range(0, len(keys), _CHUNK):
            # In hand, so that nobody's newer state is overtaken by this one; read again, as they are by now.
            held = self._held(rows.model, keys[start : start + _CHUNK])
            found = [(row, backfill.change(module, row, owner, method)) for row in rows.filter(pk__in=held)]
            changes = self._news(found, owner) if method == "PUT" else [change for _, change in found]
            outbox.enqueue_many(receivers=[receiver], owner=owner, changes=changes, at=self._at)

    def _held(self, model: type[M], keys: list[int]) -> list[int]:
        rows = model._default_manager.filter(pk__in=keys).order_by("id")
        held = list(rows.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True))
        self.complete = self.complete and len(held) == len(keys)
        return held

    def _news(self, found: list[tuple[M, Change]], owner: Party) -> list[Change]:
        """Those that say something new: another age of the same state is no news, nor are statuses sent by
        themselves."""
        told = exchange.newest_of(self._connection, [change.key for _, change in found])
        locations = [row for row, _ in found if isinstance(row, Location)]
        statuses = exchange.newest_of(
            self._connection, [key for row in locations for key in _evses(owner, row, row.data)] if told else []
        )
        return [change for row, change in found if not _says(told.get(change.key), row, owner, statuses)]


def _says(push: Push | None, row: OcpiObject, owner: Party, statuses: dict[str, Push]) -> bool:
    """Whether the push tells the row's present state, with the statuses sent since."""
    if push is None or not push.body:
        return False
    told = _data(push)
    for key, evse in zip(_evses(owner, row, told), parts.EVSES.of(told), strict=True):
        since = statuses.get(key)
        if since and since.pk > push.pk and since.state in _GOT:
            evse["status"] = _data(since)["status"]
    return order.same_content(told, row.data)


def _evses(owner: Party, row: OcpiObject, location: Data) -> list[str]:
    """The keys of the pushes of the statuses of a location's EVSEs; other objects have none."""
    return [outbox.part_key(owner, row.ocpi_id, evse["uid"]) for evse in parts.EVSES.of(location)]


def _data(push: Push) -> Data:
    decoded = wire.decode(push.body.encode())
    assert isinstance(decoded, dict)
    return decoded
