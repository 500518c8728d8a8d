"""EVSEs and connectors inside a location's object (newest shape): finding, placing, and the age they hand up. Pure.

Ids are compared without regard to case (T80). A change of a part moves `last_updated` of everything around it (L2).
"""

from typing import Any

from roaming.ocpi.schema.values import parse_time

Data = dict[str, Any]


def evse_of(location: Data, evse_uid: str) -> Data | None:
    """The EVSE with that uid, removed ones included, or None."""
    return _find(location.get("evses"), "uid", evse_uid)


def connector_of(evse: Data, connector_id: str) -> Data | None:
    return _find(evse.get("connectors"), "id", connector_id)


def with_evse(location: Data, evse: Data) -> Data:
    """The location with `evse` in the place of the one with its uid, or added at the end."""
    return _touched({**location, "evses": _placed(location.get("evses"), "uid", evse)}, evse)


def with_connector(location: Data, evse: Data, connector: Data) -> Data:
    """The location whose `evse` has `connector` in the place of the one with its id, or added at the end."""
    changed = {**evse, "connectors": _placed(evse.get("connectors"), "id", connector)}
    return with_evse(location, _touched(changed, connector))


def is_older(new: Data, stored: Data) -> bool:
    """Whether `new` says nothing the stored part does not know better (T65)."""
    return parse_time(new["last_updated"]) < parse_time(stored["last_updated"])


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
    return {**whole, "last_updated": part["last_updated"]} if is_older(whole, part) else whole
