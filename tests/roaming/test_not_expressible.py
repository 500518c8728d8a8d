"""Objects that the partner's version of OCPI has no words for: left out or 404, and never in the way of others."""

from typing import Any

from partners.connections.models import Connection
from roaming.exchange import delivery
from roaming.exchange.models import Push, PushState
from roaming.ocpi.schema import transforms
from roaming.tariffs import services as tariffs
from tests import cast, wire
from tests.roaming.calls import Caller
from tests.roaming.platform import platform

LOCATION = "/receiver/locations/NL/VLT/ZUIDPLEIN"


def for_bookings_only(tariff_id: str) -> dict[str, Any]:
    """Volta's tariff as 2.3.0 may have it: its only price is for bookings."""
    tariff = transforms.upgrade("2.2.1", "tariff", {**wire.load("tariff_ac22"), "id": tariff_id})
    element = {**tariff["elements"][0], "restrictions": {"booking": "BOOKING"}}
    return {**tariff, "elements": [element]}


def test_a_plug_of_a_later_version_is_left_out_of_its_location_and_404_itself(volta: Connection) -> None:
    location = wire.load("location_zuidplein")
    location["evses"][1]["connectors"][1]["standard"] = "MCS"
    ours = Caller("Volta")
    assert ours.put(LOCATION, location).status == 1000
    told = ours.get(LOCATION)
    assert [connector["id"] for connector in told.data["evses"][1]["connectors"]] == ["1"]
    reply = ours.get(f"{LOCATION}/ZP-2/2")
    assert reply.http == 404
    assert "MCS" in reply.message


def test_a_tariff_for_bookings_only_is_left_out_of_a_list(nomad: Connection) -> None:
    volta = cast.party("NL*VLT", "CPO")
    for tariff_id in ("A", "B"):
        plain = transforms.upgrade("2.2.1", "tariff", {**wire.load("tariff_ac22"), "id": tariff_id})
        data = for_bookings_only("A") if tariff_id == "A" else plain
        tariffs.put(party=volta, tariff_id=tariff_id, data=data, at=cast.NOW)
    reply = Caller("Nomad").get("/sender/tariffs")
    assert [tariff["id"] for tariff in reply.data] == ["B"]
    assert reply.headers["X-Total-Count"] == "2"


def test_a_state_that_cannot_be_said_is_not_sent_and_the_next_one_arrives(db: None) -> None:
    with platform("EMSP DE*NMD") as theirs:
        cast.volta()
        nomad = cast.nomad(url=theirs.url)
        cast.agreement("NL*VLT", "DE*NMD")
        volta = cast.party("NL*VLT", "CPO")
        tariffs.put(party=volta, tariff_id="A", data=for_bookings_only("A"), at=cast.NOW)
        plain = transforms.upgrade("2.2.1", "tariff", {**wire.load("tariff_ac22"), "id": "B"})
        tariffs.put(party=volta, tariff_id="B", data=plain, at=cast.NOW)
        delivery.deliver_due(nomad.pk, cast.NOW)
        assert theirs.paths("PUT") == ["/receiver/tariffs/NL/VLT/B"]
    first, second = Push.objects.order_by("id")
    assert (first.state, second.state) == (PushState.LAPSED, PushState.DELIVERED)
    assert "bookings" in first.last_error


def test_a_private_location_is_neither_shown_nor_counted_in_2_1_1(volta: Connection) -> None:
    """T42: the count is of what the partner may see."""
    assert Caller("Volta").put(LOCATION, {**wire.load("location_zuidplein"), "publish": False}).status == 1000
    cast.nomad(version="2.1.1")
    cast.agreement("NL*VLT", "DE*NMD")
    for version, count in (("2.1.1", 0), ("2.2.1", 1)):
        reply = Caller("Nomad", version).get("/sender/locations")
        assert (len(reply.data), reply.headers["X-Total-Count"]) == (count, str(count))
