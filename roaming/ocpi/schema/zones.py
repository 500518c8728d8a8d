"""The time zone of a place whose owner did not say it: by its country, and by its coordinates where that has several.

Of the time zone database's own table of places (zone.tab). An estimate: a border inside a country may be missed.
"""

import re
from functools import cache
from importlib.resources import files
from math import cos, hypot, isfinite, nan, radians
from typing import NamedTuple

from babel.core import get_global

UTC = "UTC"
# The place of a zone that covers most of its country reaches this many times as far as that of an island or enclave.
REACH = 3.0

_PLACE = re.compile(r"([+-]\d\d)(\d\d)(?:\d\d)?([+-]\d{3})(\d\d)(?:\d\d)?")


class Zone(NamedTuple):
    """A zone and the place in it that the table names, in degrees."""

    name: str
    latitude: float
    longitude: float
    reach: float


def zone_of(country: object, latitude: object = None, longitude: object = None) -> str:
    """The likely IANA zone: `country` has two or three letters, the coordinates are OCPI's texts. UTC if unknown."""
    zones = _zones().get(_two_letters(str(country).upper()), ())
    if not zones:
        return UTC
    try:
        north, east = float(str(latitude)), float(str(longitude))
    except ValueError:
        north = east = nan
    if not (isfinite(north) and isfinite(east)):
        return zones[0].name
    return min(zones, key=lambda zone: _distance(zone, north, east)).name


def _distance(zone: Zone, north: float, east: float) -> float:
    eastward = (east - zone.longitude) * cos(radians(north))
    return hypot(north - zone.latitude, eastward) / zone.reach


def _two_letters(country: str) -> str:
    aliases = get_global("territory_aliases").get(country)
    return aliases[0] if aliases else country


@cache
def _zones() -> dict[str, tuple[Zone, ...]]:
    found: dict[str, tuple[Zone, ...]] = {}
    for line in (files("tzdata.zoneinfo") / "zone.tab").read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        country, place, name, *comment = line.split("\t")
        matched = _PLACE.fullmatch(place)
        assert matched is not None, line
        degrees_north, minutes_north, degrees_east, minutes_east = matched.groups()
        whole = re.search(r"most of|\(mainland\)", "".join(comment))
        zone = Zone(
            name, _degrees(degrees_north, minutes_north), _degrees(degrees_east, minutes_east), REACH if whole else 1.0
        )
        found[country] = (*found.get(country, ()), zone)
    return found


def _degrees(whole: str, minutes: str) -> float:
    return float(whole) + float(whole[0] + minutes) / 60
