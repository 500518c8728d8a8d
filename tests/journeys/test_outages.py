"""A partner that is down costs nothing but its own queue."""

from datetime import timedelta

from partners.connections.models import Connection
from roaming.exchange import delivery
from roaming.exchange.models import Push, PushState
from roaming.kernel import clock
from roaming.simulator.platform import Platform
from tests.journeys.house import NMD, PLD, VGO, VLT, House, billed, cdr_of, good, plugged_in, unplugged


def _later(hours: int) -> None:
    """What waits is tried again some hours later."""
    for connection in Connection.objects.all():
        delivery.deliver_due(connection.pk, clock.now() + timedelta(hours=hours))


def test_nomad_is_down_for_a_while_and_gets_the_newest_state_when_it_is_back(house: House) -> None:
    volta, nomad = house.connected("Volta", VLT, VGO, own=True), house.connected("Nomad", NMD)
    house.agree(VLT, NMD)
    house.offer(nomad, NMD)
    charge = house.charge(VLT, NMD)
    reference = plugged_in(volta, charge)
    nomad.down = True
    house.work()
    assert Push.objects.get(module="sessions").state in {PushState.WAITING, PushState.RETRYING}
    assert Push.objects.filter(connection__name="Nomad", state=PushState.RETRYING).count() == 1  # the rest waits behind
    unplugged(volta, charge)
    good(billed(volta, charge, reference=reference))
    house.work()
    assert not nomad.store.received("sessions")
    assert not nomad.store.received("cdrs")
    assert cdr_of(charge).state == "accepted"

    nomad.down = False
    _later(hours=2)
    [session], [cdr] = nomad.store.received("sessions"), nomad.store.received("cdrs")
    assert (session["status"], session["kwh"]) == ("COMPLETED", charge.energy_kwh)
    assert cdr["id"] == f"C-{charge.key}"
    assert nomad.store.repeats == 0
    assert not Push.objects.exclude(state=PushState.DELIVERED).exists()


def test_an_outage_of_one_partner_is_nothing_to_the_other(house: House) -> None:
    volta = house.connected("Volta", VLT, VGO, own=True)
    nomad, polder = house.connected("Nomad", NMD), house.connected("Polder Laden", PLD)
    house.agree(VLT, NMD)
    house.agree(PLD, VGO)
    nomad.down = True
    house.offer(volta, VLT)
    house.offer(volta, VGO)
    house.work()
    assert not nomad.store.received("locations")
    assert {data["uid"] for data in polder.store.received("tokens")} == set(house.estates[VGO].tokens)


def test_a_card_that_may_charge_offline_charges_while_its_emsp_is_down(house: House) -> None:
    volta, nomad = house.connected("Volta", VLT, VGO, own=True), house.connected("Nomad", NMD)
    house.agree(VLT, NMD)
    house.offer(nomad, NMD)
    nomad.down = True
    assert _asked(house, volta, "ALLOWED_OFFLINE") == "ALLOWED"
    assert _asked(house, volta, "NEVER") != "ALLOWED"


def _asked(house: House, volta: Platform, whitelist: str) -> str:
    token = next(t for t in house.estates[NMD].tokens.values() if t["valid"] and t["whitelist"] == whitelist)
    answer = volta.send("POST", "tokens", "SENDER", f"/{token['uid']}/authorize", params={"type": token["type"]})
    return str(answer.data["allowed"]) if answer.data else "no answer"
