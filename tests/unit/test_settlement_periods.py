"""Months and where they begin and end: clock changes, year ends, months that start on a changed clock."""

from datetime import UTC, date, datetime

import pytest

from billing.settlement.periods import BadPeriod, Period, midnight


@pytest.mark.parametrize(
    ("month", "zone", "ends_at"),
    [
        ("2026-10", "Europe/Amsterdam", datetime(2026, 10, 31, 23, tzinfo=UTC)),  # the clock went back on the 25th
        ("2026-09", "Europe/Amsterdam", datetime(2026, 9, 30, 22, tzinfo=UTC)),
        ("2026-03", "Europe/Amsterdam", datetime(2026, 3, 31, 22, tzinfo=UTC)),  # the clock went forward on the 29th
        ("2028-02", "Europe/Amsterdam", datetime(2028, 2, 29, 23, tzinfo=UTC)),  # a leap day
        ("2026-12", "Europe/London", datetime(2027, 1, 1, tzinfo=UTC)),
        ("2026-10", "America/New_York", datetime(2026, 11, 1, 4, tzinfo=UTC)),  # the clock goes back later that night
    ],
)
def test_a_month_ends_at_local_midnight(month: str, zone: str, ends_at: datetime) -> None:
    assert Period.parse(month).ends_at(zone) == ends_at


def test_a_day_whose_midnight_the_clocks_skip_begins_at_the_change() -> None:
    assert midnight(date(2018, 11, 4), "America/Sao_Paulo") == datetime(2018, 11, 4, 3, tzinfo=UTC)


def test_december_ends_with_the_year() -> None:
    assert Period(2026, 12).ends_date == date(2027, 1, 1)
    assert Period.before(datetime(2026, 12, 31, 23, 30, tzinfo=UTC), "Europe/Amsterdam") == Period(2026, 12)
    assert Period.before(datetime(2026, 12, 31, 22, 30, tzinfo=UTC), "Europe/Amsterdam") == Period(2026, 11)


@pytest.mark.parametrize("text", ["2026", "2026-13", "2026-00", "10-2026", "2026-1", "", "٢٠٢٦-١٠", "9999-12"])
def test_what_is_not_a_month_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(BadPeriod, match="YYYY-MM"):
        Period.parse(text)
