"""From the decoded JSON of a CDR or Tariff (2.3.0 shape, numbers int or Decimal) to the engine's values."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from billing.pricing.shapes import Cdr, Component, Element, Limit, Period, Tariff, TaxIncluded
from roaming.ocpi.schema.values import parse_time

Json = Mapping[str, Any]


class Unreadable(ValueError):
    """The object lacks what pricing needs, or has it in the wrong form; the text names the field."""


def read_cdr(data: Json) -> Cdr:
    """A CDR in the 2.3.0 shape. Raises Unreadable."""
    parking = data.get("total_parking_time")
    return Cdr(
        id=_text(data, "id"),
        currency=_text(data, "currency"),
        starts_at=_time(data, "start_date_time"),
        ends_at=_time(data, "end_date_time"),
        periods=tuple(_period(period) for period in _objects(data, "charging_periods")),
        total_energy=_number(data, "total_energy"),
        total_time=_number(data, "total_time"),
        total_parking_time=None if parking is None else _number(data, "total_parking_time"),
        credit=data.get("credit") is True,
    )


def read_tariff(data: Json) -> Tariff:
    """A Tariff in the 2.3.0 shape. Raises Unreadable."""
    return Tariff(
        id=_text(data, "id"),
        currency=_text(data, "currency"),
        elements=tuple(_element(element) for element in _objects(data, "elements")),
        tax_included=_tax_included(data),
        min_price=_limit(data, "min_price"),
        max_price=_limit(data, "max_price"),
        starts_at=_time(data, "start_date_time") if data.get("start_date_time") else None,
        ends_at=_time(data, "end_date_time") if data.get("end_date_time") else None,
    )


def _period(data: Json) -> Period:
    volumes = tuple((_text(item, "type"), _number(item, "volume")) for item in _objects(data, "dimensions"))
    return Period(
        starts_at=_time(data, "start_date_time"),
        volumes=volumes,
        tariff_id=_text(data, "tariff_id") if data.get("tariff_id") else None,
    )


def _element(data: Json) -> Element:
    said = data.get("restrictions") or {}
    if not isinstance(said, Mapping):
        raise Unreadable("“restrictions” is not an object.")
    return Element(
        components=tuple(_component(component) for component in _objects(data, "price_components")),
        restrictions=tuple(name for name, value in said.items() if value is not None and value != []),
    )


def _component(data: Json) -> Component:
    step_size = _number(data, "step_size")
    if step_size < 0 or step_size != int(step_size):
        raise Unreadable(f"“step_size” is {step_size}, not a whole number of at least 0.")
    return Component(
        kind=_text(data, "type"),
        price=_number(data, "price"),
        vat=None if data.get("vat") is None else _number(data, "vat"),
        step_size=int(step_size),
    )


def _limit(data: Json, name: str) -> Limit | None:
    limit = data.get(name)
    if limit is None:
        return None
    if not isinstance(limit, Mapping):
        raise Unreadable(f"“{name}” is not an object.")
    after = None if limit.get("after_taxes") is None else _number(limit, "after_taxes")
    return Limit(before_taxes=_number(limit, "before_taxes"), after_taxes=after)


def _tax_included(data: Json) -> TaxIncluded | None:
    said = data.get("tax_included")
    try:
        return None if said is None else TaxIncluded(said)
    except ValueError:
        raise Unreadable(f"“tax_included” is {said!r}, not YES, NO or N/A.") from None


def _text(data: Json, name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str):
        raise Unreadable(f"“{name}” is missing or not a text.")
    return value


def _number(data: Json, name: str) -> Decimal:
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Unreadable(f"“{name}” is missing or not a number.")
    number = Decimal(value)
    if not number.is_finite():
        raise Unreadable(f"“{name}” is not a finite number.")
    return number


def _time(data: Json, name: str) -> datetime:
    try:
        return parse_time(data.get(name))
    except ValueError as error:
        raise Unreadable(f"“{name}” {error}.") from None


def _objects(data: Json, name: str) -> list[Json]:
    value = data.get(name)
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise Unreadable(f"“{name}” is missing or not a list of objects.")
    return value
