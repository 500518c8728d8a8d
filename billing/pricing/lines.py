"""A use as a line that explains itself: how much at which price, and why this element of the tariff."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from billing.pricing.conditions import Condition
from billing.pricing.exact import plain, quotient, rounded
from billing.pricing.metering import HOUR, Use
from billing.pricing.moments import Moment
from billing.pricing.parts import Part
from billing.pricing.plan import Plan, Rate
from billing.pricing.shapes import ENERGY, FLAT, PARKING, RESERVED, TIME, TIMED, TaxIncluded

_UNITS = {ENERGY: "kWh", TIME: "h", PARKING: "h", RESERVED: "h", FLAT: "session"}


class Line(Struct, frozen=True, kw_only=True):
    """What one component earns in one charging period. Amounts and quantities are exact (thirds to 20 decimals).

    `period` and `element` count from 0; `unit` is kWh, h or session; `quantity` was metered, `billed` is that with
    `step_added`, all in it. `unit_price` is per unit as the tariff writes it (`tax_included`), `excl` and `incl`
    are before and after tax, None where it is not known. `sentence` says what costs what, `reason` why this element.
    """

    period: int
    starts_at: datetime
    dimension: str
    part: Part
    tariff_id: str
    element: int
    unit: str
    quantity: Decimal
    step_added: Decimal
    billed: Decimal
    step_size: int
    unit_price: Decimal
    tax_included: TaxIncluded
    vat: Decimal | None
    excl: Decimal | None
    incl: Decimal | None
    sentence: str
    reason: str


def write(use: Use, plan: Plan) -> Line:
    """The line of one use."""
    rate, component, billed = use.rate, use.rate.component, use.billed
    in_hours = use.kind in TIMED
    measured = quotient(use.quantity, HOUR) if in_hours else use.quantity
    added = quotient(use.added, HOUR) if in_hours and use.added else use.added
    in_all = measured if not use.added else quotient(billed, HOUR) if in_hours else billed
    return Line(
        period=use.moment.number,
        starts_at=use.moment.period.starts_at,
        dimension=use.kind,
        part=rate.part,
        tariff_id=rate.tariff.id,
        element=rate.element,
        unit=_UNITS[use.kind],
        quantity=measured,
        step_added=added,
        billed=in_all,
        step_size=component.step_size,
        unit_price=component.price,
        tax_included=rate.tariff.tax_included or TaxIncluded.NO,
        vat=component.vat,
        excl=_amount(rate.net, billed, plan),
        incl=_amount(rate.gross, billed, plan),
        sentence=_sentence(use, measured, in_all),
        reason=_reason(use),
    )


def quantity(kind: str, amount: Decimal) -> str:
    """A quantity (kWh, hours) as people read it: energy in full, time to four decimals."""
    if kind == ENERGY:
        return f"{plain(amount)} kWh"
    return f"{plain(rounded(amount, 4))} h"


def _amount(price: Decimal | None, billed: Decimal, plan: Plan) -> Decimal | None:
    return None if price is None else quotient(price * billed, plan.divisor)


def _sentence(use: Use, measured: Decimal, billed: Decimal) -> str:
    """`31.284 kWh at 0.4900 EUR per kWh`, and the step where it added something."""
    if use.kind == FLAT:
        return f"Once {use.rate.says}"
    text = quantity(use.kind, measured)
    if not use.added:
        return f"{text} at {use.rate.says}"
    steps = f"{use.rate.component.step_size} {'Wh' if use.kind == ENERGY else 's'}"
    return f"{text}, billed as {quantity(use.kind, billed)} in steps of {steps}, at {use.rate.says}"


def _reason(use: Use) -> str:
    """`Element 2 applies 19:00–22:00 (it was 19:05 local time); element 1 does not: below 10 kWh (…)`."""
    rate = use.rate
    told = _told(rate.conditions, use.moment) if rate.conditions else "always"
    text = f"Element {rate.element + 1}{_of_reservation(rate)} applies {told}"
    return "; ".join([text, *_passed_over(use)]) + "." if rate.in_front else text + "."


def _of_reservation(rate: Rate) -> str:
    return "" if rate.reservation is None else f" ({rate.reservation.value})"


def _told(conditions: tuple[Condition, ...], moment: Moment) -> str:
    return ", ".join(f"{one.says} ({one.because(moment)})" for one in conditions)


def _passed_over(use: Use) -> Iterator[str]:
    """Elements in front of it with a price for the same, and the restriction that they failed at."""
    for number, conditions in use.rate.in_front:
        failed = next((one for one in conditions if not one.test(use.moment)), None)
        if failed is not None:
            yield f"element {number + 1} does not: {failed.says} ({failed.because(use.moment)})"
