"""From the JSON of a CDR or Session to the engine's value, in the shape of any version.

One typed pass that stops at the first fault: CDRs come by the million. Numbers become Decimal from their text on; a
number in quotes is read too. A time without a zone is UTC, as the specification has it (section 1.8).
"""

import re
from collections.abc import Mapping
from decimal import DecimalException
from typing import Any, TypeVar

import msgspec

from billing.pricing.errors import Unreadable
from billing.pricing.exact import ZERO
from billing.pricing.fields import add_countable, is_countable, named, not_countable, number
from billing.pricing.shapes import Cdr, Period
from roaming.ocpi.schema import wire
from roaming.ocpi.schema.values import parse_time

C = TypeVar("C", bound=Cdr)
# A year has 35,040 quarters of an hour; nobody charges that long.
MAX_PERIODS = 40_000
# No charge is older or further away; near the ends of the calendar a local time cannot be told.
YEARS = range(1900, 9000)

_FAULTS = (
    (re.compile(r"Object missing required field `(?P<field>\w+)`"), "missing_field", "“{field}” is missing."),
    (re.compile(r"Invalid RFC3339|Expected `datetime"), "bad_time", "{name} is not a time as 2027-03-28T01:30:00Z."),
    (re.compile(r"Invalid decimal"), "not_a_number", "{name} is not a number."),
    (re.compile(r"Expected `decimal"), "wrong_type", "{name} is not a number."),
    (re.compile(r"Expected `str"), "wrong_type", "{name} is not a text."),
    (re.compile(r"Expected `array"), "wrong_type", "{name} is not a list."),
    (re.compile(r"Expected `object"), "wrong_type", "{name} is not an object."),
)
_QUOTED = re.compile(rb'"volume"\s*:\s*"')
_OF_OLD_SESSIONS = {"start_datetime": "start_date_time", "end_datetime": "end_date_time"}
_TIMES = ("start_date_time", "end_date_time", "stop_date_time")


def read_cdr(data: Any, *, path: str = "$") -> Cdr:
    """A CDR or Session of decoded JSON (numbers int or Decimal). Raises Unreadable."""
    try:
        cdr = msgspec.convert(data, Cdr)
    except msgspec.ValidationError:
        cdr = _read_again(_with_zones(_with_names(data)), path)
    _sound(cdr, path)
    _refuse_odd_numbers(data, path)
    return cdr


def _read_again(data: Any, path: str) -> Cdr:
    try:
        return msgspec.convert(data, Cdr)
    except msgspec.ValidationError as error:
        raise _unreadable(error, path) from None


def decode_cdr(body: bytes | msgspec.Raw, decoder: "msgspec.json.Decoder[C]", *, path: str = "$") -> C:
    """The same of bytes, by a decoder of Cdr or of a struct that adds fields to it. Raises Unreadable."""
    try:
        cdr = _sound(decoder.decode(body), path)
        if not _QUOTED.search(body):
            return cdr
    except msgspec.ValidationError:
        pass  # rare enough to be read a second time
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _malformed(error, path) from None
    try:
        data = wire.decode(bytes(body))
    except (wire.NotJson, UnicodeDecodeError, RecursionError) as error:
        raise _malformed(error, path) from None
    spelt = _with_zones(_with_names(data))
    read_cdr(spelt, path=path)
    return decoder.decode(wire.encode(spelt))


def _with_names(data: Any) -> Any:
    """A Session of 2.1.1 spells its times in its own way."""
    if not isinstance(data, Mapping) or "start_datetime" not in data:
        return data
    return {**data, **{name: data[old] for old, name in _OF_OLD_SESSIONS.items() if old in data and name not in data}}


def _refuse_odd_numbers(data: Any, path: str) -> None:
    """Of a charge that has the right shape. msgspec takes 1_0 in quotes for a number, the digits of other scripts, and
    binary fractions, which have lost digits already."""
    for index, period in enumerate(data.get("charging_periods") or ()):
        for position, dimension in enumerate(period["dimensions"]):
            if isinstance(dimension["volume"], str | float):
                number(dimension["volume"], f"{path}.charging_periods[{index}].dimensions[{position}].volume")


def _malformed(error: Exception, path: str) -> Unreadable:
    return Unreadable("malformed_json", path, f"This is not JSON: {error}.")


def _with_zones(data: Any) -> Any:
    """With UTC where a time says no zone."""
    zoned = _zoned(data)
    if isinstance(data, Mapping) and isinstance(data.get("charging_periods"), list):
        zoned["charging_periods"] = [_zoned(period) for period in data["charging_periods"]]
    return zoned


def _zoned(data: Any) -> Any:
    if not isinstance(data, Mapping):
        return data
    times = {name: _with_zone(data[name]) for name in _TIMES if isinstance(data.get(name), str)}
    return {**data, **times}


def _with_zone(text: str) -> str:
    try:
        return parse_time(text).isoformat()
    except ValueError:
        return text  # msgspec says so, with the path


def _sound(cdr: C, path: str) -> C:
    """What no type says: order and number of the periods, times and numbers to count with. Raises Unreadable."""
    periods = cdr.periods
    if not periods:
        raise Unreadable("no_periods", f"{path}.charging_periods", "There are no charging periods.")
    if len(periods) > MAX_PERIODS:
        raise Unreadable(
            "too_many_periods",
            f"{path}.charging_periods",
            f"There are {len(periods)} charging periods; more than {MAX_PERIODS} are not priced.",
        )
    if not _are_ordinary(cdr, periods):
        _refuse_times(cdr, path)
    if not _add_up(periods, path):
        _refuse_volumes(periods, path)
    return cdr


def _are_ordinary(cdr: Cdr, periods: tuple[Period, ...]) -> bool:
    """Whether all times are of the years in which there are charges."""
    return (
        cdr.starts_at.year in YEARS
        and (cdr.ends_at or cdr.starts_at).year in YEARS
        and (cdr.stops_at or cdr.starts_at).year in YEARS
        and periods[0].starts_at.year in YEARS
        and periods[-1].starts_at.year in YEARS
    )


def _add_up(periods: tuple[Period, ...], path: str) -> bool:
    """Whether the sum of all volumes of whatever kind can be counted with: one number to look at instead of many.

    Raises Unreadable where a period starts before the one in front of it.
    """
    total, before = ZERO, periods[0].starts_at
    try:
        for period in periods:
            if period.starts_at < before:
                raise _out_of_order(periods, path)
            before = period.starts_at
            for volume in period.dimensions:
                total = add_countable(total, volume.volume)
    except DecimalException:
        return False
    return total.is_finite()


def _refuse_times(cdr: Cdr, path: str) -> None:
    last = len(cdr.periods) - 1
    times = {
        "start_date_time": cdr.starts_at,
        "end_date_time": cdr.ends_at,
        "stop_date_time": cdr.stops_at,
        "charging_periods[0].start_date_time": cdr.periods[0].starts_at,
        f"charging_periods[{last}].start_date_time": cdr.periods[last].starts_at,
    }
    for name, at in times.items():
        if at is not None and at.year not in YEARS:
            raise Unreadable("bad_time", f"{path}.{name}", f"{named(name)} is in the year {at.year}.")


def _refuse_volumes(periods: tuple[Period, ...], path: str) -> None:
    for index, period in enumerate(periods):
        for position, one in enumerate(period.dimensions):
            if not is_countable(one.volume):
                raise not_countable(f"{path}.charging_periods[{index}].dimensions[{position}].volume")


def _out_of_order(periods: tuple[Period, ...], path: str) -> Unreadable:
    index = next(i for i in range(1, len(periods)) if periods[i].starts_at < periods[i - 1].starts_at)
    return Unreadable(
        "periods_out_of_order",
        f"{path}.charging_periods[{index}].start_date_time",
        f"Charging period {index + 1} starts before the one in front of it.",
    )


def _unreadable(error: msgspec.ValidationError, path: str) -> Unreadable:
    said, _, where = str(error).partition(" - at `$")
    where = path + where.rstrip("`")
    for pattern, code, sentence in _FAULTS:
        if found := pattern.search(said):
            if field := found.groupdict().get("field"):
                where = f"{where}.{field}"
            return Unreadable(code, where, sentence.format(field=field, name=named(where)))
    return Unreadable("wrong_type", where, f"{said}.")
