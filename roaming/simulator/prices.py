"""What a charge costs under an OCPI 2.2.1 tariff: the platform's own arithmetic, exact, rounded once to four decimals.

Written without a look at the portal's engine, so that equal totals mean something.
"""

from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from roaming.simulator.wire import Json, moment

_VOLUME_OF = {"ENERGY": "ENERGY", "TIME": "TIME", "PARKING_TIME": "PARKING_TIME"}
_STEPS_IN_A_UNIT = {"ENERGY": 1000, "TIME": 3600, "PARKING_TIME": 3600}  # Wh in a kWh, seconds in an hour


@dataclass
class _Use:
    """How much of one dimension was priced, and by which component last."""

    quantity: Fraction = Fraction(0)
    excl: Fraction = Fraction(0)
    incl: Fraction = Fraction(0)
    last: Json = field(default_factory=dict)

    def add(self, quantity: Fraction, component: Json) -> None:
        cost = quantity * Fraction(component["price"])
        self.quantity += quantity
        self.excl += cost
        self.incl += cost * (1 + Fraction(component.get("vat", 0)) / 100)
        self.last = component


@dataclass(frozen=True)
class Cost:
    """Amounts before and after VAT, four decimals, and the parts of the total as OCPI names them."""

    total: Json
    parts: Json


def price(tariff: Json, periods: list[Json], *, time_zone: str) -> Cost:
    """Price charging periods (OCPI shapes; kWh, hours) under a tariff restricted by time of day and weekday at most."""
    uses = {dimension: _Use() for dimension in ("FLAT", "ENERGY", "TIME", "PARKING_TIME")}
    for period in periods:
        _add_period(uses, tariff, period, ZoneInfo(time_zone))
    _round_up(uses["ENERGY"], "ENERGY")
    _round_up(uses["PARKING_TIME" if uses["PARKING_TIME"].quantity else "TIME"], "TIME")
    names = {
        "total_fixed_cost": "FLAT",
        "total_energy_cost": "ENERGY",
        "total_time_cost": "TIME",
        "total_parking_cost": "PARKING_TIME",
    }
    parts = {name: _money(uses[dimension]) for name, dimension in names.items() if uses[dimension].last}
    whole = _Use(excl=sum((use.excl for use in uses.values()), Fraction(0)))
    whole.incl = sum((use.incl for use in uses.values()), Fraction(0))
    return Cost(total=_money(whole), parts=parts)


def cents(amount: Decimal) -> Decimal:
    """An amount as it stands on an invoice: rounded once, half up."""
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _add_period(uses: dict[str, _Use], tariff: Json, period: Json, zone: ZoneInfo) -> None:
    active = _components(tariff, moment(period["start_date_time"]).astimezone(zone))
    if "FLAT" in active and not uses["FLAT"].last:
        uses["FLAT"].add(Fraction(1), active["FLAT"])
    for dimension in period["dimensions"]:
        kind = _VOLUME_OF.get(dimension["type"])
        if kind in active and dimension["volume"]:
            uses[kind].add(Fraction(dimension["volume"]), active[kind])


def _components(tariff: Json, local: datetime) -> Json:
    """Per dimension the first component whose element is in force at this local time."""
    found: Json = {}
    for element in tariff["elements"]:
        if _in_force(element.get("restrictions") or {}, local):
            for component in element["price_components"]:
                found.setdefault(component["type"], component)
    return found


def _in_force(restrictions: Json, local: datetime) -> bool:
    days: list[Any] = restrictions.get("day_of_week") or []
    if days and local.strftime("%A").upper() not in days:
        return False
    starts, ends = restrictions.get("start_time"), restrictions.get("end_time")
    if not starts or not ends:
        return True
    begin, end, now = time.fromisoformat(starts), time.fromisoformat(ends), local.time()
    return begin <= now < end if begin < end else now >= begin or now < end


def _round_up(use: _Use, unit: str) -> None:
    """Bill whole steps: what is missing to the next step goes to the component used last."""
    step = use.last.get("step_size", 0)
    if not step or not use.quantity:
        return
    in_a_unit = _STEPS_IN_A_UNIT[unit]
    steps = -((-use.quantity * in_a_unit) // step)
    use.add(Fraction(steps * step, in_a_unit) - use.quantity, use.last)


def _money(use: _Use) -> Json:
    return {"excl_vat": _four(use.excl), "incl_vat": _four(use.incl)}


def _four(exact: Fraction) -> Decimal:
    """Half up to four decimals, straight from the exact fraction."""
    return Decimal((exact * 20000 + 1) // 2) / Decimal(10000)
