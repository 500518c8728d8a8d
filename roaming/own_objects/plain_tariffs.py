"""The plain shape of a tariff, which a form can hold: prices, and others at times of day and on days. Pure.

One VAT for all, one step for energy and one for time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from roaming.ocpi.schema.wire import canonical

Data = dict[str, Any]

KINDS = ("ENERGY", "TIME", "PARKING_TIME", "FLAT")


@dataclass(frozen=True)
class Prices:
    """Prices by dimension, and when they hold: `from_time` to `until_time` on `days`; all of them empty: always."""

    by_kind: dict[str, Decimal]
    from_time: str = ""
    until_time: str = ""
    days: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plain:
    always: Prices
    at_times: Sequence[Prices] = ()
    vat: Decimal | None = None
    energy_step: int = 1
    time_step: int = 1


def elements(plain: Plain) -> list[Data]:
    """The tariff elements: prices at times come first, because of each dimension the first that holds counts."""
    return [_element(prices, plain) for prices in (*plain.at_times, plain.always) if prices.by_kind]


def read(found: Sequence[Data]) -> Plain | None:
    """The same the way back; None for elements that say more than the form can hold."""
    try:
        told = _read(found)
    except (KeyError, TypeError, ValueError):
        return None
    return told if canonical({"": elements(told)}) == canonical({"": list(found)}) else None


def _element(prices: Prices, plain: Plain) -> Data:
    times = {"start_time": prices.from_time, "end_time": prices.until_time, "day_of_week": list(prices.days)}
    restrictions = {name: value for name, value in times.items() if value}
    components = [_component(kind, prices.by_kind[kind], plain) for kind in KINDS if kind in prices.by_kind]
    return {"price_components": components} | ({"restrictions": restrictions} if restrictions else {})


def _component(kind: str, price: Decimal, plain: Plain) -> Data:
    step = {"ENERGY": plain.energy_step, "FLAT": 1}.get(kind, plain.time_step)
    vat = {} if plain.vat is None else {"vat": plain.vat}
    return {"type": kind, "price": price, **vat, "step_size": step}


def _read(found: Sequence[Data]) -> Plain:
    said = [_prices(element) for element in found]
    components = [component for element in found for component in element["price_components"]]
    always = [prices for prices in said if not (prices.from_time or prices.until_time or prices.days)]
    vats = [component["vat"] for component in components if component.get("vat") is not None]
    return Plain(
        always=always[0] if always else Prices({}),
        at_times=[prices for prices in said if prices not in always],
        vat=vats[0] if vats else None,
        energy_step=next(_steps(components, ("ENERGY",)), 1),
        time_step=next(_steps(components, ("TIME", "PARKING_TIME")), 1),
    )


def _prices(element: Data) -> Prices:
    held = element.get("restrictions") or {}
    by_kind = {component["type"]: component["price"] for component in element["price_components"]}
    return Prices(
        by_kind, held.get("start_time") or "", held.get("end_time") or "", tuple(held.get("day_of_week") or ())
    )


def _steps(components: Sequence[Data], kinds: tuple[str, ...]) -> Iterator[int]:
    return (component["step_size"] for component in components if component["type"] in kinds)
