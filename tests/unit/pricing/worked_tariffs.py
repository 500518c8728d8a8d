"""The tariffs that OCPI 2.2.1 and 2.3.0 work out, in the shape of 2.2.1; `newest` gives that of 2.3.0."""

from decimal import Decimal
from typing import Any

from tests.unit.pricing.cases import Json, element, energy, flat, parking, time

WEEKDAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]


def oldest(*elements: Json, **fields: Any) -> Json:
    """A tariff of 2.2.1."""
    return {
        "country_code": "DE",
        "party_id": "ALL",
        "id": "14",
        "currency": "EUR",
        "elements": list(elements),
        **fields,
    }


def newest(owed: Json) -> Json:
    """The same in 2.3.0: it says that prices are before tax, and names limits otherwise."""
    limits: Json = {
        name: {"before_taxes": owed[name]["excl_vat"], "after_taxes": owed[name]["incl_vat"]}
        for name in ("min_price", "max_price")
        if name in owed
    }
    return {**owed, "tax_included": "NO", **limits}


START, KWH = flat("0.50", vat="20"), energy("0.25", vat="10")
RESERVED, RAN_OUT = {"reservation": "RESERVATION"}, {"reservation": "RESERVATION_EXPIRES"}

MIN_PRICE = oldest(element(KWH), min_price={"excl_vat": Decimal("0.50"), "incl_vat": Decimal("0.55")})
MAX_PRICE = oldest(
    element(START, KWH),
    max_price={"excl_vat": Decimal(10), "incl_vat": Decimal(11)},
    end_date_time="2019-06-30T23:59:59Z",
)
COMPLEX = oldest(
    element(flat("2.50", vat="15")),
    element(time("1.00", vat="20", step=900), max_current=32),
    element(time("2.00", vat="20", step=600), min_current=32, day_of_week=WEEKDAYS),
    element(time("1.25", vat="20", step=600), min_current=32, day_of_week=["SATURDAY", "SUNDAY"]),
    element(parking("5.00", vat="10", step=300), start_time="09:00", end_time="18:00", day_of_week=WEEKDAYS),
    element(parking("6.00", vat="10", step=300), start_time="10:00", end_time="17:00", day_of_week=["SATURDAY"]),
)
RESERVATION = oldest(element(time("5.00", vat="20", step=60), **RESERVED), element(START, KWH))
RESERVATION_FEE = oldest(
    element(flat("2.00", vat="20"), time("5.00", vat="20", step=300), **RESERVED), element(START, KWH)
)
EXPIRY_FEE = oldest(
    element(flat("4.00", vat="20"), **RAN_OUT),
    element(time("2.00", vat="20", step=600), **RESERVED),
    element(START, KWH),
)
EXPIRY_TIME = oldest(
    element(time("6.00", vat="20", step=600), **RAN_OUT),
    element(time("3.00", vat="20", step=600), **RESERVED),
    element(START, KWH),
)
STEPS = oldest(
    element(time("1.20", step=1800), parking("1.00", step=900), start_time="00:00", end_time="17:00"),
    element(time("2.40", step=900), parking("1.00", step=900), start_time="17:00", end_time="20:00"),
    element(time("2.40", step=900), start_time="20:00", end_time="00:00"),
)
MAX_POWER = oldest(
    element(energy("0.20", vat="20"), max_power=16),
    element(energy("0.35", vat="20"), max_power=32),
    element(energy("0.50", vat="20")),
)
MAX_DURATION = oldest(
    element(energy("0.00", vat="20"), max_duration=1800),
    element(energy("0.25", vat="20"), max_duration=3600),
    element(energy("0.40", vat="20")),
)
