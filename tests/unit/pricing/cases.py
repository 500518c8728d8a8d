"""Charges and tariffs in the shape of the wire, with no more than pricing reads. Numbers are texts, read as Decimal."""

import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing import pricing

Json = dict[str, Any]
DAY = "2027-03-15"  # a Monday; a time of day alone is meant there, in UTC
AMSTERDAM = "Europe/Amsterdam"
D = Decimal
# Each is no number to count with, whether it comes as JSON or as Decimal.
UNCOUNTABLE = ["NaN", "-NaN", "sNaN", "Infinity", "-Infinity", "1e999999", "-1e999999", "1e-999999", "1e41", "1e-41"]


def at(text: str) -> str:
    """`09:30` → 2027-03-15T09:30:00Z; a full time stays as it is."""
    if "T" in text:
        return text
    return f"{DAY}T{text if text.count(':') == 2 else text + ':00'}Z"


def period(start: str, tariff_id: str | None = None, /, **volumes: object) -> Json:
    """`period("09:30", ENERGY="20", TIME="1.5")`: kWh and hours."""
    dimensions = [{"type": kind, "volume": _number(volume)} for kind, volume in volumes.items()]
    made: Json = {"start_date_time": at(start), "dimensions": dimensions}
    return made if tariff_id is None else {**made, "tariff_id": tariff_id}


def cdr(*periods: Json, zone: str | None = None, **fields: Any) -> Json:
    """A CDR in EUR until an hour after the start of its last period; None leaves a field out."""
    made: Json = {
        "id": "VLT-1",
        "currency": "EUR",
        "start_date_time": periods[0]["start_date_time"] if periods else at("09:00"),
        "end_date_time": _an_hour_later(periods[-1]["start_date_time"]) if periods else at("10:00"),
        "charging_periods": list(periods),
        "cdr_location": {"evse_uid": "VLT-E1", **({} if zone is None else {"time_zone": zone})},
        **fields,
    }
    return {name: value for name, value in made.items() if value is not None}


def component(kind: str, price: str, *, vat: str | None = None, step: int = 1) -> Json:
    taxed = {} if vat is None else {"vat": D(vat)}
    return {"type": kind, "price": D(price), "step_size": step, **taxed}


def element(*components: Json, **restrictions: Any) -> Json:
    """`element(component("ENERGY", "0.40"), start_time="19:00")`."""
    made: Json = {"price_components": list(components)}
    return made | {"restrictions": restrictions} if restrictions else made


def tariff(*elements: Json, **fields: Any) -> Json:
    """A tariff of 2.3.0 in EUR, its prices before tax."""
    return {"id": "FAIR", "currency": "EUR", "tax_included": "NO", "elements": list(elements), **fields}


def flat(price: str, *, vat: str | None = None) -> Json:
    return component("FLAT", price, vat=vat)


def energy(price: str, *, vat: str | None = None, step: int = 1) -> Json:
    return component("ENERGY", price, vat=vat, step=step)


def time(price: str, *, vat: str | None = None, step: int = 1) -> Json:
    return component("TIME", price, vat=vat, step=step)


def parking(price: str, *, vat: str | None = None, step: int = 1) -> Json:
    return component("PARKING_TIME", price, vat=vat, step=step)


def priced(charge: Json, *tariffs: Json, **how: Any) -> pricing.PricedSession:
    """Read and priced."""
    return pricing.price(pricing.read_cdr(charge), [pricing.read_tariff(one) for one in tariffs], **how)


def total(charge: Json, *tariffs: Json, **how: Any) -> tuple[Any, Any]:
    """What it costs before and after tax, Decimal or None."""
    amounts = priced(charge, *tariffs, **how).total
    return amounts.excl, amounts.incl


def excl(charge: Json, *tariffs: Json, **how: Any) -> Decimal | None:
    return priced(charge, *tariffs, **how).total.excl


def money(*texts: str | None) -> tuple[Decimal | None, ...]:
    return tuple(None if text is None else D(text) for text in texts)


def hours(minutes: int) -> str:
    """As a CDR writes minutes: 42 → 0.7, 40 → 0.6667 (an OCPI number has four decimals)."""
    return f"{(D(minutes) / 60).quantize(D('0.0001')).normalize():f}"


def refused(call: Callable[[], object]) -> tuple[str, str]:
    """The code and the path of the refusal that a call ends in."""
    with pytest.raises(pricing.PricingError) as caught:
        call()
    assert caught.value.sentence
    return caught.value.code, caught.value.path


def codes(session: pricing.PricedSession) -> list[tuple[str, str]]:
    return [(one.code, one.path) for one in session.warnings]


def changed(data: Json, path: str, value: object) -> Json:
    """A copy with another value at a path such as `$.elements[0].restrictions`."""
    made = copy.deepcopy(data)
    steps = path.removeprefix("$.").replace("[", ".").replace("]", "").split(".")
    place: Any = made
    for step in steps[:-1]:
        place = place[int(step)] if isinstance(place, list) else place[step]
    place[int(steps[-1]) if isinstance(place, list) else steps[-1]] = value
    return made


def _number(volume: object) -> object:
    """A text is a number; what is no number on purpose comes as something else."""
    return D(volume) if isinstance(volume, str) else volume


def _an_hour_later(text: str) -> str:
    moment = datetime.fromisoformat(text) + timedelta(hours=1)
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
