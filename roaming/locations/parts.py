"""EVSEs and connectors inside a location's object (newest shape): finding, placing, and the age they hand up. Pure."""

from typing import Any

from roaming.ocpi import nested

Data = dict[str, Any]

CONNECTORS = nested.Level("connectors", "id", "connector")
EVSES = nested.Level("evses", "uid", "EVSE", below=CONNECTORS)


def evse_of(location: Data, evse_uid: str) -> Data | None:
    """The EVSE with that uid, removed ones included, or None."""
    return nested.find(EVSES, location, evse_uid)


def connector_of(evse: Data, connector_id: str) -> Data | None:
    return nested.find(CONNECTORS, evse, connector_id)


def uids(location: Data) -> list[str]:
    """The uids, in capitals, of the EVSEs that are not removed."""
    return [evse["uid"].upper() for evse in location.get("evses") or [] if evse["status"] != "REMOVED"]


def left_out(before: Data, location: Data) -> list[str]:
    """The uids, in capitals, of EVSEs that are gone without having been REMOVED first (L1)."""
    present = EVSES.by_id(location)
    return [uid for uid in uids(before) if uid not in present]


def in_new_status(before: Data, location: Data) -> list[Data]:
    """The EVSEs whose status is another one, when nothing else of the location changed but the times of it."""
    were, are = EVSES.of(before), EVSES.of(location)
    if _but_for_status(before | {"evses": []}) != _but_for_status(location | {"evses": []}):
        return []
    if [_but_for_status(evse) for evse in were] != [_but_for_status(evse) for evse in are]:
        return []
    return [evse for was, evse in zip(were, are, strict=True) if was["status"] != evse["status"]]


def _but_for_status(part: Data) -> Data:
    return {name: value for name, value in part.items() if name not in ("status", "last_updated")}


def withdrawn(location: Data, last_updated: str) -> Data:
    """The location as it was, with nothing to charge at any more."""
    gone = {"status": "REMOVED", "last_updated": last_updated}
    return {**location, "evses": [evse | gone for evse in EVSES.of(location)], "last_updated": last_updated}


def with_evse(location: Data, evse: Data) -> Data:
    """The location with `evse` in the place of the one with its uid, or added at the end."""
    return nested.placed(EVSES, location, evse)


def with_connector(location: Data, evse: Data, connector: Data) -> Data:
    """The location whose `evse` has `connector` in the place of the one with its id, or added at the end."""
    return with_evse(location, nested.placed(CONNECTORS, evse, connector))


def aged(location: Data) -> Data:
    """A location that is nowhere older than its parts, whatever its sender says (L2)."""
    return nested.aged(EVSES, location)


def aged_evse(evse: Data) -> Data:
    return nested.aged(CONNECTORS, evse)
