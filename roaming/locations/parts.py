"""EVSEs and connectors inside a location's object (newest shape): finding, placing, and the age they hand up. Pure.

Ids are compared without regard to case (T80). A change of a part moves `last_updated` of everything around it (L2).
"""

from datetime import datetime
from typing import Any

from roaming.ocpi.schema.values import parse_time

Data = dict[str, Any]


def evse_of(location: Data, evse_uid: str) -> Data | None:
    """The EVSE with that uid, removed ones included, or None."""
    return _find(location.get("evses"), "uid", evse_uid)


def connector_of(evse: Data, connector_id: str) -> Data | None:
    return _find(evse.get("connectors"), "id", connector_id)


def uids(location: Data) -> list[str]:
    """The uids, in capitals, of the EVSEs that are not removed."""
    return [evse["uid"].upper() for evse in location.get("evses") or [] if evse["status"] != "REMOVED"]


def with_evse(location: Data, evse: Data) -> Data:
    """The location with `evse` in the place of the one with its uid, or added at the end."""
    return _touched({**location, "evses": _placed(location.get("evses"), "uid", evse)}, evse)


def with_connector(location: Data, evse: Data, connector: Data) -> Data:
    """The location whose `evse` has `connector` in the place of the one with its id, or added at the end."""
    changed = {**evse, "connectors": _placed(evse.get("connectors"), "id", connector)}
    return with_evse(location, _touched(changed, connector))


def aged(whole: Data) -> Data:
    """A location or EVSE that is nowhere older than its parts, whatever its sender says (L2)."""
    for name in ("evses", "connectors"):
        if whole.get(name):
            parts = [aged(part) for part in whole[name]]
            whole = _touched({**whole, name: parts}, max(parts, key=_age))
    return whole


def is_older(new: Data, stored: Data) -> bool:
    """Whether `new`, a location, a part or a PATCH of one, was true before what is stored (T65).

    Its youngest part decides, then its own time: many forget to move that with the parts.
    """
    return _age(new) < _age(stored)


def _age(whole: Data) -> tuple[datetime, datetime]:
    own = parse_time(whole["last_updated"])
    parts = [*(whole.get("evses") or []), *(whole.get("connectors") or [])]
    return max([own, *(_age(part)[0] for part in parts)]), own


def _find(parts: list[Data] | None, key: str, wanted: str) -> Data | None:
    return next((part for part in parts or [] if part[key].upper() == wanted.upper()), None)


def _placed(parts: list[Data] | None, key: str, new: Data) -> list[Data]:
    present = list(parts or [])
    for index, part in enumerate(present):
        if part[key].upper() == new[key].upper():
            return [*present[:index], new, *present[index + 1 :]]
    return [*present, new]


def _touched(whole: Data, part: Data) -> Data:
    """The whole, as young as its youngest changed part: never moved back, it may have changed elsewhere since."""
    younger = parse_time(part["last_updated"]) > parse_time(whole["last_updated"])
    return {**whole, "last_updated": part["last_updated"]} if younger else whole
