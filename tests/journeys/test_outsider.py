"""Cleo is registered and has no agreement: her platform sees nothing of the others and changes nothing of theirs."""

import pytest

from roaming.cdrs.models import Cdr
from roaming.exchange.models import Push
from roaming.locations.models import Location
from roaming.sessions.models import Session
from roaming.simulator.platform import Platform
from tests.journeys.house import CLO, NMD, VGO, VLT, House, billed, good, plugged_in, unplugged

pytestmark = pytest.mark.usefixtures("full_house")


@pytest.fixture
def full_house(house: House) -> None:
    """Volta and Nomad with stations, cards, a session and a CDR."""
    volta, nomad = house.connected("Volta", VLT, VGO, own=True), house.connected("Nomad", NMD)
    house.agree(VLT, NMD)
    house.offer(volta, VLT)
    house.offer(nomad, NMD)
    charge = house.charge(VLT, NMD)
    plugged_in(volta, charge)
    unplugged(volta, charge)
    good(billed(volta, charge))
    house.work()


@pytest.fixture
def cleo(house: House) -> Platform:
    return house.connected("Cleo", *CLO)


MODULES = ["locations", "tariffs", "tokens", "sessions", "cdrs"]


def test_every_list_is_empty_for_her_and_single_objects_are_not_found(house: House, cleo: Platform) -> None:
    for module in MODULES:
        answer = good(cleo.send("GET", module, "SENDER"))
        assert (answer.data, answer.headers["X-Total-Count"]) == ([], "0"), module
    name = next(iter(house.estates[VLT].locations))
    assert cleo.send("GET", "locations", "SENDER", f"/{name}").http_status == 404
    assert cleo.send("GET", "locations", "RECEIVER", f"/NL/VLT/{name}").http_status == 404
    cdr = Cdr.objects.get()
    assert cleo.send("GET", "cdrs", "RECEIVER", f"/NL/VLT/{cdr.ocpi_id}").http_status == 404


def test_she_cannot_write_what_is_not_hers(house: House, cleo: Platform) -> None:
    location = next(iter(house.estates[VLT].locations.values()))
    before = Location.objects.get(ocpi_id=location["id"]).body
    answer = house.put(cleo, VLT, "locations", {**location, "name": "Cleo's now"})
    assert not answer.good
    assert Location.objects.get(ocpi_id=location["id"]).body == before
    charge = house.charge(VLT, NMD, day=5)
    assert not billed(cleo, charge).good
    assert Cdr.objects.count() == 1


def test_she_learns_nothing_about_a_card(house: House, cleo: Platform) -> None:
    token = next(iter(house.estates[NMD].tokens.values()))
    answer = cleo.send("POST", "tokens", "SENDER", f"/{token['uid']}/authorize", params={"type": token["type"]})
    assert (answer.http_status, answer.status_code, answer.data) == (404, 2004, None)


def test_nothing_is_pushed_to_her(house: House, cleo: Platform) -> None:
    house.offer(cleo, CLO[0])
    house.offer(cleo, CLO[1])
    house.work()
    assert not any(cleo.store.received(module) for module in MODULES)
    # Who we are is in our credentials too; hub client info tells that our own parties are connected.
    assert not Push.objects.filter(connection__name="Cleo").exclude(module="hubclientinfo").exists()
    assert Session.objects.count() == 1
