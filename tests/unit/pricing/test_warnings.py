"""What a reader of a price should know: each code once, where it points, and where it is silent."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billing import pricing
from billing.pricing import RECOMMENDED, PricingPolicy, of_version
from tests.unit.pricing.cases import (
    AMSTERDAM,
    DAY,
    Json,
    cdr,
    codes,
    element,
    energy,
    flat,
    parking,
    period,
    priced,
    tariff,
    time,
)

VAT = "21"
PLAIN = tariff(element(energy("0.40", vat=VAT)))
HOUR = cdr(period("09:00", ENERGY="10"), zone=AMSTERDAM)
PERIOD = "$.charging_periods[0]"
DEFAULT = RECOMMENDED.but(unknown_tariff="default")


def warned(charge: Json, *tariffs: Json, policy: PricingPolicy = RECOMMENDED) -> list[tuple[str, str]]:
    return codes(priced(charge, *tariffs, policy=policy))


def test_an_ordinary_charge_under_an_ordinary_tariff_is_nothing_to_talk_about() -> None:
    assert warned(HOUR, PLAIN) == []


ENDED_EARLY = {"end_date_time": f"{DAY}T08:59:59Z"}


def test_a_tax_that_an_older_version_has_no_field_for_is_said() -> None:
    owed = pricing.read_tariff({**PLAIN, "tax_included": "YES"}, version="2.2.1")
    session = pricing.price(pricing.read_cdr(HOUR), [owed])
    assert codes(session) == [("tax_included_ignored", "$.tax_included")]
    assert session.total.excl == 4  # as a price before tax


def test_an_end_before_the_start_is_said_under_its_own_name() -> None:
    told = [("end_before_start", "$.end_date_time"), ("period_outside_session", PERIOD)]
    assert warned({**HOUR, **ENDED_EARLY}, PLAIN) == told
    stopped = {**HOUR, "end_date_time": None, "stop_date_time": f"{DAY}T08:59:59Z"}
    assert warned(stopped, PLAIN) == [("end_before_start", "$.stop_date_time"), told[1]]


@pytest.mark.parametrize(
    ("code", "path", "charge", "owed"),
    [
        ("period_outside_session", PERIOD, {**HOUR, "start_date_time": f"{DAY}T09:00:01Z"}, PLAIN),
        ("period_outside_session", PERIOD, {**HOUR, "start_date_time": f"{DAY}T08:00:00Z", **ENDED_EARLY}, PLAIN),
        (
            "negative_energy",
            "$.charging_periods[1]",
            cdr(period("09:00", ENERGY="10"), period("10:00", ENERGY="-1")),
            PLAIN,
        ),
        (
            "period_without_tariff",
            "$.charging_periods[1]",
            cdr(period("09:00", "FAIR", ENERGY="10"), period("10:00", ENERGY="1")),
            PLAIN,
        ),
        (
            "restriction_changes_in_period",
            PERIOD,
            HOUR,
            tariff(element(energy("1", vat=VAT), max_kwh=5), element(energy("2", vat=VAT))),
        ),
        ("power_not_measured", PERIOD, HOUR, tariff(element(energy("1", vat=VAT), max_power=5), *PLAIN["elements"])),
        (
            "current_not_measured",
            PERIOD,
            HOUR,
            tariff(element(energy("1", vat=VAT), min_current=5), *PLAIN["elements"]),
        ),
        ("not_priced", "$.charging_periods", cdr(period("09:00", TIME="1", ENERGY="1")), PLAIN),
        (
            "several_fees",
            "$.charging_periods[1]",
            cdr(period("09:00", ENERGY="1"), period("10:00", ENERGY="1")),
            tariff(element(flat("1", vat=VAT), max_duration=60), element(flat("3", vat=VAT)), *PLAIN["elements"]),
        ),
        ("tax_included_missing", "$.tax_included", HOUR, {**PLAIN, "tax_included": None}),
        ("tax_rate_without_tax", "$.elements", HOUR, {**PLAIN, "tax_included": "N/A"}),
        ("tax_rate_missing", "$.elements", HOUR, tariff(element(energy("1")), tax_included="YES")),
        (
            "unknown_restriction",
            "$.elements[1].restrictions.booking",
            HOUR,
            tariff(*PLAIN["elements"], element(time("1", vat=VAT), booking="BOOKING")),
        ),
        (
            "whole_day_window",
            "$.elements[0].restrictions.end_time",
            HOUR,
            tariff(element(energy("1", vat=VAT), start_time="09:00", end_time="09:00")),
        ),
        ("min_price_applied", "$.min_price", HOUR, {**PLAIN, "min_price": {"before_taxes": 9, "after_taxes": 10}}),
        ("max_price_applied", "$.max_price", HOUR, {**PLAIN, "max_price": {"before_taxes": 1, "after_taxes": 2}}),
        ("tariff_of_type", f"{PERIOD}.tariff_id", HOUR, {**PLAIN, "type": "AD_HOC_PAYMENT"}),
        (
            "tariff_not_valid",
            f"{PERIOD}.tariff_id",
            cdr(period("09:00", "FAIR", ENERGY="10")),
            {**PLAIN, "end_date_time": f"{DAY}T09:00:00Z"},
        ),
    ],
)
def test_this_is_said_and_nothing_else(code: str, path: str, charge: Json, owed: Json) -> None:
    assert warned(charge, owed) == [(code, path)]


def test_a_limit_without_tax_and_limits_that_cross_are_said_beside_what_applied() -> None:
    owed = {**PLAIN, "min_price": {"before_taxes": 9}, "max_price": {"before_taxes": 5, "after_taxes": 6}}
    assert warned(HOUR, owed) == [
        ("min_price_applied", "$.min_price"),
        ("limit_without_tax", "$.min_price.after_taxes"),
        ("max_price_applied", "$.max_price"),
        ("limits_cross", "$.min_price"),
    ]


def test_another_tariff_than_the_named_one_is_said_once() -> None:
    charge = cdr(period("09:00", "OTHER", ENERGY="1"), period("09:30", "OTHER", ENERGY="1"))
    assert warned(charge, PLAIN, policy=DEFAULT) == [("unknown_tariff", f"{PERIOD}.tariff_id")]
    mixed = cdr(period("09:00", "FAIR", ENERGY="1"), period("09:30", "OTHER", ENERGY="1"))
    assert warned(mixed, PLAIN, policy=DEFAULT) == [("unknown_tariff", "$.charging_periods[1].tariff_id")]


def test_a_named_tariff_of_any_type_was_meant() -> None:
    owed = {**PLAIN, "type": "PROFILE_CHEAP"}
    assert warned(cdr(period("09:00", "fair", ENERGY="10")), owed) == []
    assert warned(HOUR, {**PLAIN, "type": "REGULAR"}) == []


WORKDAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]


def _restricted(charged: Json, **restrictions: Any) -> list[tuple[str, str]]:
    """Of two prices for energy, and none for time."""
    owed = tariff(element(energy("1", vat=VAT), **restrictions), element(energy("2", vat=VAT)))
    return [one for one in warned(charged, owed) if one[0] == "restriction_changes_in_period"]


INSIDE = [("restriction_changes_in_period", PERIOD)]
# Monday in Amsterdam, from 10:00 to 11:00.
AN_HOUR = cdr(period("09:00", ENERGY="10"), zone=AMSTERDAM)
# From Monday 23:30 to Tuesday 00:30.
OVER_MIDNIGHT = cdr(period("22:30", ENERGY="10"), zone=AMSTERDAM)


@pytest.mark.parametrize(
    ("charge", "restrictions", "said"),
    [
        (AN_HOUR, {"end_time": "10:30"}, True),
        (AN_HOUR, {"start_time": "10:59"}, True),
        (AN_HOUR, {"start_time": "10:15", "end_time": "10:45"}, True),  # in force only in between
        (AN_HOUR, {"end_time": "11:00"}, False),  # exactly at its end
        (AN_HOUR, {"start_time": "10:00"}, False),  # exactly at its start
        (AN_HOUR, {"max_kwh": 5}, True),
        (AN_HOUR, {"max_kwh": 10}, False),
        (AN_HOUR, {"min_kwh": "9.9999"}, True),
        (AN_HOUR, {"max_duration": 3599}, True),
        (AN_HOUR, {"max_duration": 3600}, False),
        (AN_HOUR, {"max_kwh": 5, "max_power": 1}, False),  # never in force
        (AN_HOUR, {"end_time": "10:30", "day_of_week": ["SUNDAY"]}, False),
        (OVER_MIDNIGHT, {"day_of_week": ["MONDAY"]}, True),
        (OVER_MIDNIGHT, {"day_of_week": WORKDAYS}, False),  # Tuesday is as good
        (OVER_MIDNIGHT, {"start_time": "22:00", "end_time": "06:00"}, False),
        (OVER_MIDNIGHT, {"start_time": "22:00", "end_time": "00:00"}, True),
        (OVER_MIDNIGHT, {"end_date": "2027-03-16"}, True),
        (OVER_MIDNIGHT, {"end_date": "2027-03-17"}, False),
        (OVER_MIDNIGHT, {"start_time": "00:00", "end_time": "00:00"}, False),
    ],
)
def test_a_change_inside_a_period_is_said_where_it_would_change_a_price(
    charge: Json, restrictions: Json, said: bool
) -> None:
    assert _restricted(charge, **restrictions) == (INSIDE if said else [])


def test_a_change_of_a_price_for_something_else_is_nothing_to_talk_about() -> None:
    owed = tariff(element(parking("1", vat=VAT), end_time="10:30"), element(energy("2", vat=VAT)))
    assert warned(AN_HOUR, owed) == []
    parked = cdr(period("09:00", PARKING_TIME="1"), zone=AMSTERDAM)
    assert warned(parked, owed) == [*INSIDE]
    same = tariff(element(energy("1", vat=VAT), parking("1", vat=VAT)), element(energy("2", vat=VAT), max_kwh=5))
    assert warned(AN_HOUR, same) == []


def test_a_fee_that_becomes_due_inside_a_period_is_said() -> None:
    owed = tariff(element(flat("1", vat=VAT), min_duration=1800), element(energy("2", vat=VAT)))
    assert warned(AN_HOUR, owed) == INSIDE
    due_already = tariff(
        element(flat("1", vat=VAT), max_duration=1800), element(flat("2", vat=VAT)), *PLAIN["elements"]
    )
    assert warned(AN_HOUR, due_already) == []


def test_a_night_of_changing_clocks_is_no_change_of_price() -> None:
    night = cdr(period("2027-10-30T22:00:00Z", ENERGY="5"), zone=AMSTERDAM, end_date_time="2027-10-31T03:00:00Z")
    assert _restricted(night, start_time="22:00", end_time="06:00") == []
    assert _restricted(night, start_time="02:30", end_time="03:00") == INSIDE


def test_a_free_component_needs_no_rate() -> None:
    assert warned(HOUR, tariff(element(energy("0.00")))) == []


def test_only_tariffs_that_price_are_talked_about() -> None:
    other = {**PLAIN, "id": "OTHER", "tax_included": None}
    assert warned(cdr(period("09:00", "FAIR", ENERGY="10")), PLAIN, other) == []


def test_a_rate_that_is_left_out_is_none_in_2_2_1_and_open_in_the_others() -> None:
    owed = tariff(element(energy("1")))
    assert warned(HOUR, owed, policy=of_version("2.2.1")) == []
    for version in ("2.1.1", "2.3.0"):
        assert warned(HOUR, owed, policy=of_version(version)) == [("tax_rate_missing", "$.elements")]


def test_every_warning_is_a_sentence() -> None:
    session = priced(HOUR, {**PLAIN, "tax_included": None, "min_price": {"before_taxes": 9}})
    assert [one.message for one in session.warnings] == [
        "Tariff FAIR does not say whether its prices include tax; read as prices before tax.",
        "The minimum price of 9.00 EUR applies.",
        "The minimum price of tariff FAIR does not say what it is after tax; taxed like the session.",
    ]


def test_days_of_minutes_are_read_without_a_warning() -> None:
    """6,000 periods, up to just below the energy at which the price changes."""
    start = datetime(2027, 3, 15, tzinfo=UTC)
    periods = (period((start + timedelta(minutes=count)).isoformat(), ENERGY="0.01") for count in range(6_000))
    session = priced(cdr(*periods), tariff(element(energy("1", vat=VAT), max_kwh=61), element(energy("2", vat=VAT))))
    assert session.warnings == ()
    assert session.total.excl == 60


def test_what_a_booking_measures_is_free_and_said() -> None:
    charge = cdr(period("09:00", ENERGY="1", RESERVATION_OVERTIME="0.5"))
    assert warned(charge, PLAIN) == [("not_priced", "$.charging_periods[0]")]
