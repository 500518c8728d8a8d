"""A partner that is away for a day costs the others nothing, and itself no more than its objects."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import F

from partners.connections.models import Connection
from roaming.exchange import delivery
from roaming.exchange import selectors as exchange
from roaming.exchange.models import Exchange, Push, PushState
from roaming.ocpi.schema import transforms, wire
from roaming.tariffs import services as tariffs
from tests import cast
from tests import wire as samples
from tests.roaming.platform import Asked, Platform, Said, platform

pytestmark = pytest.mark.django_db(transaction=True)

OTHERS, OBJECTS = 20, 5
_UNDER_WAY = [PushState.WAITING, PushState.RETRYING]


@pytest.fixture
def theirs() -> Iterator[Platform]:
    """All partners in one process; the address says who is meant."""
    with platform("EMSP DE*NMD") as running:
        yield running


class Day:
    """One day: each hour a tariff changes, then the workers have their turn."""

    def __init__(self, theirs: Platform) -> None:
        cast.volta()
        self.theirs, self.number = theirs, 0
        self.away = self._partner("Away", "AWY")
        self.others = [self._partner(f"Other {number}", f"X{number:02}") for number in range(OTHERS)]
        self.longest_queue = 0
        theirs.answering = self._answer
        self.is_away = True

    def _partner(self, name: str, code: str) -> Connection:
        connection = cast.connection(name, f"EMSP DE*{code}", url=f"{self.theirs.url}/{code}")
        cast.agreement("NL*VLT", f"DE*{code}")
        return connection

    def _answer(self, asked: Asked) -> Said | None:
        return Said(hangs_up=True) if self.is_away and asked.path.startswith("/AWY/") else None

    def pass_by(self, begins_at: datetime, hours: int) -> datetime:
        at = begins_at
        while at < begins_at + timedelta(hours=hours):
            self.change(at)
            self.work(at)
            self.longest_queue = max(self.longest_queue, self.queue(self.away))
            at += timedelta(hours=1)
        return at

    def change(self, at: datetime) -> None:
        self.number += 1
        tariff_id = f"T{self.number % OBJECTS:02}"
        data = transforms.upgrade("2.2.1", "tariff", {**samples.load("tariff_ac22"), "id": tariff_id})
        data |= {"last_updated": f"{at:%Y-%m-%dT%H:%M:%SZ}", "tariff_alt_url": f"https://volta.example/{self.number}"}
        tariffs.put(party=cast.party("NL*VLT", "CPO"), tariff_id=tariff_id, data=data, at=at)

    def work(self, at: datetime) -> None:
        for connection in exchange.connections_with_due_pushes(at):
            delivery.deliver_due(connection.pk, at)

    def queue(self, connection: Connection) -> int:
        return Push.objects.filter(connection=connection, state__in=_UNDER_WAY).count()


def spoken(push: Push) -> Any:
    return transforms.downgrade("2.2.1", "tariff", json.loads(push.body, parse_float=Decimal))[0]


def test_a_partner_away_for_a_day_delays_nobody_and_gets_the_newest_state_of_each_object_in_order_afterwards(
    theirs: Platform, record_property: Callable[[str, object], None]
) -> None:
    day = Day(theirs)
    begins_at = cast.NOW
    back_at = day.pass_by(begins_at, 24)
    tries = Exchange.objects.filter(connection=day.away).count()
    late = Push.objects.exclude(connection=day.away).exclude(delivered_at=F("created_at"))
    assert not late.exists() and day.longest_queue <= OBJECTS
    assert Push.objects.filter(connection=day.away).count() <= OBJECTS
    day.away.refresh_from_db()
    assert day.away.state == "offline" and tries >= 24

    day.is_away = False
    theirs.asked.clear()
    expected = list(exchange.due(day.away, back_at + timedelta(hours=2), 100))
    day.work(back_at + timedelta(hours=2))
    sent: list[Any] = [asked.body for asked in theirs.asked if asked.path.startswith("/AWY/")]
    record_property(
        "figures",
        f"{day.number} changes of {OBJECTS} objects in a day: {OTHERS} partners were served at once; for the one that "
        f"was away at most {day.longest_queue} pushes waited, and it was tried {tries} times.",
    )
    assert Counter(body["id"] for body in sent) == Counter(f"T{number:02}" for number in range(OBJECTS))
    assert sorted(map(wire.canonical, sent)) == sorted(wire.canonical(spoken(push)) for push in expected)
    day.away.refresh_from_db()
    assert (day.away.state, day.away.failures, day.queue(day.away)) == ("registered", 0, 0)
