"""Local hours on days that are not 24 hours long, over midnight, the end of a year and a leap day."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from billing.pricing import RECOMMENDED
from tests.unit.pricing.cases import AMSTERDAM, Json, cdr, element, energy, excl, period, priced, tariff, time

LORD_HOWE = "Australia/Lord_Howe"  # its clocks change by half an hour, between UTC+10:30 and UTC+11


def priced_at(utc: str, zone: str, **restrictions: object) -> bool:
    """Whether an element with these restrictions is in force then."""
    owed = tariff(element(energy("1"), **restrictions), element(energy("0")))
    return excl(cdr(period(utc, ENERGY="1"), zone=zone), owed) == 1


@pytest.mark.parametrize(
    ("utc", "window", "expected"),
    [
        # Amsterdam, 28 March 2027: at 02:00 it is 03:00; 01:00 in UTC.
        ("2027-03-28T00:59:59Z", ("01:00", "02:00"), True),
        ("2027-03-28T01:00:00Z", ("01:00", "02:00"), False),
        ("2027-03-28T00:59:59Z", ("02:00", "03:00"), False),  # an hour that does not exist
        ("2027-03-28T01:00:00Z", ("02:00", "03:00"), False),
        ("2027-03-28T01:00:00Z", ("03:00", "04:00"), True),
        ("2027-03-28T01:00:00Z", ("02:30", "04:00"), True),
        ("2027-03-28T01:00:00Z", ("01:00", "02:30"), False),
        ("2027-03-28T03:59:59Z", ("22:00", "06:00"), True),
        ("2027-03-28T04:00:00Z", ("22:00", "06:00"), False),  # seven hours of night
        # 31 October 2027: at 03:00 it is 02:00 again; 01:00 in UTC.
        ("2027-10-31T00:00:00Z", ("02:00", "03:00"), True),
        ("2027-10-31T00:59:59Z", ("02:00", "03:00"), True),
        ("2027-10-31T01:00:00Z", ("02:00", "03:00"), True),  # the same hour once more
        ("2027-10-31T01:59:59Z", ("02:00", "03:00"), True),
        ("2027-10-31T02:00:00Z", ("02:00", "03:00"), False),
        ("2027-10-31T00:30:00Z", ("02:30", "03:00"), True),
        ("2027-10-31T01:00:00Z", ("02:30", "03:00"), False),  # 02:00 again: not yet half past
        ("2027-10-31T01:30:00Z", ("02:30", "03:00"), True),
        ("2027-10-31T04:59:59Z", ("22:00", "06:00"), True),
        ("2027-10-31T05:00:00Z", ("22:00", "06:00"), False),  # nine hours of night
    ],
)
def test_in_amsterdam_an_hour_is_missing_in_spring_and_there_twice_in_autumn(
    utc: str, window: tuple[str, str], expected: bool
) -> None:
    start, end = window
    assert priced_at(utc, AMSTERDAM, start_time=start, end_time=end) is expected


@pytest.mark.parametrize(
    ("utc", "window", "expected"),
    [
        # 4 April 2027: at 02:00 (UTC+11) it is 01:30 (UTC+10:30); 15:00 in UTC on the 3rd.
        ("2027-04-03T14:30:00Z", ("01:30", "02:00"), True),
        ("2027-04-03T14:59:59Z", ("01:30", "02:00"), True),
        ("2027-04-03T15:00:00Z", ("01:30", "02:00"), True),  # the half hour once more
        ("2027-04-03T15:29:59Z", ("01:30", "02:00"), True),
        ("2027-04-03T15:30:00Z", ("01:30", "02:00"), False),
        ("2027-04-03T15:30:00Z", ("02:00", "02:30"), True),
        # 3 October 2027: at 02:00 (UTC+10:30) it is 02:30 (UTC+11); 15:30 in UTC on the 2nd.
        ("2027-10-02T15:29:59Z", ("01:30", "02:00"), True),
        ("2027-10-02T15:30:00Z", ("02:00", "02:30"), False),  # a half hour that does not exist
        ("2027-10-02T15:30:00Z", ("02:30", "03:00"), True),
        ("2027-10-02T15:59:59Z", ("02:30", "03:00"), True),
        ("2027-10-02T16:00:00Z", ("02:30", "03:00"), False),
    ],
)
def test_on_lord_howe_it_is_half_an_hour(utc: str, window: tuple[str, str], expected: bool) -> None:
    start, end = window
    assert priced_at(utc, LORD_HOWE, start_time=start, end_time=end) is expected


@pytest.mark.parametrize(
    ("zone", "local_midnight"),
    [
        ("Europe/Amsterdam", "2027-03-14T23:00:00Z"),
        ("Asia/Kathmandu", "2027-03-14T18:15:00Z"),
        ("America/St_Johns", "2027-03-15T02:30:00Z"),
        ("Pacific/Kiritimati", "2027-03-14T10:00:00Z"),
        ("Pacific/Pago_Pago", "2027-03-15T11:00:00Z"),
        ("UTC", "2027-03-15T00:00:00Z"),
    ],
)
def test_a_day_begins_at_midnight_of_the_place(zone: str, local_midnight: str) -> None:
    assert priced_at(local_midnight, zone, day_of_week=["MONDAY"], end_time="00:01", start_date="2027-03-15")
    second_before = (datetime.fromisoformat(local_midnight) - timedelta(seconds=1)).isoformat()
    assert priced_at(second_before, zone, day_of_week=["SUNDAY"], start_time="23:59", end_date="2027-03-15")


def test_a_duration_is_real_time_over_a_change_of_the_clocks() -> None:
    """From 01:30 to 03:30 on the clock is one hour in the spring night, and three in the autumn one."""
    owed = tariff(element(energy("1"), min_duration=3601), element(energy("0")))
    spring = cdr(period("2027-03-28T00:30:00Z"), period("2027-03-28T01:30:00Z", ENERGY="1"), zone=AMSTERDAM)
    autumn = cdr(period("2027-10-30T23:30:00Z"), period("2027-10-31T02:30:00Z", ENERGY="1"), zone=AMSTERDAM)
    assert (excl(spring, owed), excl(autumn, owed)) == (Decimal(0), Decimal(1))
    assert priced({**spring, "end_date_time": "2027-03-28T01:30:00Z"}, owed).hours == 1
    assert priced({**autumn, "end_date_time": "2027-10-31T02:30:00Z"}, owed).hours == 3


def three_days() -> Json:
    """From Friday 20:00 to Monday 08:00 in Amsterdam, a period at every change of day or price, over a long night."""
    starts = [
        "2027-10-29T18:00:00Z",  # Friday 20:00
        "2027-10-29T20:00:00Z",  # 22:00
        "2027-10-29T22:00:00Z",  # Saturday 00:00
        "2027-10-30T04:00:00Z",  # 06:00
        "2027-10-30T20:00:00Z",  # 22:00
        "2027-10-30T22:00:00Z",  # Sunday 00:00
        "2027-10-31T05:00:00Z",  # 06:00, an hour later in UTC than on Saturday
        "2027-10-31T21:00:00Z",  # 22:00
        "2027-10-31T23:00:00Z",  # Monday 00:00
        "2027-11-01T05:00:00Z",  # 06:00
    ]
    return cdr(*(period(start, ENERGY="1") for start in starts), zone=AMSTERDAM, end_date_time="2027-11-01T07:00:00Z")


def test_a_session_over_three_days_and_a_long_night() -> None:
    owed = tariff(
        element(energy("0.10"), start_time="22:00", end_time="06:00", day_of_week=["FRIDAY", "SATURDAY"]),
        element(energy("0.20"), start_time="22:00", end_time="06:00"),
        element(energy("0.40"), day_of_week=["SATURDAY", "SUNDAY"]),
        element(energy("0.50")),
    )
    session = priced(three_days(), owed)
    assert [line.unit_price * 100 for line in session.lines] == [50, 10, 10, 40, 10, 20, 40, 20, 20, 50]
    assert session.total.excl == Decimal("2.70")
    assert session.hours == 61  # 60 on the clock


@pytest.mark.parametrize(
    ("utc", "expected"),
    [
        ("2027-12-31T22:59:59Z", 1),  # 23:59:59 in the old year
        ("2027-12-31T23:00:00Z", 2),  # a new year in Amsterdam, not yet in UTC
        ("2028-01-01T00:00:00Z", 2),
    ],
)
def test_a_year_ends_at_midnight_of_the_place(utc: str, expected: int) -> None:
    owed = tariff(element(energy("1"), end_date="2028-01-01"), element(energy("2"), start_date="2028-01-01"))
    assert excl(cdr(period(utc, ENERGY="1"), zone=AMSTERDAM), owed) == expected


@pytest.mark.parametrize(
    ("utc", "expected"),
    [
        ("2028-02-28T22:59:59Z", 0),
        ("2028-02-28T23:00:00Z", 1),  # Tuesday, 29 February
        ("2028-02-29T22:59:59Z", 1),
        ("2028-02-29T23:00:00Z", 0),
    ],
)
def test_a_leap_day_is_a_day(utc: str, expected: int) -> None:
    owed = tariff(element(energy("1"), start_date="2028-02-29", end_date="2028-03-01"), element(energy("0")))
    assert excl(cdr(period(utc, ENERGY="1"), zone=AMSTERDAM), owed) == expected
    tuesday = tariff(element(energy("1"), day_of_week=["TUESDAY"]), element(energy("0")))
    assert excl(cdr(period(utc, ENERGY="1"), zone=AMSTERDAM), tuesday) == expected


def test_where_the_clock_does_not_matter_the_night_is_as_long_as_it_is_metered() -> None:
    charge = cdr(period("2027-10-31T00:00:00Z", TIME="2"), end_date_time="2027-10-31T02:00:00Z")
    assert excl(charge, tariff(element(time("1.50")))) == 3


def test_a_start_without_an_end_lasts_to_midnight_and_a_change_there_is_told() -> None:
    owed = tariff(element(energy("1"), start_time="02:00"), element(energy("0")))
    night = cdr(period("23:00", ENERGY="4"), end_date_time="2027-03-16T03:00:00Z", zone="UTC")
    assert [one.code for one in priced(night, owed).warnings] == ["restriction_changes_in_period"]
    split = priced(night, owed, policy=RECOMMENDED.but(threshold_inside_period="split"))
    assert split.total.excl == Decimal(2)  # an hour before midnight, and the one from two to three
