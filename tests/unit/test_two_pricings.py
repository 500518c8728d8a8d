"""The portal's pricing against the simulator's, which was written without a look at it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from billing import pricing
from roaming.ocpi.schema import transforms
from roaming.simulator.charges import Charge, Fault, charge, spots
from roaming.simulator.places import POLDERS, TOWNS
from roaming.simulator.prices import price
from roaming.simulator.wire import Json, decode, encode
from roaming.simulator.world import PartyCard, cpo_estate, emsp_estate

VLT, NMD = PartyCard("NL", "VLT", "CPO", "Volta"), PartyCard("DE", "NMD", "EMSP", "Nomad")
AT = datetime(2026, 10, 1, tzinfo=UTC)


def charges(count: int, seed: int) -> list[Charge]:
    """Charges of a month at every kind of station, all billed right."""
    bays = spots(cpo_estate(VLT, TOWNS + POLDERS, seed=seed, at=AT))
    [token] = emsp_estate(NMD, count=1, seed=seed, at=AT).tokens.values()
    random = Random(seed)
    return [
        charge(n, spot=random.choice(bays), token=token, starts_at=AT + timedelta(hours=2 * n), random=random)
        for n in range(count)
    ]


def ours(one: Charge) -> pricing.PricedSession:
    """The portal's price of the CDR as it would arrive."""
    cdr = transforms.upgrade("2.2.1", "cdr", decode(encode(one.cdr(at=one.ends_at, reference=None))))
    tariffs = [pricing.read_tariff(tariff) for tariff in cdr["tariffs"]]
    return pricing.price(pricing.read_cdr(cdr), tariffs, time_zone=one.spot.location["time_zone"])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_both_come_to_the_same_total_for_every_tariff_those_by_the_hour_too(seed: int) -> None:
    made = charges(200, seed)
    assert {one.spot.tariff["id"] for one in made} == {"VLT-AC", "VLT-AC-PARK", "VLT-AC-TIME", "VLT-DC", "VLT-NIGHT"}
    for one in made:
        outcome = ours(one)
        carried = Decimal(one.cost().total["excl_vat"])
        assert pricing.compare(carried, outcome, tolerance=Decimal("0.0001")).within, one.key


def faults_that_can_show(one: Charge) -> list[Fault]:
    plan = one.spot.tariff["id"]
    return [Fault.ENERGY_OVERPRICED] * (plan != "VLT-AC-TIME") + [Fault.GRACE_IGNORED] * (
        plan == "VLT-AC-PARK" and one.parking_ticks > 0
    )


def test_each_fault_in_a_price_costs_more_than_a_cent() -> None:
    for one in charges(200, 4):
        for fault in faults_that_can_show(one):
            wrong = replace(one, fault=fault).cdr(at=one.ends_at, reference=None)
            assert wrong["total_cost"]["excl_vat"] - one.cost().total["excl_vat"] > Decimal("0.01")


def tariff(*components: tuple[str, str, int], **restrictions: str) -> Json:
    found = [
        {"type": kind, "price": Decimal(rate), "vat": Decimal(21), "step_size": step} for kind, rate, step in components
    ]
    return {"elements": [{"price_components": found, "restrictions": restrictions}]}


def periods(*volumes: dict[str, str]) -> list[Json]:
    return [
        {
            "start_date_time": f"2026-10-01T{8 + hour:02}:00:00Z",
            "dimensions": [{"type": kind, "volume": Decimal(volume)} for kind, volume in given.items()],
        }
        for hour, given in enumerate(volumes)
    ]


@pytest.mark.parametrize(
    ("components", "volumes", "total"),
    [
        ([("ENERGY", "0.25", 1)], [{"ENERGY": "20"}], "5.0000"),
        ([("ENERGY", "0.25", 1000)], [{"ENERGY": "19.2"}], "5.0000"),
        ([("TIME", "2.00", 300)], [{"TIME": "0.5"}, {"TIME": "0.01"}], "1.1667"),
        ([("TIME", "2.00", 600), ("PARKING_TIME", "1.00", 3600)], [{"TIME": "0.5"}, {"PARKING_TIME": "0.1"}], "2.0000"),
        ([("FLAT", "0.50", 1)], [{"ENERGY": "1"}, {"ENERGY": "1"}], "0.5000"),
    ],
)
def test_the_simulators_arithmetic_on_paper(
    components: list[tuple[str, str, int]], volumes: list[dict[str, str]], total: str
) -> None:
    cost = price(tariff(*components), periods(*volumes), time_zone="Europe/Amsterdam")
    assert cost.total["excl_vat"] == Decimal(total)


@pytest.mark.parametrize(("starts", "ends", "expected"), [("10:00", "12:00", "1.00"), ("11:00", "12:00", "0")])
def test_the_simulator_reads_times_of_day_where_the_station_stands(starts: str, ends: str, expected: str) -> None:
    at_ten_local = periods({"ENERGY": "1"})
    cost = price(
        tariff(("ENERGY", "1.00", 1), start_time=starts, end_time=ends), at_ten_local, time_zone="Europe/Amsterdam"
    )
    assert cost.total["excl_vat"] == Decimal(expected)
