"""When an element is in force: from its start to before its end, by local hours, days, energy, time, power and current.

Asked once, at the start of a charging period. Local times are those of March in Amsterdam, an hour ahead of UTC.
"""

from decimal import Decimal
from typing import Any

import pytest

from tests.unit.pricing.cases import (
    AMSTERDAM,
    DAY,
    Json,
    cdr,
    codes,
    element,
    energy,
    excl,
    period,
    priced,
    tariff,
    time,
)

WEEKDAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]
# The length of a period says nothing here: sessions end where they start, and all is asked at their start.


def in_force(restrictions: Json, charge: Json, **how: Any) -> bool:
    """Whether the element prices its first period, where another would."""
    owed = tariff(element(energy("1"), **restrictions), element(energy("0")))
    line = next(line for line in priced(charge, owed, **how).lines if line.dimension == "ENERGY")
    return line.element == 0


def at_local(clock: str, day: str = DAY) -> Json:
    """A kWh at a local time, given as UTC+1."""
    full = clock if clock.count(":") == 2 else f"{clock}:00"
    return cdr(period(f"{day}T{full}+01:00", ENERGY="1"), zone=AMSTERDAM, end_date_time=None)


@pytest.mark.parametrize(
    ("start", "end", "clock", "expected"),
    [
        ("08:00", "10:00", "07:59:59", False),
        ("08:00", "10:00", "08:00:00", True),
        ("08:00", "10:00", "09:59:59", True),
        ("08:00", "10:00", "10:00:00", False),
        ("08:00", None, "07:59:59", False),
        ("08:00", None, "23:59:59", True),
        (None, "10:00", "00:00:00", True),
        (None, "10:00", "10:00:00", False),
        # after midnight
        ("22:00", "06:00", "21:59:59", False),
        ("22:00", "06:00", "22:00:00", True),
        ("22:00", "06:00", "23:59:59", True),
        ("22:00", "06:00", "00:00:00", True),
        ("22:00", "06:00", "05:59:59", True),
        ("22:00", "06:00", "06:00:00", False),
        # 00:00 is the end of the day as an end, and its beginning as a start
        ("18:00", "00:00", "17:59:59", False),
        ("18:00", "00:00", "23:59:59", True),
        ("18:00", "00:00", "00:00:00", False),
        ("18:00", "24:00", "23:59:59", True),
        ("18:00", "24:00", "00:00:00", False),
        ("00:00", "06:00", "00:00:00", True),
        ("00:00", "06:00", "06:00:00", False),
        (None, "00:00", "00:00:00", True),
        (None, "00:00", "23:59:59", True),
        ("00:00", None, "12:00:00", True),
        # equal times are the whole day
        ("09:00", "09:00", "08:59:59", True),
        ("00:00", "00:00", "12:00:00", True),
        ("08:30", "08:31", "08:30:59.999", True),
        ("8:30", "09:00:00", "08:30:00", True),
    ],
)
def test_hours_are_local_from_the_start_until_before_the_end(
    start: str | None, end: str | None, clock: str, expected: bool
) -> None:
    restrictions = {name: value for name, value in (("start_time", start), ("end_time", end)) if value}
    assert in_force(restrictions, at_local(clock)) is expected


@pytest.mark.parametrize(
    ("restrictions", "day", "clock", "expected"),
    [
        ({"start_date": "2027-03-15"}, "2027-03-14", "23:59:59", False),
        ({"start_date": "2027-03-15"}, "2027-03-15", "00:00:00", True),
        ({"end_date": "2027-03-15"}, "2027-03-14", "23:59:59", True),
        ({"end_date": "2027-03-15"}, "2027-03-15", "00:00:00", False),
        ({"start_date": "2027-03-15", "end_date": "2027-03-15"}, "2027-03-15", "12:00:00", False),
        ({"start_date": "2027-03-15", "end_date": "2027-03-16"}, "2027-03-15", "12:00:00", True),
        # with hours: the window of each day in the range
        ({"start_date": "2027-03-15", "end_date": "2027-03-17", "start_time": "08:00"}, "2027-03-16", "07:59", False),
        ({"start_date": "2027-03-15", "end_date": "2027-03-17", "start_time": "08:00"}, "2027-03-16", "08:00", True),
        ({"start_date": "2027-03-15", "start_time": "22:00", "end_time": "06:00"}, "2027-03-14", "23:00", False),
        ({"start_date": "2027-03-15", "start_time": "22:00", "end_time": "06:00"}, "2027-03-15", "05:00", True),
        ({"end_date": "2027-03-15", "start_time": "22:00", "end_time": "06:00"}, "2027-03-15", "05:00", False),
    ],
)
def test_dates_are_local_and_the_last_is_not_in(restrictions: Json, day: str, clock: str, expected: bool) -> None:
    assert in_force(restrictions, at_local(clock, day)) is expected


@pytest.mark.parametrize(
    ("restrictions", "day", "clock", "expected"),
    [
        ({"day_of_week": ["MONDAY"]}, "2027-03-14", "23:59:59", False),
        ({"day_of_week": ["MONDAY"]}, "2027-03-15", "00:00:00", True),
        ({"day_of_week": ["MONDAY"]}, "2027-03-15", "23:59:59", True),
        ({"day_of_week": ["MONDAY"]}, "2027-03-16", "00:00:00", False),
        ({"day_of_week": WEEKDAYS}, "2027-03-20", "12:00", False),
        ({"day_of_week": ["SUNDAY", "SATURDAY"]}, "2027-03-20", "12:00", True),
        ({"day_of_week": ["MONDAY", "MONDAY"]}, "2027-03-15", "12:00", True),
        ({"day_of_week": []}, "2027-03-15", "12:00", True),
        ({"day_of_week": None}, "2027-03-15", "12:00", True),
        # a window over midnight asks the day of the moment, not of its evening
        ({"day_of_week": ["FRIDAY"], "start_time": "22:00", "end_time": "06:00"}, "2027-03-19", "05:00", True),
        ({"day_of_week": ["FRIDAY"], "start_time": "22:00", "end_time": "06:00"}, "2027-03-19", "23:00", True),
        ({"day_of_week": ["FRIDAY"], "start_time": "22:00", "end_time": "06:00"}, "2027-03-20", "05:00", False),
        ({"day_of_week": ["FRIDAY"], "start_time": "09:00", "end_time": "09:00"}, "2027-03-20", "12:00", False),
    ],
)
def test_days_of_the_week_are_local_and_asked_apart_from_hours(
    restrictions: Json, day: str, clock: str, expected: bool
) -> None:
    assert in_force(restrictions, at_local(clock, day)) is expected


@pytest.mark.parametrize(
    ("restrictions", "before", "expected"),
    [
        ({"min_kwh": 20}, "19.9999", False),
        ({"min_kwh": 20}, "20", True),
        ({"min_kwh": 20}, "20.0001", True),
        ({"max_kwh": 20}, "19.9999", True),
        ({"max_kwh": 20}, "20", False),
        ({"min_kwh": 10, "max_kwh": 20}, "9.9", False),
        ({"min_kwh": 10, "max_kwh": 20}, "15", True),
        ({"min_kwh": 10, "max_kwh": 20}, "20", False),
        ({"min_kwh": "10.5"}, "10.5", True),
        ({"max_kwh": 0}, "0", False),
        ({"min_kwh": 0}, "0", True),
        ({"min_kwh": 0}, "-0.1", False),  # more flowed back than was charged
    ],
)
def test_energy_is_what_was_charged_before_the_period(restrictions: Json, before: str, expected: bool) -> None:
    owed = tariff(element(time("1"), **restrictions))  # energy itself has no price, and counts all the same
    charge = cdr(period("09:00", ENERGY=before), period("10:00", TIME="1", ENERGY="5"))
    assert (excl(charge, owed) == 1) is expected


def test_energy_in_both_prices_flows_from_one_to_the_other_at_the_period() -> None:
    owed = tariff(element(energy("0.10"), max_kwh=10), element(energy("0.50")))
    charge = cdr(period("09:00", ENERGY="4"), period("10:00", ENERGY="6"), period("11:00", ENERGY="1"))
    assert excl(charge, owed) == Decimal("1.50")


def test_a_threshold_inside_a_period_waits_for_the_next() -> None:
    owed = tariff(element(energy("0.10"), max_kwh=10), element(energy("0.50")))
    session = priced(cdr(period("09:00", ENERGY="12"), period("10:00", ENERGY="1")), owed)
    assert session.total.excl == Decimal("1.70")
    assert ("restriction_changes_in_period", "$.charging_periods[0]") in codes(session)


@pytest.mark.parametrize(
    ("restrictions", "start", "expected"),
    [
        ({"min_duration": 1800}, "09:29:59", False),
        ({"min_duration": 1800}, "09:29:59.999999", False),
        ({"min_duration": 1800}, "09:30:00", True),
        ({"max_duration": 1800}, "09:29:59", True),
        ({"max_duration": 1800}, "09:30:00", False),
        ({"min_duration": 600, "max_duration": 1800}, "09:10:00", True),
        ({"min_duration": 0}, "09:00:00", True),
        ({"max_duration": 0}, "09:00:00", False),
        ({"max_duration": "1e39"}, "09:30:00", True),
        ({"min_duration": "1e39"}, "09:30:00", False),
        ({"min_duration": "-1e39"}, "09:00:00", True),
    ],
)
def test_duration_is_what_has_passed_since_the_session_started(restrictions: Json, start: str, expected: bool) -> None:
    """Charging, parking and waiting alike; it is not the sum of TIME."""
    owed = tariff(element(energy("1"), **restrictions))
    charge = cdr(period("09:00", PARKING_TIME="0.1"), period(start, ENERGY="1"))
    assert (excl(charge, owed) == 1) is expected


def test_duration_begins_with_the_cdr_or_its_first_period_whichever_is_earlier() -> None:
    hour = {"min_duration": 3600}
    assert in_force(hour, cdr(period("10:00", ENERGY="1"), start_date_time=f"{DAY}T09:00:00Z"))
    late = cdr(period("09:00"), period("10:00", ENERGY="1"), start_date_time=f"{DAY}T09:30:00Z")
    assert in_force(hour, late)
    assert ("period_outside_session", "$.charging_periods[0]") in codes(priced(late, tariff(element(energy("1")))))


@pytest.mark.parametrize("quantity", ["power", "current"])
@pytest.mark.parametrize(
    ("bound", "measured", "expected"),
    [
        ("min", {"MIN": "16", "MAX": "16"}, True),
        ("min", {"MIN": "15.9", "MAX": "15.9"}, False),
        ("max", {"MIN": "16", "MAX": "16"}, False),
        ("max", {"MIN": "15.9", "MAX": "15.9"}, True),
        # on both sides of the bound: the side that is most in its favour
        ("min", {"MIN": "6", "MAX": "20"}, True),
        ("max", {"MIN": "6", "MAX": "20"}, True),
        # with only one value, that one
        ("min", {"MIN": "6"}, False),
        ("min", {"MIN": "20"}, True),
        ("max", {"MAX": "20"}, False),
        ("max", {"MAX": "6"}, True),
        ("min", {"": "16"}, True),
        ("max", {"": "16"}, False),
        ("max", {"": "15"}, True),
        ("min", {"MIN": "6", "": "16"}, True),  # the average is nearer than the opposite
        # not at all: it does not hold
        ("min", {}, False),
        ("max", {}, False),
        ("max", {"MIN": "-11", "MAX": "-11"}, True),  # flowing back
        ("min", {"MIN": "0", "MAX": "0"}, False),
    ],
)
def test_power_and_current_are_asked_of_the_period(
    quantity: str, bound: str, measured: dict[str, str], expected: bool
) -> None:
    kinds = {f"{side}_{quantity.upper()}".removeprefix("_"): value for side, value in measured.items()}
    charge = cdr(period("09:00", ENERGY="1", **kinds))
    assert in_force({f"{bound}_{quantity}": 16}, charge) is expected


def test_power_is_of_the_moment_and_not_of_the_session() -> None:
    owed = tariff(element(energy("0.20"), max_power=16), element(energy("0.50")))
    charge = cdr(
        period("09:00", ENERGY="1", MAX_POWER="6"),
        period("09:10", ENERGY="1", MAX_POWER="48"),
        period("09:20", ENERGY="1", MAX_POWER="6"),
    )
    assert excl(charge, owed) == Decimal("0.90")
