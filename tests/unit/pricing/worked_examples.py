"""The worked examples that OCPI 2.2.1 and 2.3.0 print alike: what was used under which tariff, and the printed totals.

The chapters are Tariffs and CDRs (step_size). Where the specification contradicts itself, the comment says what is
right.
"""

from decimal import Decimal
from typing import Any, NamedTuple

from tests.unit.pricing.cases import (
    AMSTERDAM,
    Json,
    cdr,
    element,
    energy,
    flat,
    hours,
    parking,
    period,
    time,
)
from tests.unit.pricing.worked_tariffs import (
    COMPLEX,
    EXPIRY_FEE,
    EXPIRY_TIME,
    KWH,
    MAX_DURATION,
    MAX_POWER,
    MAX_PRICE,
    MIN_PRICE,
    RESERVATION,
    RESERVATION_FEE,
    START,
    STEPS,
    oldest,
)


class Example(NamedTuple):
    """`file` is the tariff's name in the examples of the specification, `excl` and `incl` are as printed."""

    name: str
    file: str
    owed: Json
    charge: Json
    excl: str
    incl: str | None

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


def printed(amount: Decimal | None, as_text: str) -> str:
    """`amount` with as many decimals as the specification prints, half up."""
    assert amount is not None
    places = Decimal(1).scaleb(-len(as_text.partition(".")[2]))
    return f"{amount.quantize(places, 'ROUND_HALF_UP'):f}"


def charging(kwh: str) -> Json:
    return cdr(period("09:00", ENERGY=kwh), start_date_time="2019-05-01T09:00:00Z")


def locally(*periods: Json, **fields: Any) -> Json:
    return cdr(*periods, zone=AMSTERDAM, **fields)


NEVER_CAME: Json = {"session_id": None, "cdr_location": {"evse_uid": "#NA", "evse_id": "#NA", "connector_id": "#NA"}}


def reserved(minutes: int) -> Json:
    """Reserved at nine, then 20 kWh."""
    return cdr(period("09:00", RESERVATION_TIME=hours(minutes)), period(f"09:{minutes}", ENERGY="20"))


def expired(length: str) -> Json:
    return cdr(period("09:00", RESERVATION_TIME=length), **NEVER_CAME)


def _at_power(kw: str, kwh: str, start: str) -> Json:
    return period(start, ENERGY=kwh, MIN_POWER=kw, MAX_POWER=kw)


# Local times below are of March in Amsterdam, an hour ahead of UTC.
EXAMPLES = [
    Example("a quarter per kWh", "tariff_8_simple_025kwh", oldest(element(KWH)), charging("20"), "5.00", "5.50"),
    Example("with a start fee", "tariff_9_025kwh_start", oldest(element(START, KWH)), charging("20"), "5.50", "6.10"),
    Example("above the minimum", "tariff_12_025kwh_min_price", MIN_PRICE, charging("20"), "5.00", "5.50"),
    Example("below the minimum", "tariff_12_025kwh_min_price", MIN_PRICE, charging("1.999"), "0.50", "0.55"),
    Example(
        "parked for 40 minutes",
        "tariff_10_025kwh_parking_start",
        oldest(element(START, KWH, parking("2.00", vat="20", step=900))),
        cdr(period("09:00", ENERGY="20"), period("10:00", PARKING_TIME=hours(40))),
        "7.00",
        "7.90",
    ),
    Example("above the maximum", "tariff_6_025kwh_start_max_price", MAX_PRICE, charging("50"), "10.00", "11.00"),
    Example("below the maximum", "tariff_6_025kwh_start_max_price", MAX_PRICE, charging("30"), "8.00", "8.85"),
    Example(
        "two euros per hour",
        "tariff_1_simple_2hour",
        oldest(element(time("2.00", vat="10", step=60))),
        # Parking is not priced, and so neither billed nor rounded instead of the time.
        cdr(period("09:00", TIME="2.5"), period("11:30", PARKING_TIME="0.7")),
        "5.00",
        "5.50",
    ),
    Example(
        "three per hour and five parked",
        "tariff_13_simple_3hour_5parking",
        oldest(element(time("3.00", vat="10", step=60), parking("5.00", vat="20", step=300))),
        cdr(period("09:00", TIME="2.5"), period("11:30", PARKING_TIME=hours(42))),
        "11.25",
        "12.75",
    ),
    Example(
        "in several languages",
        "tariff_2_alt_text",
        oldest(element(time("1.90", vat="5.2", step=300)), type="AD_HOC_PAYMENT"),
        cdr(period("09:00", TIME="2.5")),
        "4.75",
        "5.00",
    ),
    # 20.45 kWh in steps of 100 Wh are 20.5. The table of 2.3.0 (5.61 and 6.22) forgot the step; its text did not.
    Example(
        "explained by a page",
        "tariff_3_alt_url",
        oldest(element(START, energy("0.25", vat="10", step=100)), type="PROFILE_CHEAP"),
        charging("20.45"),
        "5.63",
        "6.24",
    ),
    Example(
        "explained by a page at the price of the hour",
        "",
        oldest(element(START, energy("0.22", vat="10", step=100)), type="PROFILE_CHEAP"),
        charging("20.45"),
        "5.01",
        "5.56",
    ),
    Example(
        "complex on a Monday",
        "tariff_4_complex",
        COMPLEX,
        locally(period("08:30", TIME="2.75", MAX_CURRENT="16"), period("11:15", PARKING_TIME=hours(42))),
        "9.00",
        "10.30",
    ),
    # Printed are 12.28 and 13.861, with 2.28 for 114 minutes at 1.25 per hour. Those are 2.375.
    Example(
        "complex on a Saturday",
        "tariff_4_complex",
        COMPLEX,
        locally(
            period("2027-03-20T12:30:00Z", TIME="1.9", MIN_CURRENT="43"),
            period("2027-03-20T14:24:00Z", PARKING_TIME=hours(71)),
        ),
        "12.375",
        "13.975",
    ),
    Example(
        "free of charge",
        "tariff_5_free_of_charge",
        oldest(element({**flat("0.00"), "step_size": 0})),
        charging("20"),
        "0.00",
        "0.00",
    ),
    Example(
        "reserved for 15 minutes", "tariff_15_reservation_5_euro_per_hour", RESERVATION, reserved(15), "6.75", "7.60"
    ),
    # The breakdown calls the reserved time parking time.
    Example(
        "reserved for a fee",
        "tariff_16_reservation_2_euro_fee_5_euro_per_hour",
        RESERVATION_FEE,
        reserved(13),
        "8.75",
        "10.00",
    ),
    Example("a reservation kept", "tariff_17_reservation_with_expire_fee", EXPIRY_FEE, reserved(22), "6.50", "7.30"),
    Example(
        "a reservation that ran out", "tariff_17_reservation_with_expire_fee", EXPIRY_FEE, expired("1"), "6.00", "7.20"
    ),
    Example(
        "a dear reservation kept", "tariff_18_reservation_with_expire_time", EXPIRY_TIME, reserved(22), "7.00", "7.90"
    ),
    Example(
        "a dear reservation that ran out",
        "tariff_18_reservation_with_expire_time",
        EXPIRY_TIME,
        expired("1.5"),
        "9.00",
        "10.80",
    ),
    Example(
        "to another element and parking",
        "tariff_14_step_size",
        STEPS,
        locally(period("15:55", TIME=hours(5)), period("16:00", TIME=hours(5)), period("16:05", PARKING_TIME=hours(2))),
        "0.55",
        None,
    ),
    Example(
        "to another element",
        "tariff_14_step_size",
        STEPS,
        locally(period("15:35", TIME=hours(25)), period("16:00", TIME=hours(10))),
        "1.30",
        None,
    ),
    # 20 minutes of parking, of which 8 are before 20:00 and priced: they alone are rounded, to 15.
    Example(
        "to an element free of charge",
        "tariff_14_step_size",
        STEPS,
        locally(
            period("18:40", TIME=hours(12)),
            period("18:52", PARKING_TIME=hours(8)),
            period("19:00", PARKING_TIME=hours(12)),
        ),
        "0.73",
        None,
    ),
    Example(
        "at three powers",
        "tariffrestriction_example_max_power",
        MAX_POWER,
        cdr(_at_power("6", "1", "09:00"), _at_power("48", "40", "09:10"), _at_power("4", "0.5", "10:00")),
        "20.30",
        None,
    ),
    Example(
        "longer than shopping",
        "tariffrestriction_example_max_duration",
        MAX_DURATION,
        cdr(period("09:00", ENERGY="5"), period("09:30", ENERGY="1.2")),
        "0.30",
        None,
    ),
    Example(
        "the CDR of the chapter",
        "tariff_put_example",
        oldest(element(time("2.00", vat="10", step=300))),
        cdr(period("2015-06-29T21:39:09Z", TIME="1.973"), end_date_time="2015-06-29T23:37:32Z"),
        "4.00",
        "4.40",
    ),
]
