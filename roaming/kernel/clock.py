"""The only clock of the product, and its wall clocks. Doors read it and hand the time down as `at=`; the demo alone may
shift it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_offset = timedelta(0)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC) + _offset


def in_zone(moment: datetime, time_zone: str) -> datetime:
    """The moment as clocks in the zone show it. At both ends of the calendar, where they would show a year that there
    is none of, the figures stay (T82: year 9999 must not crash anything)."""
    zone = ZoneInfo(time_zone)
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment.replace(tzinfo=zone)


@contextmanager
def shifted() -> Iterator["Shift"]:
    """Let the demo move this process's clock; real time is back when the block ends."""
    global _offset
    try:
        yield Shift()
    finally:
        _offset = timedelta(0)


class Shift:
    """The right to move the clock, had only inside `shifted()`."""

    def to(self, moment: datetime) -> None:
        """From here on the clock runs on from `moment`."""
        global _offset
        _offset = moment - datetime.now(UTC)
