"""OCPI DateTime (T82): always UTC, always an instant that exists."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roaming.ocpi.schema.validation import format_time, parse_time

FORM = "must be a UTC timestamp such as 2026-03-29T01:30:00Z, at most 25 characters, without offset"
CALENDAR = "must be a timestamp that exists in the calendar"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-29T01:30:00Z", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ("2026-03-29T01:30:00", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ("2026-03-29T01:30:00.5Z", datetime(2026, 3, 29, 1, 30, 0, 500_000, tzinfo=UTC)),
        ("2026-03-29T01:30:00.123", datetime(2026, 3, 29, 1, 30, 0, 123_000, tzinfo=UTC)),
        ("2028-02-29T23:59:59Z", datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC)),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_timestamp_is_read_as_utc(text: str, instant: datetime) -> None:
    assert parse_time(text) == instant
    assert parse_time(text).tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2026-03-29T01:30:00+00:00", FORM),
        ("2026-03-29T01:30:00+02:00", FORM),
        ("2026-03-29T01:30:00-0500", FORM),
        ("2026-03-29", FORM),
        ("2026-03-29T01:30Z", FORM),
        ("2026-03-29 01:30:00Z", FORM),
        ("2026-03-29t01:30:00z", FORM),
        ("20260329T013000Z", FORM),
        ("2026-W13-7T01:30:00Z", FORM),
        ("2026-03-29T01:30:00.Z", FORM),
        ("2026-03-29T01:30:00.123456Z", FORM),
        ("2026-03-29T24:00:00Z", FORM),
        ("2026-03-29T01:60:00Z", FORM),
        ("2026-12-31T23:59:60Z", FORM),
        ("٢٠٢٦-03-29T01:30:00Z", FORM),
        ("2026-03-29T01:30:00Z\n", FORM),
        ("", FORM),
        ("2026-02-30T00:00:00Z", CALENDAR),
        ("2027-02-29T00:00:00Z", CALENDAR),
        ("2026-13-01T00:00:00Z", CALENDAR),
        ("0000-01-01T00:00:00Z", CALENDAR),
        (1_774_747_800, "must be a timestamp, not a number"),
        (None, "must be a timestamp, not null"),
        (True, "must be a timestamp, not a boolean"),
    ],
)
def test_what_is_no_ocpi_timestamp_is_refused(text: object, sentence: str) -> None:
    with pytest.raises(ValueError) as refusal:
        parse_time(text)
    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (datetime(2026, 3, 29, 1, 30, tzinfo=UTC), "2026-03-29T01:30:00Z"),
        (datetime(2026, 3, 29, 1, 30, 0, 120_000, tzinfo=UTC), "2026-03-29T01:30:00.120Z"),
        (datetime(2026, 3, 29, 1, 30, 0, 999, tzinfo=UTC), "2026-03-29T01:30:00Z"),
        (datetime(2026, 3, 29, 3, 30, tzinfo=timezone(timedelta(hours=2))), "2026-03-29T01:30:00Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z"),
    ],
)
def test_a_time_is_written_in_utc_with_z(instant: datetime, text: str) -> None:
    assert format_time(instant) == text


@settings(deadline=None)
@given(st.datetimes(timezones=st.just(UTC)))
def test_what_is_written_is_read_back_to_the_millisecond(instant: datetime) -> None:
    assert parse_time(format_time(instant)) == instant.replace(microsecond=instant.microsecond // 1000 * 1000)
