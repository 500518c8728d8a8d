"""Sessions and CDRs of OCPI 2.1.1 carry the whole location, with the EVSE and connector that were used, inside them.

Later versions have its ids in a session, and a few of its fields in a CDR. Values here have the shapes of 2.1.1 and
2.2.1. What came in 2.1.1 keeps the location it came with in a field of ours, so that a CDR comes back as it was, and a
session also where its location is not known otherwise.
"""

from collections.abc import Callable
from typing import Any

from . import enums as e
from . import rules, v211
from .known import Json
from .losses import Losses
from .shapes import fits

NA = "#NA"  # where a required text cannot exist (T87)
LOCATION_211 = "location_in_2_1_1"

# What a CDR is about although its location had no EVSE: nothing that anybody may rely on (D10).
_NO_CONNECTOR = {"standard": "IEC_62196_T2", "format": "SOCKET", "power_type": "AC_3_PHASE"}
_OF_PLACE = ("id", "name", "address", "city", "postal_code", "country", "coordinates")
_OF_EVSE = ("evse_uid", "evse_id", "connector_id", "connector_standard", "connector_format", "connector_power_type")


def references(location: Json) -> Json:
    """The ids that a session has of its location."""
    evse, connector = _used(location)
    return {
        "location_id": location.get("id"),
        "evse_uid": evse.get("uid") or NA,
        "connector_id": connector.get("id") or NA,
    }


def cdr_location(location: Json) -> Json:
    """The location of a CDR as 2.2.1 has it, and as it came."""
    evse, connector = _used(location)
    connector = _NO_CONNECTOR | connector
    return {name: location[name] for name in _OF_PLACE if name in location} | {
        "evse_uid": evse.get("uid") or NA,
        "evse_id": evse.get("evse_id") or NA,
        "connector_id": connector.get("id") or NA,
        "connector_standard": connector["standard"],
        "connector_format": connector["format"],
        "connector_power_type": connector["power_type"],
        LOCATION_211: location,
    }


def kept(value: Json, told: Callable[[Json], Json]) -> Json | None:
    """The location that came with a session or CDR, if it is one and still says what the other fields say.

    `told` gives those other fields for a location.
    """
    location = value.get(LOCATION_211)
    if not isinstance(location, dict) or not fits(v211.STRUCTS["location"], location):
        return None
    broken = any(rules.of("2.1.1", "session", {"location": location}))
    same = all(value.get(name) == item for name, item in told(location).items() if name != LOCATION_211)
    return location if same and not broken else None


def embedded(location: Json, at: object, losses: Losses, path: str) -> Json:
    """The location of a CDR as 2.1.1 has it; `at` is when the charging began, for its data is of that time (D5)."""
    came = kept(location, cdr_location)
    if came is not None:
        return in_words_of_211(came, losses, f"{path}.{LOCATION_211}")
    losses.drop(location := dict(location), path, ("state",))
    usual = _usual_plug(location.get("connector_power_type"))
    losses.fall_back(location, path, "connector_standard", e.CONNECTOR_TYPES_211, usual)
    losses.fall_back(location, path, "connector_power_type", e.POWER_TYPES_211, "AC_1_PHASE")
    result = {name: item for name, item in location.items() if name not in {*_OF_EVSE, LOCATION_211}}
    result |= {"type": "UNKNOWN", "postal_code": result.get("postal_code") or "", "last_updated": at}
    losses.note(path, "lacks what OCPI 2.1.1 wants: its type and status are sent as UNKNOWN, voltage and amperage as 0")
    evse = _evse(location, at)
    return result | {"evses": [evse]} if evse else result


def in_words_of_211(location: Json, losses: Losses, path: str) -> Json:
    """A location that came in 2.1.1, without the words of later versions that its sender was ahead with (T85)."""

    def connector(value: Json, path: str) -> Json:
        known = dict(value)
        losses.fall_back(known, path, "standard", e.CONNECTOR_TYPES_211, _usual_plug(value.get("power_type")))
        return known

    def evse(value: Json, path: str) -> Json:
        known = dict(value)
        losses.keep_known(known, path, "capabilities", e.CAPABILITIES_211)
        losses.inside(known, path, "connectors", connector)
        return known

    known = dict(location)
    losses.keep_known(known, path, "facilities", e.FACILITIES_211)
    losses.inside(known, path, "evses", evse)
    return known


def _usual_plug(power_type: object) -> str:
    return "IEC_62196_T2_COMBO" if power_type == "DC" else "IEC_62196_T2"


def only(location: Json, evse_uid: object, connector_id: object) -> Json | None:
    """A location of 2.1.1 with only that EVSE and connector; None when it does not have them."""
    if evse_uid == NA:
        return {name: item for name, item in location.items() if name != "evses"}
    evse = _named(location.get("evses"), "uid", evse_uid)
    connectors = evse.get("connectors") if evse else None
    connector = _named(connectors, "id", connector_id)
    if evse is None or (connector is None and connector_id != NA):
        return None
    return location | {"evses": [evse | {"connectors": [connector] if connector else connectors}]}


def _used(location: Json) -> tuple[Json, Json]:
    evse = _first(location.get("evses"))
    return evse, _first(evse.get("connectors"))


def _first(entries: Any) -> Json:
    return entries[0] if isinstance(entries, list) and entries and isinstance(entries[0], dict) else {}


def _named(entries: Any, key: str, wanted: object) -> Json | None:
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and str(entry.get(key)).upper() == str(wanted).upper():
            return entry
    return None


def _evse(location: Json, at: object) -> Json | None:
    """The EVSE of a CDR, as far as a CDR of 2.2.1 tells of it."""
    if location.get("evse_uid") == NA:
        return None
    connector = {
        "id": location.get("connector_id"),
        "standard": location.get("connector_standard"),
        "format": location.get("connector_format"),
        "power_type": location.get("connector_power_type"),
        "voltage": 0,
        "amperage": 0,
        "last_updated": at,
    }
    evse = {"uid": location.get("evse_uid"), "status": "UNKNOWN", "connectors": [connector], "last_updated": at}
    return evse if location.get("evse_id") == NA else evse | {"evse_id": location.get("evse_id")}
