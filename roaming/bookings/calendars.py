"""Calendars inside a booking location's object (newest shape): finding, placing, and the time they hand up. Pure."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from roaming.ocpi import nested
from roaming.ocpi.schema.values import parse_time

Data = dict[str, Any]

CALENDARS = nested.Level("calendars", "id", "calendar")


def calendar_of(place: Data, calendar_id: str) -> Data | None:
    """The calendar with that id, in any letter case, or None."""
    return nested.find(CALENDARS, place, calendar_id)


def with_calendar(place: Data, calendar: Data) -> Data:
    """The place with `calendar` where the one of its id was, or added at the end, and at least as young (B2)."""
    return nested.placed(CALENDARS, place, calendar)


def aged(place: Data) -> Data:
    """The place, nowhere older than its calendars (B2)."""
    return nested.aged(CALENDARS, place)


def free_slots(place: Data) -> Iterator[tuple[datetime, datetime]]:
    """Beginning and end of each time that can be booked."""
    for calendar in place.get("calendars") or []:
        for slot in calendar["available_timeslots"]:
            yield parse_time(slot["start_date_time"]), parse_time(slot["end_date_time"])
