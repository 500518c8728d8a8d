"""Whom what waits in the outbox concerns when it is sent, maybe days later: agreements end, and parties leave."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from partners import routing
from partners.connections.models import Connection
from partners.parties import selectors as parties
from partners.parties.models import Party
from partners.routing import Receiver
from roaming.exchange.models import Push
from roaming.ocpi.schema import wire
from roaming.ocpi.schema.values import parse_time

_OWNED = frozenset({"location", "evse", "tariff", "token", "booking_location"})
# Where each object of a pair says when the charging starts.
_BEGINS: dict[str, Callable[[dict[str, Any]], str]] = {
    "session": lambda body: body["start_date_time"],
    "cdr": lambda body: body["start_date_time"],
    "booking": lambda body: body["period"]["start_date_time"],
}


class NobodyToTell(Exception):
    """Nobody on the platform may be told of it any more; the text says why."""


class Addressees:
    """Asks routing for what waits for one platform at `at`: once for each owner and pair, not for each push."""

    def __init__(self, connection: Connection, at: datetime) -> None:
        self._connection = connection
        self._at = at
        self._of_owned = cache(lambda owner: self._here(routing.receivers_of(owner, at=at)))
        self._of_record = cache(lambda owner, other: self._here(routing.receivers_of_record(owner, other)))
        self._of_terminal = cache(lambda owner, cpo: self._here(routing.receivers_of_terminal(owner, cpo, at=at)))
        self._joined = cache(routing.times_joined)

    def of(self, push: Push) -> Party | None:
        """The party that the push is for now; None for one that names nobody. Raises NobodyToTell.

        What its owner owns alone may be for another party of the platform than when it was written.
        """
        owner, meant = push.from_party, push.to_party
        if owner is None or meant is None:
            return meant
        if push.kind in _OWNED:
            return self._found(self._of_owned(owner), push, owner)
        if push.kind == "client_info":
            return self._found(parties.hosted(self._connection).first() if meant.left_at else meant, push, owner)
        if meant.left_at is not None:
            raise NobodyToTell(f"{meant.code} is no party of {self._connection.name} any more.")
        return self._found(self._other_side(push, owner, meant), push, owner)

    def _other_side(self, push: Push, owner: Party, meant: Party) -> Party | None:
        """The one party that the push can be for, unless no agreement joins or joined the two as it must. Results go to
        whoever asked, whatever ended meanwhile."""
        if push.kind in _BEGINS and push.body:
            return meant if self._joined(owner, meant)(_begin(push)) else None
        if push.kind == "invoice_reconciliation_record":
            return self._of_record(owner, meant)
        if push.module == "payments":
            return self._of_terminal(owner, meant)
        return meant

    def _here(self, receivers: list[Receiver]) -> Party | None:
        return next((one.party for one in receivers if one.connection.pk == self._connection.pk), None)

    def _found(self, party: Party | None, push: Push, owner: Party) -> Party:
        if party is None:
            raise NobodyToTell(f"No agreement opens {push.module} of {owner.code} to {self._connection.name} any more.")
        return party


def _begin(push: Push) -> datetime:
    body = wire.decode(push.body.encode())
    assert isinstance(body, dict)
    return parse_time(_BEGINS[push.kind](body))
