"""What is sent of all that waits, after agreements ended meanwhile: only what the partner may still have."""

from dataclasses import replace
from typing import Any

import pytest

from roaming.kernel.http import Reply
from tests.roaming.visibility.oracle import Oracle
from tests.roaming.visibility.visitor import found_in
from tests.roaming.visibility.world import World

TAKEN = b'{"status_code": 1000, "timestamp": "2026-11-20T09:42:00Z"}'


def end_what_can_be(world: World) -> None:
    """Everything that began before today and goes on ends with today."""
    from partners.agreements import services as agreements
    from partners.agreements.models import Agreement

    today = world.at.date()
    for row in Agreement.objects.filter(state="active", starts_date__lt=today).exclude(ends_date__lte=today):
        agreements.end(agreement=row, ends_date=today, at=world.at)
    world.deals = [
        replace(deal, state="ended", ends=today)
        if deal.state == "active" and deal.starts < today and (deal.ends is None or deal.ends > today)
        else deal
        for deal in world.deals
    ]


def deliver(world: World) -> dict[str, set[str]]:
    """The markers in what each platform is sent. The network ends here: everything is taken."""
    from partners.connections.models import Connection
    from roaming.exchange import delivery
    from roaming.ocpi import client

    sent: dict[str, set[str]] = {name: set() for name in world.platforms}

    def taken(http: Any, method: str, url: str, *, headers: Any, content: bytes | None = None) -> Reply:
        number = url.split(".invalid")[0][-1]
        sent[f"Platform {number}"] |= found_in(content)
        return Reply(200, {}, TAKEN)

    with pytest.MonkeyPatch.context() as edge:
        edge.setattr(client, "fetch", taken)
        for connection in Connection.objects.order_by("id"):
            delivery.deliver_due(connection.pk, world.at)
    return sent


def check_delivery(world: World) -> None:
    """Nobody is sent what was meant for it while an agreement held that is over now; what is to be settled comes."""
    end_what_can_be(world)
    sent = deliver(world)
    allowed = {name: Oracle(world, name) for name in world.platforms}
    for name, markers in sent.items():
        known = {thing.marker: thing for thing in world.things if allowed[name].is_pushed(thing)}
        wrong = [thing for thing in world.things if thing.marker in markers - set(known)]
        assert not wrong, f"{name} is sent the {wrong[0].kind} “{wrong[0].id}” of {wrong[0].owner.code}"
    assert sum(map(len, sent.values())) > 10, "nothing came of what was to be settled"
