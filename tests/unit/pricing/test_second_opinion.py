"""The engine beside others: CDRs as partners sent them, and the simulator's own arithmetic, written independently."""

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing import pricing
from billing.pricing import Dimension, PricedSession
from roaming.ocpi.schema import transforms, wire
from roaming.simulator import prices
from tests.unit.pricing.charges import cdr, component, period, priced, tariff

WIRE = Path(__file__).parents[2] / "wire"
VOLUMES = [kind.value for kind in Dimension if kind is not Dimension.FLAT]

volumes = st.decimals(min_value=0, max_value=200, places=4)
components = st.fixed_dictionaries(
    {
        "type": st.sampled_from([kind.value for kind in Dimension]),
        "price": st.decimals(min_value=0, max_value=20, places=4),
        "vat": st.sampled_from([Decimal(0), Decimal(9), Decimal(21), Decimal("25.5")]),
        "step_size": st.sampled_from([0, 1, 60, 300, 500, 900, 3600]),
    }
)
element_lists = st.lists(
    st.fixed_dictionaries({"price_components": st.lists(components, min_size=1, max_size=4)}), min_size=1, max_size=3
)
period_volumes = st.lists(
    st.dictionaries(st.sampled_from(VOLUMES), volumes, min_size=1, max_size=3), min_size=1, max_size=4
)


@pytest.mark.parametrize(
    ("name", "excl", "incl"),
    [
        ("cdr_ac22.json", "9.05", "10.9505"),
        ("cdr_dc150.json", "26.94", "32.5974"),
        ("cdr_polder.json", "9.90", "11.979"),
    ],
)
def test_a_cdr_of_a_partner_costs_what_it_carries(name: str, excl: str, incl: str) -> None:
    data: Any = transforms.upgrade("2.2.1", "cdr", _sent(name))
    charge = pricing.read_cdr(data)
    outcome = priced(charge, *(pricing.read_tariff(carried) for carried in data["tariffs"]))
    assert outcome.total == (Decimal(excl), Decimal(incl))
    assert data["total_cost"]["before_taxes"] == Decimal(excl)
    assert pricing.contradictions(pricing.read_billed(data)) == []


@settings(max_examples=100)
@given(element_lists, period_volumes)
def test_the_simulator_comes_to_the_same_price(elements: list[dict[str, Any]], used: list[dict[str, Decimal]]) -> None:
    owed = {"id": "FAIR", "currency": "EUR", "elements": elements, "last_updated": "2026-01-01T00:00:00Z"}
    periods = [_period(hour, volumes) for hour, volumes in enumerate(used)]
    theirs = prices.price(owed, periods, time_zone="Europe/Amsterdam").total
    ours = _priced_by_us(owed, periods)
    assert ours.total.incl is not None
    assert (_four(ours.total.excl), _four(ours.total.incl)) == (theirs["excl_vat"], theirs["incl_vat"])


@pytest.mark.parametrize(
    ("hours", "step", "billed"),
    [
        ("0.6667", 300, "0.75"),  # 2400.12 s: literally past 40 minutes, so 45
        ("0.6666", 2400, "0.66666666666666666667"),
        ("1.1", 3960, "1.1"),  # 1.1 × 3600 is 3960.0000000000005 in binary
        ("0.3", 1, "0.3"),
    ],
)
def test_hours_are_taken_literally(hours: str, step: int, billed: str) -> None:
    (line,) = priced(cdr(period(TIME=hours)), tariff(component("TIME", "2.00", step=step))).lines
    assert (line.quantity, line.billed) == (Decimal(hours), Decimal(billed))


def _sent(name: str) -> Any:
    return wire.decode((WIRE / name).read_bytes())


def _period(hour: int, volumes: dict[str, Decimal]) -> dict[str, Any]:
    return {
        "start_date_time": f"2026-10-14T{8 + hour:02}:00:00Z",
        "dimensions": [{"type": kind, "volume": volume} for kind, volume in volumes.items()],
    }


def _priced_by_us(owed: dict[str, Any], periods: list[dict[str, Any]]) -> PricedSession:
    charge = {
        "id": "VLT-1",
        "currency": "EUR",
        "start_date_time": "2026-10-14T08:00:00Z",
        "end_date_time": "2026-10-14T12:00:00Z",
        "charging_periods": periods,
        "total_energy": 0,
        "total_time": 4,
    }
    newest: Any = transforms.upgrade("2.2.1", "tariff", owed)
    return priced(pricing.read_cdr(charge), pricing.read_tariff(newest))


def _four(amount: Decimal | None) -> Decimal:
    assert amount is not None
    return amount.quantize(Decimal("0.0001"), ROUND_HALF_UP)
