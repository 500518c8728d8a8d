"""What pricing says: a price that explains itself line by line, or why there is none."""

from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from billing.pricing.shapes import Dimension, TaxIncluded


@dataclass(frozen=True)
class Line:
    """What one price component earned over the whole session. Amounts are exact; `amount` is before tax.

    `unit` is kWh, h or session; `measured` and `billed` are in it, `unit_price` is per it as the tariff writes it
    (`tax_included`); `billed` is `measured` rounded up to the step, where a step applies.
    """

    dimension: Dimension
    tariff_id: str
    unit_price: Decimal
    tax_included: TaxIncluded
    unit: str
    measured: Decimal
    billed: Decimal
    step_size: int
    vat: Decimal | None
    amount: Decimal
    amount_incl: Decimal
    sentence: str


@dataclass(frozen=True)
class Totals:
    """Before tax, per dimension, as OCPI splits total_cost; a minimum or maximum price does not change them."""

    flat: Decimal
    energy: Decimal
    time: Decimal
    parking: Decimal


@dataclass(frozen=True)
class Priced:
    """`total_excl` is exact and unrounded; `total_incl` is None where the tariff leaves it open.

    `notes` are sentences worth reading: a limit that applied, a quantity that costs nothing, a tariff's silence.
    """

    currency: str
    tariff_id: str
    lines: tuple[Line, ...]
    totals: Totals
    total_excl: Decimal
    total_incl: Decimal | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unpriceable:
    """No price, and why: `reason_code` for programs, `sentence` for people."""

    reason_code: str
    sentence: str


Outcome = Priced | Unpriceable


def as_json(outcome: Outcome) -> dict[str, Any]:
    """The outcome for storage and display: plain JSON values, every amount and quantity a string."""
    return {"priced": isinstance(outcome, Priced), **_plain(outcome)}


def _plain(value: Any) -> Any:
    if isinstance(value, Priced | Unpriceable | Line | Totals):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return f"{value:f}" if isinstance(value, Decimal) else value
