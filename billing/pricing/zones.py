"""The time zone in which a tariff's hours and days are meant. Known or refused: UTC is nobody's default.

In this order: given, of the Location, of the CDR; by the coordinates (tzfpy, offline, exact to about 100 m); by the
country where it has a single zone.
"""

from functools import cache, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tzfpy
from babel.core import get_global

from billing.pricing.errors import TimeZoneUnknown
from billing.pricing.shapes import Cdr, Place


def zone_of(cdr: Cdr, given: str | None = None, location: Place | None = None) -> ZoneInfo:
    """Raises TimeZoneUnknown."""
    if given is not None:
        return _zone(given)
    places = [place for place in (location, cdr.place, cdr.location) if place is not None]
    named = next((place.time_zone for place in places if place.time_zone), None)
    if named is not None:
        return _zone(named)
    guessed = next(filter(None, (_by_coordinates(place.coordinates) for place in places)), None)
    if guessed is None:
        countries = [place.country for place in places if place.country] + [cdr.country_code or ""]
        guessed = next(filter(None, map(_by_country, countries)), None)
    if guessed is None:
        raise TimeZoneUnknown(
            "time_zone_unknown",
            "$.cdr_location",
            "The tariff depends on the local time, and neither a time zone nor coordinates nor a country with a single "
            "zone is given.",
        )
    return _zone(guessed)


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise TimeZoneUnknown("time_zone_unknown", "$", f"{name[:60]!r} is no IANA time zone.") from None


def _by_coordinates(coordinates: object) -> str | None:
    if not isinstance(coordinates, dict):
        return None
    try:
        north, east = float(str(coordinates.get("latitude"))), float(str(coordinates.get("longitude")))
    except ValueError:
        return None
    if not (-90 <= north <= 90 and -180 <= east <= 180) or north == east == 0:  # 0, 0 is where the unknown is
        return None
    return tzfpy.get_tz(east, north) or None


@cache
def _by_country(country: str) -> str | None:
    """Of two or three letters."""
    aliases = get_global("territory_aliases").get(country.upper())
    zones = get_global("territory_zones").get(aliases[0] if aliases else country.upper(), ())
    return zones[0] if len(zones) == 1 else None
