"""The time zone in which a tariff's hours and days are meant. Known or refused: UTC is nobody's default.

In this order: given, of the Location, of the CDR; by the coordinates (tzfpy, offline, exact to about 100 m); by the
country where all its clocks show the same time: that of the place, else that of the CPO.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tzfpy
from babel.core import get_global

from billing.pricing.errors import TimeZoneUnknown
from billing.pricing.shapes import Cdr, Place

# Clocks of a country are compared once a week of these years: no change of theirs lasts less.
_WEEKS = [datetime(2015, 1, 1, tzinfo=UTC) + timedelta(weeks=number) for number in range(52 * 12)]


def zone_of(cdr: Cdr, given: str | None = None, location: Place | None = None) -> ZoneInfo:
    """Raises TimeZoneUnknown."""
    if given:
        return _zone(given, "$.time_zone")
    places = [place for place in (location, cdr.place, cdr.location) if place is not None]
    for place in places:
        if place.time_zone:
            of_cdr = place is cdr.place
            return _zone(place.time_zone, "$.cdr_location.time_zone" if of_cdr else "$.location.time_zone")
    for place in places:
        if isinstance(place.coordinates, dict):
            guessed = _by_coordinates(str(place.coordinates.get("latitude")), str(place.coordinates.get("longitude")))
            if guessed is not None:
                return _zone(guessed, "$.cdr_location")
    # A CPO may stand in a country of several zones that is not its own: its clock would be the wrong one.
    countries = [place.country for place in places if place.country] or [cdr.country_code or ""]
    guessed = next(filter(None, map(_by_country, countries)), None)
    if guessed is None:
        raise TimeZoneUnknown(
            "time_zone_unknown",
            "$.cdr_location",
            "The tariff depends on the local time, and neither a time zone nor coordinates nor a country with a single "
            "time is given.",
        )
    return _zone(guessed, "$.cdr_location")


@lru_cache(maxsize=1024)
def _zone(name: str, path: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise TimeZoneUnknown("time_zone_unknown", path, f"{name[:60]!r} is no IANA time zone.") from None


@lru_cache(maxsize=4096)
def _by_coordinates(latitude: str, longitude: str) -> str | None:
    try:
        north, east = float(latitude), float(longitude)
    except ValueError:
        return None
    if not (-90 <= north <= 90 and -180 <= east <= 180) or north == east == 0:  # 0, 0 is where the unknown is
        return None
    found = tzfpy.get_tz(east, north)
    return None if found.startswith("Etc/") else found or None  # at sea: latitude and longitude were swapped


@lru_cache(maxsize=1024)
def _by_country(country: str) -> str | None:
    """Of two or three letters."""
    aliases = get_global("territory_aliases").get(country.upper())
    zones = get_global("territory_zones").get(aliases[0] if aliases else country.upper(), ())
    return zones[0] if zones and _agree(zones) else None


def _agree(zones: Iterable[str]) -> bool:
    """Germany has two zones (Berlin and Büsingen), which have had one time for decades."""
    try:
        clocks = [ZoneInfo(name) for name in zones]
    except ZoneInfoNotFoundError:
        return False
    return all(len({at.astimezone(clock).utcoffset() for clock in clocks}) == 1 for at in _WEEKS)
