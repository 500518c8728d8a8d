"""A price as plain JSON, for the command line, storage and pages: amounts and quantities are exact decimals as text."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from msgspec import Struct

from billing.pricing import rounding
from billing.pricing.errors import PricingError
from billing.pricing.exact import plain
from billing.pricing.outcome import Amounts, PricedSession
from billing.pricing.plan import COSTS
from billing.pricing.verification import Verdict
from roaming.ocpi.schema.values import format_time

_TOTAL = ("total_cost_excl_vat", "total_cost_incl_vat")
_PARTS = tuple(((name, f"{name}_incl_vat"), part) for name, part in COSTS.items())


def as_json(priced: PricedSession, *, explained: bool = True) -> dict[str, Any]:
    """Totals and quantities, `rounded` to the currency, and with `explained` the lines; None is what cannot be known.

    A name without suffix is before tax. Energy is kWh, times are hours.
    """
    report: dict[str, Any] = {}
    _put(report, _TOTAL, priced.total, plain)
    for names, part in _PARTS:
        _put(report, names, priced.part(part), plain)
    report |= {
        "total_energy": plain(priced.energy_kwh),
        "total_time": plain(priced.hours),
        "total_parking_time": plain(priced.parking_hours),
        "billed_energy": plain(priced.billed_energy_kwh),
        "billed_time": plain(priced.billed_hours),
        "billed_parking_time": plain(priced.billed_parking_hours),
        "currency": priced.currency,
        "tariffs": list(priced.tariff_ids),
        "rounded": _rounded(priced),
        "warnings": plain_json(priced.warnings),
    }
    if explained:
        report["lines"] = plain_json(priced.lines)
    return report


def error_json(error: PricingError) -> dict[str, str]:
    return {"code": error.code, "path": error.path, "message": error.sentence}


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """What differs and what would explain it."""
    return {
        "agrees": verdict.agrees,
        "differences": plain_json(verdict.differences),
        "contradictions": plain_json(verdict.contradictions),
        "explanation": plain_json(verdict.explanation),
    }


def plain_json(value: Any) -> Any:
    """Dataclasses, structs and tuples of them as JSON values: decimals and times as texts."""
    if is_dataclass(value):
        return {field.name: plain_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Struct):
        return {name: plain_json(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, tuple | list):
        return [plain_json(one) for one in value]
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return format_time(value)
    return value.value if isinstance(value, Enum) else value


def _rounded(priced: PricedSession) -> dict[str, Any]:
    found: dict[str, Any] = {}
    _put(found, _TOTAL, rounding.total(priced), _in_full)
    for names, part in _PARTS:
        _put(found, names, rounding.part(priced, part), _in_full)
    return found


def _put(report: dict[str, Any], names: tuple[str, str], amounts: Amounts, text: Callable[[Decimal], str]) -> None:
    excl, incl = amounts
    report[names[0]] = None if excl is None else text(excl)
    report[names[1]] = None if incl is None else text(incl)


def _in_full(amount: Decimal) -> str:
    """With the idle zeros of a rounded amount: 0.50."""
    return f"{amount:f}"
