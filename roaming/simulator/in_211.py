"""Objects of OCPI 2.2.1 as 2.1.1 has them, and back: nobody owns them by name, sessions and CDRs carry their location,
amounts are plain numbers without VAT, degrees have six decimals, and text is ASCII.
"""

import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from roaming.simulator.in_230 import COSTS
from roaming.simulator.store import Store
from roaming.simulator.wire import Json

_PLACE = ("id", "name", "address", "city", "postal_code", "country", "coordinates")
_NO_CAPABILITIES = {"CHARGING_PREFERENCES_CAPABLE"}
_DIMENSIONS = {"ENERGY", "FLAT", "MAX_CURRENT", "MIN_CURRENT", "PARKING_TIME", "TIME"}
_DROPPED = {
    "locations": ("country_code", "party_id", "publish"),
    "tariffs": ("country_code", "party_id", "type", "min_price", "max_price", "start_date_time", "end_date_time"),
    "tokens": ("country_code", "party_id", "group_id", "default_profile_type", "energy_contract"),
    "sessions": ("country_code", "party_id", "authorization_reference", "location_id", "evse_uid", "connector_id"),
    "cdrs": ("country_code", "party_id", "session_id", "authorization_reference", *COSTS[1:]),
}
_NAMES = {
    "locations": {"parking_type": "type"},
    "tariffs": {},
    "tokens": {"contract_id": "auth_id"},
    "sessions": {"start_date_time": "start_datetime", "end_date_time": "end_datetime"},
    "cdrs": {"end_date_time": "stop_date_time", "cdr_location": "location"},
}
_CONNECTOR = {"max_voltage": "voltage", "max_amperage": "amperage"}


def spoken(module: str, data: Json, store: Store) -> Json:
    """An object or PATCH body of 2.2.1 in 2.1.1. A session's location is one that `store` holds."""
    told = _renamed({n: v for n, v in data.items() if n not in _DROPPED[module]}, _NAMES[module])
    if module == "locations":
        _each(told, "evses", _evse)
        if told.get("coordinates"):
            told["coordinates"] = {name: f"{Decimal(degrees):.6f}" for name, degrees in told["coordinates"].items()}
    elif module == "tariffs":
        _each(told, "elements", lambda element: _with(element, "price_components", _without_vat))
    elif module == "tokens":
        told |= {"type": "OTHER"} if told.get("type") not in (None, "RFID") else {}
    else:
        _tell_charge(module, told, data, store)
    ascii_only: Json = _ascii(told)
    return ascii_only


def heard(module: str, data: Json, owner: tuple[str, str], store: Store) -> Json:
    """What came in 2.1.1 in 2.2.1. Cards are looked up in `store`."""
    told = _renamed(data, {older: newer for newer, older in _NAMES[module].items()})
    if module == "locations":
        _each(told, "evses", lambda evse: _with(evse, "connectors", _connector_of))
    elif module in ("sessions", "cdrs"):
        _hear_charge(module, told, data, owner, store)
    whole = "id" in data or "uid" in data
    theirs = {"country_code": owner[0], "party_id": owner[1]} if whole else {}
    return theirs | told | ({"publish": True} if module == "locations" and whole else {})


def _evse(evse: Json) -> Json:
    told = _with(evse, "connectors", _connector)
    if told.get("capabilities"):
        told["capabilities"] = [one for one in told["capabilities"] if one not in _NO_CAPABILITIES]
    return told


def _connector(connector: Json) -> Json:
    told = _renamed({n: v for n, v in connector.items() if n not in ("max_electric_power", "tariff_ids")}, _CONNECTOR)
    return told | ({"tariff_id": connector["tariff_ids"][0]} if connector.get("tariff_ids") else {})


def _connector_of(connector: Json) -> Json:
    told = _renamed(connector, {older: newer for newer, older in _CONNECTOR.items()})
    tariff = told.pop("tariff_id", None)
    return told | ({"tariff_ids": [tariff]} if tariff else {})


def _tell_charge(module: str, told: Json, data: Json, store: Store) -> None:
    """Change what sessions and CDRs have in common."""
    if told.get("cdr_token"):
        told["auth_id"] = told.pop("cdr_token")["contract_id"]
    if told.get("auth_method") == "COMMAND":
        told["auth_method"] = "AUTH_REQUEST"
    if told.get("total_cost"):
        told["total_cost"] = told["total_cost"]["excl_vat"]
    _each(told, "charging_periods", _period)
    _each(told, "tariffs", lambda tariff: spoken("tariffs", tariff, store))
    place = data.get("cdr_location") or {}
    location_id = data.get("location_id") or place.get("id")
    if location_id:
        told["location"] = _location(location_id, data | place, store)


def _period(period: Json) -> Json:
    dimensions = [one for one in period["dimensions"] if one["type"] in _DIMENSIONS]
    return {"start_date_time": period["start_date_time"], "dimensions": dimensions}


def _location(location_id: str, used: Json, store: Store) -> Json:
    """The location with the EVSE and connector that were used alone. Raises KeyError when nobody knows it."""
    location = _named([*store.own("locations"), *store.received("locations")], "id", location_id)
    evse = _named(location["evses"], "uid", used["evse_uid"])
    connector = _named(evse["connectors"], "id", used["connector_id"])
    return spoken("locations", location | {"evses": [evse | {"connectors": [connector]}]}, store)


def _named(objects: list[Json], name: str, wanted: str) -> Json:
    for one in objects:
        if str(one[name]).upper() == wanted.upper():
            return one
    raise KeyError(wanted)


def _hear_charge(module: str, told: Json, data: Json, owner: tuple[str, str], store: Store) -> None:
    if told.get("auth_id"):
        told["cdr_token"] = _card(told.pop("auth_id"), store)
    if data.get("location"):
        evse = data["location"]["evses"][0]
        connector = evse["connectors"][0]
        used = {"evse_uid": evse["uid"], "connector_id": connector["id"]}
        if module == "sessions":
            told |= {"location_id": data["location"]["id"]} | used
            del told["location"]
        else:
            told["cdr_location"] = _cdr_location(data["location"], evse, connector) | used
    if told.get("total_cost") is not None:
        told["total_cost"] = {"excl_vat": told["total_cost"]}
    _each(told, "tariffs", lambda tariff: heard("tariffs", tariff, owner, store))


def _cdr_location(location: Json, evse: Json, connector: Json) -> Json:
    return {name: location[name] for name in _PLACE if name in location} | {
        "evse_id": evse.get("evse_id") or "#NA",
        "connector_standard": connector["standard"],
        "connector_format": connector["format"],
        "connector_power_type": connector["power_type"],
    }


def _card(contract: str, store: Store) -> Json:
    """The card of a contract: one that `store` holds, else one of the party whose name the contract begins with."""
    for token in (*store.own("tokens"), *store.received("tokens")):
        if str(token["contract_id"]).upper() == contract.upper():
            return {name: token[name] for name in ("country_code", "party_id", "uid", "type", "contract_id")}
    party = {"country_code": contract[:2], "party_id": contract[2:5]}
    return party | {"uid": contract, "type": "OTHER", "contract_id": contract}


def _without_vat(component: Json) -> Json:
    return {name: value for name, value in component.items() if name != "vat"}


def _renamed(value: Json, names: dict[str, str]) -> Json:
    return {names.get(name, name): item for name, item in value.items()}


def _each(value: Json, name: str, step: Callable[[Json], Json]) -> None:
    """Change every object of a list in place, where there is one."""
    if value.get(name):
        value[name] = [step(item) for item in value[name]]


def _with(value: Json, name: str, step: Callable[[Json], Json]) -> Json:
    copy = dict(value)
    _each(copy, name, step)
    return copy


def _ascii(value: Any) -> Any:
    """The same with every text in ASCII: letters lose their marks."""
    if isinstance(value, dict):
        return {name: _ascii(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_ascii(item) for item in value]
    if isinstance(value, str) and not value.isascii():
        plain = unicodedata.normalize("NFKD", value.replace("ß", "ss"))
        return plain.encode("ascii", "ignore").decode()
    return value
