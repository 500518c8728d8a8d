"""From the decoded JSON of a Tariff to the engine's value. Reads the shapes of 2.1.1, 2.2.1 and 2.3.0 alike.

What prices nothing (ids of the owner, energy mix) is not looked at; what decides money is refused when it is wrong,
with the path of the field. A restriction nobody knows is kept as such: it must never count as none.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from billing.pricing.errors import Unreadable
from billing.pricing.fields import Fields, before_tax, listed, moment, named, number, shown, text
from billing.pricing.shapes import (
    NONE,
    Component,
    Dimension,
    Element,
    Limit,
    Reservation,
    Restrictions,
    Tariff,
    TaxIncluded,
)

_CLOCK = re.compile(r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-5][0-9])(?::00)?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_NUMBERS = (
    "min_kwh",
    "max_kwh",
    "min_current",
    "max_current",
    "min_power",
    "max_power",
    "min_duration",
    "max_duration",
)


def read_tariff(data: Any, *, version: str = "2.3.0", path: str = "$") -> Tariff:
    """The tariff, numbers being int, Decimal or their text. Raises Unreadable.

    Before 2.3.0 there are prices before tax only, and no field to say so.
    """
    tariff = Fields(data, path)
    older = version < "2.3"
    return Tariff(
        id=tariff.text("id"),
        currency=tariff.text("currency"),
        elements=_elements(tariff),
        type=tariff.given("type", text) or "",
        tax_included=TaxIncluded.NO if older else tariff.given("tax_included", _tax_included),
        ignores_tax=older and data.get("tax_included") == TaxIncluded.YES,
        min_price=tariff.given("min_price", _limit),
        max_price=tariff.given("max_price", _limit),
        starts_at=tariff.given("start_date_time", moment),
        ends_at=tariff.given("end_date_time", moment),
        last_updated=_when(data.get("last_updated")),
        alt_text=_alt_text(data.get("tariff_alt_text")),
    )


def _elements(tariff: Fields) -> tuple[Element, ...]:
    """One at least: without any all would be free by mistake."""
    found = tuple(_element(one) for one in tariff.objects("elements"))
    if not found:
        raise Unreadable("no_elements", f"{tariff.path}.elements", "It has no elements, so nothing has a price.")
    return found


def _element(element: Fields) -> Element:
    return Element(
        components=tuple(_component(one) for one in element.objects("price_components")),
        restrictions=element.given("restrictions", _restrictions) or NONE,
    )


def _component(component: Fields) -> Component:
    return Component(
        type=component.needed("type", _dimension),
        price=component.needed("price", number),
        vat=component.given("vat", _percent),
        step_size=component.given("step_size", _step) or 0,
    )


def _restrictions(value: Any, path: str) -> Restrictions:
    fields = Fields(value, path)
    numbers = {name: fields.given(name, number) for name in _NUMBERS}
    reservation = value.get("reservation")
    known = {*_NUMBERS, "start_time", "end_time", "start_date", "end_date", "day_of_week"}
    if reservation in list(Reservation):
        known.add("reservation")
    return Restrictions(
        **numbers,
        start_time=fields.given("start_time", _clock),
        end_time=fields.given("end_time", _clock),
        start_date=fields.given("start_date", _day),
        end_date=fields.given("end_date", _day),
        day_of_week=fields.given("day_of_week", _weekdays) or (),
        reservation=Reservation(reservation) if "reservation" in known else None,
        unknown=tuple(name for name in fields.said() if name not in known),
    )


def _limit(value: Any, path: str) -> Limit:
    """2.2.1 says excl_vat and incl_vat."""
    fields = Fields(value, path)
    gross = fields.given("after_taxes", number)
    return Limit(before_tax(fields), fields.given("incl_vat", number) if gross is None else gross)


def _tax_included(value: Any, path: str) -> TaxIncluded:
    try:
        return TaxIncluded(value)
    except ValueError:
        raise Unreadable("bad_value", path, f"“tax_included” is {shown(value)}, not YES, NO or N/A.") from None


def _dimension(value: Any, path: str) -> Dimension:
    try:
        return Dimension(value)
    except ValueError:
        known = ", ".join(Dimension)
        raise Unreadable("unknown_dimension", path, f"{shown(value)} is no dimension of a price: {known}.") from None


def _percent(value: Any, path: str) -> Decimal:
    rate = number(value, path)
    if rate < 0:
        raise Unreadable("negative_vat", path, f"The VAT rate is {rate:f} %, below 0.")
    return rate


def _step(value: Any, path: str) -> int:
    step = number(value, path)
    if step < 0 or step != int(step):
        raise Unreadable("bad_step_size", path, f"“step_size” is {step:f}, not a whole number of at least 0.")
    return int(step)


def _clock(value: Any, path: str) -> int:
    """Minutes since midnight; seconds, which some write, must be 00. 24:00 is the end of the day, as 00:00 is."""
    found = _CLOCK.fullmatch(text(value, path))
    minutes = int(found["hour"]) * 60 + int(found["minute"]) if found else None
    if minutes is None or minutes > 1440:
        raise Unreadable("bad_time", path, f"{named(path)} is {shown(value)}, not a time of day as HH:MM.")
    return minutes % 1440


def _day(value: Any, path: str) -> date:
    day = text(value, path)
    try:
        if _DAY.fullmatch(day):
            return date.fromisoformat(day)
    except ValueError:
        pass  # 30 February
    raise Unreadable("bad_time", path, f"{named(path)} is {shown(day)}, not a day as YYYY-MM-DD.")


def _weekdays(value: Any, path: str) -> tuple[int, ...]:
    """0 is Monday."""
    days = listed(value, path)
    for index, day in enumerate(days):
        if day not in DAYS:
            raise Unreadable("bad_value", f"{path}[{index}]", f"{shown(day)} is no day of the week.")
    return tuple(sorted({DAYS.index(day) for day in days}))


def _when(value: Any) -> datetime | None:
    """It prices nothing, so a wrong one is only left out."""
    try:
        return moment(value, "$.last_updated")
    except Unreadable:
        return None


def _alt_text(value: Any) -> dict[str, str]:
    """Texts for drivers by language; they decide nothing, so a wrong one is only left out."""
    texts = value if isinstance(value, list) else []
    return {
        one["language"]: one["text"]
        for one in texts
        if isinstance(one, Mapping) and isinstance(one.get("language"), str) and isinstance(one.get("text"), str)
    }
