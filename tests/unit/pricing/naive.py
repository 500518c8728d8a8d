"""A second opinion: the price of a charge straight from its JSON, with fractions, in as few words as possible.

Written from the rules of the specification and not from the engine, so that equal totals mean something. It knows
energy, time, parking and flat fees, steps, VAT on top, and restrictions by energy, duration, hours and days.
"""

import math
from datetime import datetime
from fractions import Fraction
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

DAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]
UNITS = {"ENERGY": 1000, "TIME": 3600, "PARKING_TIME": 3600}


class Used(NamedTuple):
    """A quantity (kWh, hours, fees) under a component."""

    kind: str
    quantity: Fraction
    component: Any


def price(charge: Any, owed: Any, zone: str) -> tuple[Fraction, Fraction]:
    """Before and after tax."""
    used, energy, fee = [], Fraction(0), False
    for period in charge["charging_periods"]:
        starts = datetime.fromisoformat(period["start_date_time"])
        passed = starts - datetime.fromisoformat(charge["start_date_time"])
        now = (starts.astimezone(ZoneInfo(zone)), passed.total_seconds(), energy)
        flat = _component(owed, "FLAT", *now)
        if flat and not fee:
            used.append(Used("FLAT", Fraction(1), flat))
            fee = True
        for dimension in period["dimensions"]:
            kind, volume = dimension["type"], Fraction(dimension["volume"])
            component = _component(owed, kind, *now)
            if component and volume:
                used.append(Used(kind, volume, component))
            if kind == "ENERGY":
                energy += volume
    _round_up(used, "ENERGY")
    _round_up(used, "PARKING_TIME" if any(one.kind == "PARKING_TIME" for one in used) else "TIME")
    net = [one.quantity * Fraction(one.component["price"]) for one in used]
    taxes = [amount * Fraction(one.component.get("vat", 0)) / 100 for amount, one in zip(net, used, strict=True)]
    return sum(net, Fraction(0)), sum(net + taxes, Fraction(0))


def _component(owed: Any, kind: str, local: datetime, passed: float, energy: Fraction) -> Any:
    for element in owed["elements"]:
        if _matches(element.get("restrictions", {}), local, passed, energy):
            for component in element["price_components"]:
                if component["type"] == kind:
                    return component
    return None


def _matches(asked: Any, local: datetime, passed: float, energy: Fraction) -> bool:
    clock = f"{local:%H:%M}"
    start, end = asked.get("start_time", "00:00"), asked.get("end_time", "00:00")
    before_end = end == "00:00" or clock < end
    in_window = clock >= start and before_end if end == "00:00" or start < end else clock >= start or before_end
    return (
        (start == end or in_window)
        and ("day_of_week" not in asked or DAYS[local.weekday()] in asked["day_of_week"])
        and Fraction(asked.get("min_kwh", 0)) <= energy < Fraction(asked.get("max_kwh", 10**9))
        and asked.get("min_duration", 0) <= passed < asked.get("max_duration", 10**9)
    )


def _round_up(used: list[Used], kind: str) -> None:
    """The total to whole steps of the last use, to which the difference falls."""
    places = [index for index, one in enumerate(used) if one.kind == kind]
    if not places or not used[places[-1]].component["step_size"]:
        return
    last = used[places[-1]]
    total = sum((used[index].quantity for index in places), Fraction(0))
    step = Fraction(last.component["step_size"], UNITS[kind])
    used[places[-1]] = last._replace(quantity=last.quantity + math.ceil(total / step) * step - total)
