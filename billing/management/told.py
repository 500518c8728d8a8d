"""Prices as text for a terminal: totals, and a table of what is billed, each row with its reason."""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

from billing import pricing
from billing.pricing import rounding
from billing.pricing.exact import at_least, plain, rounded

_COLUMNS = ("From", "What", "Measured", "Billed", "Price", "Before tax", "After tax")
_LEFT = 2  # columns of words; the others are numbers


def price(priced: pricing.PricedSession, time_zone: str | None, *more: str) -> Iterator[str]:
    """The total, `more` about the charge, the table, and what to know about it. Times are local where a zone is given
    or the tariff asked for one, else as the charge tells them."""
    local = priced.usage.moments[0].local or priced.cdr.starts_at
    zone = ZoneInfo(time_zone) if time_zone else local.tzinfo
    yield both(rounding.total(priced), priced.currency)
    yield from more or (f"{plain(priced.energy_kwh)} kWh by tariff {', '.join(priced.tariff_ids)}",)
    yield ""
    yield from _table(priced.lines, zone)
    for warning in priced.warnings:
        yield f"Note: {warning.message}"


def both(total: pricing.Amounts, currency: str) -> str:
    """An amount before and after tax."""
    return f"{amount(total.excl)} {currency} before tax, {amount(total.incl)} {currency} after tax"


def at(moment: datetime, zone: tzinfo | None) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"


def amount(value: Decimal | None) -> str:
    """To the four decimals of OCPI at most."""
    return "unknown" if value is None else at_least(rounded(value, 4), 2)


def _table(lines: tuple[pricing.Line, ...], zone: tzinfo | None) -> Iterator[str]:
    rows = [_COLUMNS, *(_row(line, zone) for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    reasons = ["", *(line.reason for line in lines)]
    for row, reason in zip(rows, reasons, strict=True):
        cells = zip(row, widths, strict=True)
        yield "  ".join(
            cell.ljust(width) if column < _LEFT else cell.rjust(width) for column, (cell, width) in enumerate(cells)
        )
        if reason:
            yield f"    {reason}"


def _row(line: pricing.Line, zone: tzinfo | None) -> tuple[str, ...]:
    price_text = at_least(line.unit_price, 2)
    used = ("", "once", price_text)
    if line.unit != "session":
        measured, billed = _quantity(line.quantity), _quantity(line.billed)
        used = (f"{measured} {line.unit}", f"{billed} {line.unit}", f"{price_text}/{line.unit}")
    return (at(line.starts_at, zone), line.dimension, *used, amount(line.excl), amount(line.incl))


def _quantity(value: Decimal) -> str:
    return plain(rounded(value, 4))
