"""Locations, EVSEs and connectors."""

from .. import enums as e
from .. import v221
from ..from_221 import renamed
from ..known import Json, Known
from ..losses import Losses
from ..shapes import is_whole

OWNER = frozenset({"country_code", "party_id"})


def without(value: Json, names: frozenset[str]) -> Json:
    """A copy without these fields."""
    return {name: item for name, item in value.items() if name not in names}


class Places:
    """The steps of one downgrade; each takes an object and its path and gives a new object, or None for no object."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.losses = Losses("2.1.1")

    def location(self, value: Json, path: str) -> Json | None:
        if value.get("publish") is False:
            self.losses.note(f"{path}.publish", "is false: in OCPI 2.1.1 every location is shown to the public")
            return None
        return self.place(value, path)

    def place(self, value: Json, path: str) -> Json:
        """A location, also a private one: whoever charged there may know where it was."""
        location, losses = without(value, OWNER | {"publish"}), self.losses
        losses.drop(location, path, ("state", "publish_allowed_to"))
        losses.keep_known(location, path, "facilities", e.FACILITIES_211)
        losses.inside(location, path, "opening_times", self.hours)
        losses.inside(location, path, "energy_mix", self.energy_mix)
        losses.inside(location, path, "evses", self.evse)
        whole = is_whole(v221.STRUCTS["location"], value)
        if "parking_type" in value or whole:
            location["type"] = self.type(value, path)
        else:
            location.pop("type", None)
        location.pop("parking_type", None)
        if location.get("postal_code") is None and (whole or "postal_code" in location):
            losses.note(f"{path}.postal_code", "is required in OCPI 2.1.1, sent empty")
            location["postal_code"] = ""
        return location

    def type(self, value: Json, path: str) -> str:
        """The type of a location; one that came in 2.1.1 may have kept what no parking type says."""
        found, kept = value.get("parking_type"), value.get("type")
        if isinstance(found, str) and found in e.LOCATION_TYPES_211:
            return found
        if found is not None:
            self.losses.note(f"{path}.parking_type", f"{found} does not exist in OCPI 2.1.1, sent as OTHER")
            return "OTHER"
        if kept in ("OTHER", "UNKNOWN"):
            return str(kept)
        self.losses.note(f"{path}.parking_type", "is required in OCPI 2.1.1, sent as UNKNOWN")
        return "UNKNOWN"

    def hours(self, value: Json, path: str) -> Json:
        hours = dict(value)
        if hours.get("twentyfourseven") is True and hours.pop("regular_hours", None):
            self.losses.note(f"{path}.regular_hours", "cannot stand beside twentyfourseven in OCPI 2.1.1")
        for name in ("exceptional_openings", "exceptional_closings"):
            self.losses.inside(hours, path, name, self.exceptional_period)
        return hours

    def exceptional_period(self, value: Json, path: str) -> Json | None:
        begin, end = (str(value.get(name)).partition(".")[0] for name in ("period_begin", "period_end"))
        if begin.rstrip("Z") != end.rstrip("Z"):
            return value
        self.losses.note(path, "is shorter than the second that times in OCPI 2.1.1 have")
        return None

    def evse(self, value: Json, path: str) -> Json | None:
        evse, losses = dict(value), self.losses
        losses.keep_known(evse, path, "capabilities", e.CAPABILITIES_211)
        losses.inside(evse, path, "connectors", self.connector)
        if value.get("connectors") and not evse["connectors"]:
            losses.note(path, "has no connector that OCPI 2.1.1 knows")
            return None
        return evse

    def connector(self, value: Json, path: str) -> Json | None:
        """The power of two phases is at least that of one."""
        connector = without(value, frozenset({"tariff_id"}))
        self.losses.drop(connector, path, ("max_electric_power",))
        standard = connector.get("standard")
        if isinstance(standard, str) and standard not in e.CONNECTOR_TYPES_211:
            self.losses.note(path, f"is of type {standard}, which does not exist in OCPI 2.1.1")
            return None
        self.losses.fall_back(connector, path, "power_type", e.POWER_TYPES_211, "AC_1_PHASE")
        self.first_tariff(connector, path)
        return renamed(connector, {"max_voltage": "voltage", "max_amperage": "amperage"})

    def first_tariff(self, connector: Json, path: str) -> None:
        whole = is_whole(v221.STRUCTS["connector"], connector)
        if "tariff_ids" not in connector:
            return
        tariffs = connector.pop("tariff_ids")
        if isinstance(tariffs, list) and len(tariffs) > 1:
            others = ", ".join(map(str, tariffs[1:]))
            self.losses.note(f"{path}.tariff_ids", f"may name one tariff in OCPI 2.1.1, {others} left out")
        if tariffs:
            connector["tariff_id"] = tariffs[0]
        elif tariffs is None or not whole:
            connector["tariff_id"] = None

    def energy_mix(self, value: Json, path: str) -> Json:
        mix = dict(value)
        self.losses.inside(mix, path, "environ_impact", lambda impact, _: renamed(impact, {"category": "source"}))
        return mix
