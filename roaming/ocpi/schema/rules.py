"""Rules between the fields of an object, which its types cannot say.

Each rule reads decoded JSON and passes over what has the wrong shape, so that it may run on a broken object too. The
rules are the same in 2.2.1 and 2.3.0; 2.1.1 has its own.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from .values import CLOCK, MAX_NUMBER, parse_time

SHOWN = 3


class Violation(NamedTuple):
    """What is wrong at one place: its JSON path and the rest of a sentence that begins with the path."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path} {self.message}"


class Invalid(ValueError):
    """JSON that is not a valid object; ``str()`` is a status_message of one line, ``violations`` has them all."""

    def __init__(self, violations: Iterable[Violation]) -> None:
        self.violations = list(violations)
        super().__init__(self.violations)

    def __str__(self) -> str:
        shown = [str(violation) for violation in self.violations[:SHOWN]]
        more = len(self.violations) - len(shown)
        return "; ".join(shown) + (f"; and {more} more" if more else "")


Rule = Callable[[dict[str, Any], str], Iterator[Violation]]


def of(version: str, kind: str, value: object) -> Iterator[Violation]:
    """Every broken rule of an object of this kind, nested objects included."""
    rule = (_RULES_211 if version == "2.1.1" else _RULES).get(kind)
    if rule and isinstance(value, dict):
        yield from rule(value, "$")


def _objects(value: dict[str, Any], name: str, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    entries = value.get(name)
    if isinstance(entries, list):
        yield from ((f"{path}.{name}[{i}]", entry) for i, entry in enumerate(entries) if isinstance(entry, dict))


def _duplicates(value: dict[str, Any], name: str, key: str, path: str) -> Iterator[Violation]:
    seen: dict[str, str] = {}
    for place, entry in _objects(value, name, path):
        found = entry.get(key)
        if isinstance(found, str):
            first = seen.setdefault(found.upper(), place)
            if first != place:
                yield Violation(f"{place}.{key}", f"must be unique, but {first} has it too")


def _evse(value: dict[str, Any], path: str) -> Iterator[Violation]:
    yield from _duplicates(value, "connectors", "id", path)


def _location(value: dict[str, Any], path: str) -> Iterator[Violation]:
    yield from _publication(value, path)
    hours = value.get("opening_times")
    if isinstance(hours, dict):
        if hours.get("twentyfourseven") is False and not hours.get("regular_hours"):
            yield Violation(f"{path}.opening_times.regular_hours", "is required when twentyfourseven is false")
        yield from _hours(hours, f"{path}.opening_times")
    yield from _duplicates(value, "parking_places", "id", path)
    yield from _evses(value, path)


def _location_211(value: dict[str, Any], path: str) -> Iterator[Violation]:
    hours = value.get("opening_times")
    if isinstance(hours, dict):
        if bool(hours.get("regular_hours")) is bool(hours.get("twentyfourseven")):
            yield Violation(f"{path}.opening_times", "must have either regular_hours or twentyfourseven")
        yield from _hours(hours, f"{path}.opening_times")
    yield from _evses(value, path)


def _evses(value: dict[str, Any], path: str) -> Iterator[Violation]:
    yield from _duplicates(value, "evses", "uid", path)
    for place, evse in _objects(value, "evses", path):
        yield from _evse(evse, place)


def _charge_211(value: dict[str, Any], path: str) -> Iterator[Violation]:
    """The location in a session or CDR is that of one EVSE and one connector."""
    location = value.get("location")
    if isinstance(location, dict):
        yield from _location_211(location, f"{path}.location")
        yield from _one(location, "evses", "the EVSE", f"{path}.location")
        for place, evse in _objects(location, "evses", f"{path}.location"):
            yield from _one(evse, "connectors", "the connector", place)


def _one(value: dict[str, Any], name: str, what: str, path: str) -> Iterator[Violation]:
    if len(list(_objects(value, name, path))) > 1:
        yield Violation(f"{path}.{name}", f"must have only {what} that was used")


def _publication(value: dict[str, Any], path: str) -> Iterator[Violation]:
    if value.get("publish") is True and value.get("publish_allowed_to"):
        yield Violation(f"{path}.publish_allowed_to", "must be empty when publish is true")
    for place, entry in _objects(value, "publish_allowed_to", path):
        if not (entry.get("uid") or entry.get("visual_number") or entry.get("group_id")):
            yield Violation(place, "must have a uid, a visual_number or a group_id")
        if entry.get("uid") and not entry.get("type"):
            yield Violation(f"{place}.type", "is required when uid is given")
        if entry.get("visual_number") and not entry.get("issuer"):
            yield Violation(f"{place}.issuer", "is required when visual_number is given")


def _hours(value: dict[str, Any], path: str) -> Iterator[Violation]:
    for place, period in _objects(value, "regular_hours", path):
        begin, end = str(period.get("period_begin")), str(period.get("period_end"))
        # Midnight as the end is the end of that day.
        if re.match(CLOCK, begin) and re.match(CLOCK, end) and end <= begin and end != "00:00":
            yield Violation(f"{place}.period_end", "must be later than period_begin")
    for name in ("exceptional_openings", "exceptional_closings"):
        for place, period in _objects(value, name, path):
            if _ends_before_it_begins(period):
                yield Violation(f"{place}.period_end", "must be later than period_begin")


def _ends_before_it_begins(period: dict[str, Any]) -> bool:
    try:
        return parse_time(period.get("period_end")) <= parse_time(period.get("period_begin"))
    except ValueError:
        return False


def _credentials(value: dict[str, Any], path: str) -> Iterator[Violation]:
    seen: dict[tuple[object, ...], str] = {}
    for place, role in _objects(value, "roles", path):
        names = [role.get(key) for key in ("role", "country_code", "party_id")]
        first = seen.setdefault(tuple(n.upper() if isinstance(n, str) else id(role) for n in names), place)
        if first != place:
            yield Violation(place, f"must be unique, but {first} has the same role, country_code and party_id")


def _cdr(value: dict[str, Any], path: str) -> Iterator[Violation]:
    credit = value.get("credit") is True
    if credit and not value.get("credit_reference_id"):
        yield Violation(f"{path}.credit_reference_id", "is required when credit is true")
    identifier = value.get("id")
    if not credit and isinstance(identifier, str) and 36 < len(identifier) <= 39:
        yield Violation(
            f"{path}.id", f"must be at most 36 characters (39 only for a credit CDR), has {len(identifier)}"
        )


def _start_session(value: dict[str, Any], path: str) -> Iterator[Violation]:
    if value.get("connector_id") and not value.get("evse_uid"):
        yield Violation(f"{path}.evse_uid", "is required when connector_id is given")


def _active_result(value: dict[str, Any], path: str) -> Iterator[Violation]:
    if value.get("profile") is not None and value.get("result") != "ACCEPTED":
        yield Violation(f"{path}.profile", "belongs to the result ACCEPTED only")
    yield from _profile_inside(value, "profile", path)


def _profile_inside(value: dict[str, Any], name: str, path: str) -> Iterator[Violation]:
    inside = value.get(name)
    if isinstance(inside, dict):
        yield from _with_profile(inside, f"{path}.{name}")


def _with_profile(value: dict[str, Any], path: str) -> Iterator[Violation]:
    profile = value.get("charging_profile")
    if isinstance(profile, dict):
        place = f"{path}.charging_profile"
        yield from _rate(profile, "min_charging_rate", place)
        for where, period in _objects(profile, "charging_profile_period", place):
            yield from _rate(period, "limit", where)


def _rate(value: dict[str, Any], name: str, path: str) -> Iterator[Violation]:
    rate = value.get(name)
    if not isinstance(rate, Decimal) or not rate.is_finite() or not -MAX_NUMBER <= rate <= MAX_NUMBER:
        return
    if rate != round(rate, 1):
        yield Violation(f"{path}.{name}", "must have at most one decimal")


def _booking_location(value: dict[str, Any], path: str) -> Iterator[Violation]:
    yield from _duplicates(value, "calendars", "id", path)


_RULES: dict[str, Rule] = {
    "location": _location,
    "evse": _evse,
    "credentials": _credentials,
    "cdr": _cdr,
    "start_session": _start_session,
    "set_charging_profile": _with_profile,
    "active_charging_profile": _with_profile,
    "active_charging_profile_result": _active_result,
    "booking_location": _booking_location,
}
_RULES_211: dict[str, Rule] = {
    "location": _location_211,
    "evse": _evse,
    "session": _charge_211,
    "cdr": _charge_211,
}
