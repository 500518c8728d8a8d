"""Beside the charging: a driver orders from Nomad's app, and Otto checks what the partners' platforms do."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from partners.connections.models import Connection
from partners.people.models import User
from roaming.conformance import services as conformance
from roaming.conformance.models import ConformanceRun
from roaming.demo import cast
from roaming.demo.stage import Stage
from roaming.simulator import orders
from roaming.simulator.caller import expect
from roaming.simulator.charges import spots
from roaming.simulator.wire import Json, stamp

_RESERVATION = {"reservation_id": "R-1"}


def order_from_the_app(stage: Stage, *, at: datetime) -> int:
    """A reservation is made and given up, a stuck plug stays stuck, a charging is started; how many orders it was."""
    spot = spots(stage.estates.vlt)[0]
    card = next(card for card in stage.estates.nmd.tokens.values() if card["valid"])
    stage.volta.outcomes["UNLOCK_CONNECTOR"] = "FAILED"
    bay = {"location_id": spot.location["id"], "evse_uid": spot.evse["uid"]}
    driver = {"token": orders.object_of(stage.nomad, "tokens", card), **bay}
    until = {"expiry_date": stamp(at + timedelta(hours=1))}
    given: list[tuple[str, Json]] = [
        ("RESERVE_NOW", driver | _RESERVATION | until),
        ("CANCEL_RESERVATION", _RESERVATION),
        ("UNLOCK_CONNECTOR", bay | {"connector_id": spot.connector["id"]}),
        ("START_SESSION", driver),
    ]
    for name, body in given:
        answer, _ = orders.command(stage.nomad, name, body, sender=cast.NMD.owner, receiver=cast.VLT.owner)
        expect(answer, f"{name} from the app")
    return len(given)


def check_partners(*, by: User, at: datetime) -> Iterable[ConformanceRun]:
    """Each partner's platform is tried against the specification, read only."""
    for connection in Connection.objects.filter(own=False).order_by("id"):
        run = conformance.plan(connection=connection, by=by, at=at)
        yield conformance.execute(run=run, at=at)
