"""When a price holds, as a driver reads it: `08:00–20:00 on weekdays`."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal

from billing.pricing.conditions import hours
from billing.pricing.shapes import Restrictions
from billing.pricing.words.speech import Speech

_DAY = 1440


def told(said: Restrictions, speech: Speech) -> str:
    """Empty for what always holds."""
    return " ".join(_told(said, speech))


def _told(said: Restrictions, speech: Speech) -> Iterator[str]:
    yield from _times(said.start_time, said.end_time, speech)
    if said.day_of_week and len(said.day_of_week) < 7:
        yield speech.days(said.day_of_week)
    yield from _dates(said.start_date, said.end_date, speech)
    says = speech.says
    yield from _bounds(
        said.min_kwh,
        said.max_kwh,
        (says.kwh_between, says.kwh_from, says.kwh_below),
        speech.number,
    )
    yield from _bounds(
        said.min_duration,
        said.max_duration,
        (says.duration_between, says.duration_from, says.duration_below),
        speech.duration,
    )
    measured = (says.measured_between, says.measured_from, says.measured_below)
    yield from _bounds(said.min_power, said.max_power, measured, lambda value: f"{speech.number(value)} kW")
    yield from _bounds(said.min_current, said.max_current, measured, lambda value: f"{speech.number(value)} A")


def _times(start: int | None, end: int | None, speech: Speech) -> Iterator[str]:
    """The end of the day is 24:00; the whole day is not worth a word."""
    first, last = start or 0, end or _DAY
    if first == last or (first, last) == (0, _DAY):
        return
    if start is not None and end is not None:
        yield speech.says.time_between.format(hours(first), hours(last))
    elif start is not None:
        yield speech.says.time_from.format(hours(first))
    else:
        yield speech.says.time_until.format(hours(last))


def _dates(first: date | None, end: date | None, speech: Speech) -> Iterator[str]:
    """People say the last day, OCPI the one after it."""
    last = None if end is None else end - timedelta(days=1)
    if first is not None and first == last:
        yield speech.says.date_on.format(speech.date(first))
        return
    if first is not None:
        yield speech.says.date_from.format(speech.date(first))
    if last is not None:
        yield speech.says.date_until.format(speech.date(last))


def _bounds(
    low: Decimal | None, high: Decimal | None, phrases: tuple[str, str, str], written: Callable[[Decimal], str]
) -> Iterator[str]:
    between, above, below = phrases
    if low and high is not None:
        yield between.format(written(low), written(high))
    elif low:
        yield above.format(written(low))
    elif high is not None:
        yield below.format(written(high))
