"""Calendars inside a booking location's object (newest shape): finding, placing, and the time they hand up. Pure."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from roaming.ocpi.schema.values import parse_time

Data = dict[str, Any]


def calendar_of(place: Data, calendar_id: str) -> Data | None:
    """The calendar with that id, in any letter case, or None."""
    calendars = place.get("calendars") or []
    return next((one for one in calendars if one["id"].upper() == calendar_id.upper()), None)


def with_calendar(place: Data, calendar: Data) -> Data:
    """The place with `calendar` where the one of its id was, or added at the end, and at least as young (B2)."""
    present = list(place.get("calendars") or [])
    where = next((at for at, one in enumerate(present) if one["id"].upper() == calendar["id"].upper()), len(present))
    return aged({**place, "calendars": [*present[:where], calendar, *present[where + 1 :]]})


def aged(place: Data) -> Data:
    """The place, nowhere older than its calendars (B2); never moved back, it may have changed elsewhere since."""
    times = [place["last_updated"], *(one["last_updated"] for one in place.get("calendars") or [])]
    return {**place, "last_updated": max(times, key=parse_time)}


def free_slots(place: Data) -> Iterator[tuple[datetime, datetime]]:
    """Beginning and end of each time that can be booked."""
    for calendar in place.get("calendars") or []:
        for slot in calendar["available_timeslots"]:
            yield parse_time(slot["start_date_time"]), parse_time(slot["end_date_time"])
