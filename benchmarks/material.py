"""The objects that are measured: made by the simulator, as a partner would send them."""

from datetime import UTC, datetime
from random import Random

from roaming.simulator.charges import Charge, charge, spots
from roaming.simulator.places import TOWNS
from roaming.simulator.wire import Json, encode
from roaming.simulator.world import PartyCard, cpo_estate, emsp_estate

AT = datetime(2026, 10, 1, 8, tzinfo=UTC)
VLT = PartyCard("NL", "VLT", "CPO", "Volta")
NMD = PartyCard("DE", "NMD", "EMSP", "Nomad")


def a_charge() -> Charge:
    """A charge of three periods under a tariff for energy and parking."""
    estate = cpo_estate(VLT, TOWNS, seed=1, at=AT)
    token = next(iter(emsp_estate(NMD, count=1, seed=1, at=AT).tokens.values()))
    random = Random(1)
    found = [spot for spot in spots(estate) if spot.tariff["id"] == "VLT-AC-PARK"]
    while True:
        made = charge(1, spot=found[0], token=token, starts_at=AT, random=random)
        if made.parking_ticks:
            return made


def a_cdr() -> bytes:
    return encode(a_charge().cdr(at=AT, reference=None))


def fifty_locations() -> list[Json]:
    """OCPI 2.2.1 locations with two to four EVSEs each."""
    places = (TOWNS * 4)[:50]
    return list(cpo_estate(VLT, places, seed=1, at=AT).locations.values())
