"""Objects of OCPI 2.2.1 as 2.3.0 has them, and back: prices name their taxes one by one, tariffs say what they include.

What 2.3.0 added besides is left in place: whoever reads 2.2.1 does not look for it.
"""

from decimal import Decimal
from typing import Any

from roaming.simulator.wire import Json

COSTS = (
    "total_cost",
    "total_fixed_cost",
    "total_energy_cost",
    "total_time_cost",
    "total_parking_cost",
    "total_reservation_cost",
)
_LIMITS = {"excl_vat": "before_taxes", "incl_vat": "after_taxes"}


def spoken(module: str, data: Json) -> Json:
    """An object or PATCH body of 2.2.1 in 2.3.0."""
    if module == "tariffs":
        return _tariff(data)
    if module not in ("sessions", "cdrs"):
        return data
    costs = {name: _price(data[name]) for name in COSTS if data.get(name)}
    return data | costs | ({"tariffs": [_tariff(one) for one in data["tariffs"]]} if data.get("tariffs") else {})


def heard(module: str, data: Json) -> Json:
    """An object or PATCH body of 2.3.0 in 2.2.1."""
    if module == "tariffs":
        return _tariff_of(data)
    if module not in ("sessions", "cdrs"):
        return data
    costs = {name: _price_of(data[name]) for name in COSTS if data.get(name)}
    return data | costs | ({"tariffs": [_tariff_of(one) for one in data["tariffs"]]} if data.get("tariffs") else {})


def _price(price: Json) -> Json:
    if "incl_vat" not in price:
        return {"before_taxes": price["excl_vat"]}
    tax = {"name": "VAT", "amount": Decimal(price["incl_vat"]) - Decimal(price["excl_vat"])}
    return {"before_taxes": price["excl_vat"], "taxes": [tax]}


def _price_of(price: Json) -> Json:
    before: Any = price["before_taxes"]
    taxes = price.get("taxes") or []
    return {"excl_vat": before} | ({"incl_vat": sum((tax["amount"] for tax in taxes), before)} if taxes else {})


def _tariff(tariff: Json) -> Json:
    limits = {name: _renamed(tariff[name], _LIMITS) for name in ("min_price", "max_price") if tariff.get(name)}
    return tariff | {"tax_included": "NO"} | limits


def _tariff_of(tariff: Json) -> Json:
    back = {newer: older for older, newer in _LIMITS.items()}
    limits = {name: _renamed(tariff[name], back) for name in ("min_price", "max_price") if tariff.get(name)}
    return {name: value for name, value in tariff.items() if name != "tax_included"} | limits


def _renamed(value: Json, names: dict[str, str]) -> Json:
    return {names.get(name, name): item for name, item in value.items()}
