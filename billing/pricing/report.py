"""A price as plain JSON, for the command line, storage and pages: amounts and quantities are exact decimals as text."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

from billing.pricing import rounding
from billing.pricing.errors import PricingError
from billing.pricing.exact import in_full, plain
from billing.pricing.lines import Line
from billing.pricing.outcome import Amounts, PricedSession
from billing.pricing.parts import COSTS
from billing.pricing.tariff_warnings import Warning
from billing.pricing.verification import Verdict
from roaming.ocpi.schema.values import format_time

_TOTAL = ("total_cost_excl_vat", "total_cost_incl_vat")
_PARTS = tuple(((name, f"{name}_incl_vat"), part) for name, part in COSTS.items())


def as_json(priced: PricedSession, *, explained: bool = True) -> dict[str, Any]:
    """Totals and quantities, `rounded` to the currency, and with `explained` the lines; None is what cannot be known.

    A name without suffix is before tax. Energy is kWh, times are hours.
    """
    exact: dict[str, Any] = {}
    rounded: dict[str, Any] = {}
    _put(exact, _TOTAL, priced.total, plain)
    _put(rounded, _TOTAL, rounding.total(priced), in_full)
    nothing = in_full(rounding.nothing(priced))
    for names, part in _PARTS:
        if part in priced.parts:
            _put(exact, names, priced.parts[part], plain)
            _put(rounded, names, rounding.part(priced, part), in_full)
        else:
            exact[names[0]] = exact[names[1]] = "0"
            rounded[names[0]] = rounded[names[1]] = nothing
    report = {
        **exact,
        "total_energy": plain(priced.energy_kwh),
        "total_time": plain(priced.hours),
        "total_parking_time": plain(priced.parking_hours),
        "total_reservation_time": plain(priced.reserved_hours),
        "billed_energy": plain(priced.billed_energy_kwh),
        "billed_time": plain(priced.billed_hours),
        "billed_parking_time": plain(priced.billed_parking_hours),
        "billed_reservation_time": plain(priced.billed_reserved_hours),
        "reservation_expired": priced.expired,
        "currency": priced.currency,
        "tariffs": list(priced.tariff_ids),
        "rounded": rounded,
        "warnings": [_warning_json(one) for one in priced.warnings],
    }
    if explained:
        report["lines"] = [_line_json(one, rounding.line(priced, one)) for one in priced.lines]
    return report


def _warning_json(warning: Warning) -> dict[str, str]:
    return {"code": warning.code, "message": warning.message, "path": warning.path}


def _line_json(line: Line, due: Amounts) -> dict[str, Any]:
    """`due` is what it adds to the total: rounded where the policy rounds each line."""
    return {
        "period": line.period,
        "starts_at": format_time(line.starts_at),
        "dimension": line.dimension,
        "part": line.part.value,
        "tariff_id": line.tariff_id,
        "element": line.element,
        "unit": line.unit,
        "quantity": plain(line.quantity),
        "step_added": plain(line.step_added),
        "billed": plain(line.billed),
        "step_size": line.step_size,
        "unit_price": plain(line.unit_price),
        "tax_included": line.tax_included.value,
        "vat": _said(line.vat),
        "excl": _said(line.excl),
        "incl": _said(line.incl),
        "due_excl": _said(due.excl),
        "due_incl": _said(due.incl),
        "sentence": line.sentence,
        "reason": line.reason,
    }


def error_json(error: PricingError) -> dict[str, str]:
    return {"code": error.code, "path": error.path, "message": error.sentence}


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """What differs and what would explain it."""
    return {
        "agrees": verdict.agrees,
        "differences": _plain_json(verdict.differences),
        "uncompared": list(verdict.uncompared),
        "contradictions": _plain_json(verdict.contradictions),
        "explanation": _plain_json(verdict.explanation),
        "alternatives": _plain_json(verdict.alternatives),
    }


def _plain_json(value: Any) -> Any:
    """Dataclasses and tuples of them as JSON values: decimals as texts."""
    if is_dataclass(value):
        return {field.name: _plain_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain_json(one) for one in value]
    if isinstance(value, Decimal):
        return plain(value)
    return value.value if isinstance(value, Enum) else value


def _put(report: dict[str, Any], names: tuple[str, str], amounts: Amounts, text: Callable[[Decimal], str]) -> None:
    report[names[0]] = _said(amounts.excl, text)
    report[names[1]] = _said(amounts.incl, text)


def _said(amount: Decimal | None, text: Callable[[Decimal], str] = plain) -> str | None:
    return None if amount is None else text(amount)
