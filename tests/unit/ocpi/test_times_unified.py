"""Times come in every form that OCPI allows, and are kept in one (T82)."""

from typing import Any

import pytest

from roaming.ocpi.schema import times, transforms
from roaming.ocpi.schema.validation import STRUCTS
from tests.wire import load


@pytest.mark.parametrize(
    ("came", "kept"),
    [
        ("2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z"),
        ("2026-11-01T00:00:00", "2026-11-01T00:00:00Z"),
        ("2026-11-01T00:00:00.5Z", "2026-11-01T00:00:00.500Z"),
        ("2026-11-01T00:00:00.000Z", "2026-11-01T00:00:00Z"),
        ("2026-11-01T00:00:00.1239", "2026-11-01T00:00:00.123Z"),
    ],
)
def test_a_time_is_kept_in_our_form_wherever_it_stands(came: str, kept: str) -> None:
    """T82."""
    cdr = load("cdr_ac22")
    cdr["end_date_time"] = cdr["charging_periods"][1]["start_date_time"] = cdr["tariffs"][0]["last_updated"] = came
    cdr["remark"] = cdr["x_vendor"] = came
    for version in ("2.2.1", "2.3.0"):
        stored = transforms.upgrade(version, "cdr", cdr)
        assert stored["end_date_time"] == stored["charging_periods"][1]["start_date_time"] == kept
        assert stored["tariffs"][0]["last_updated"] == kept
        assert stored["remark"] == stored["x_vendor"] == came


def test_an_object_whose_times_are_so_already_is_the_very_same() -> None:
    location = load("location_zuidplein")
    assert times.unified(STRUCTS["2.3.0"]["location"], location) is location


def test_a_part_of_an_object_is_unified_too_and_what_is_no_time_stays() -> None:
    patch: dict[str, Any] = {"last_updated": "2026-11-01T00:00:00", "opening_times": None, "evses": "none"}
    kept = times.unified(STRUCTS["2.3.0"]["location"], patch)
    assert kept == {"last_updated": "2026-11-01T00:00:00Z", "opening_times": None, "evses": "none"}
    broken = {"last_updated": "tomorrow"}
    assert times.unified(STRUCTS["2.3.0"]["location"], broken) is broken
