"""One step up: an object of OCPI 2.1.1 in the shape of 2.2.1. What 2.1.1 leaves out is known by the caller or guessed.

Works on decoded JSON as ``from_221`` does. What 2.2.1 cannot say is kept in a field of ours, unknown to OCPI, so that
it comes back: ``*_in_2_1_1``, and the ``type`` of a location where no parking type has that name.
"""

import re
from collections.abc import Callable
from typing import Any

from . import enums as e
from . import v211
from .from_221 import is_number, renamed
from .known import Json, Known
from .places_211 import LOCATION_211, NA, cdr_location, references
from .rules import Invalid, Violation
from .shapes import is_whole
from .zones import zone_of

RESULT_211 = "result_in_2_1_1"
DIMENSIONS_211 = "dimensions_in_2_1_1"
# Seconds that a command may take which came without a time limit.
TIMEOUT = 120
# Whose platform has the data, for endpoints that do not say their side (V2).
_SENDERS = {"locations": "CPO", "tariffs": "CPO", "sessions": "CPO", "cdrs": "CPO", "tokens": "EMSP"}
_SENDERS |= {"commands": "EMSP"}
_EMAID = re.compile(r"([A-Z]{2})([A-Z0-9]{3})[A-Z0-9]{9,10}")


def upgrade(kind: str, value: Json, known: Known) -> Json:
    """The same object of this kind as 2.2.1 spells it. Raises Invalid when nobody can tell whose token it names."""
    up = _Upgrade(known)
    step = _STEPS.get(kind)
    return step(up, up.owned(kind, value)) if step else value


class _Upgrade:
    """The steps of one upgrade; each takes an object and gives a new one."""

    def __init__(self, known: Known) -> None:
        self.known = known

    def owned(self, kind: str, value: Json) -> Json:
        """A copy that says whose it is, where later versions do; a PATCH need not."""
        if kind not in _OWNED or self.known.owner is None or not is_whole(v211.STRUCTS[kind], value):
            return dict(value)
        country_code, party_id = self.known.owner
        return value | {"country_code": country_code, "party_id": party_id}

    def location(self, value: Json) -> Json:
        location, whole = _without(value, _FOREIGN), is_whole(v211.STRUCTS["location"], value)
        kind = value.get("type")
        if isinstance(kind, str) and kind in e.PARKING_TYPES_221:
            location["parking_type"] = location.pop("type")
            if not whole:
                location["type"] = None  # one that 2.2.1 has no word for may have stood there
        elif kind is not None and not whole:
            location["parking_type"] = None  # a PATCH takes away the one there was
        _change(location, "opening_times", _hours)
        _change(location, "energy_mix", _energy_mix)
        _change(location, "evses", self.evse)
        return location | {"publish": True, "time_zone": value.get("time_zone") or _zone(value)} if whole else location

    def evse(self, value: Json) -> Json:
        evse = dict(value)
        _change(evse, "connectors", self.connector)
        return evse

    def connector(self, value: Json) -> Json:
        connector = renamed(value, {"voltage": "max_voltage", "amperage": "max_amperage", "tariff_id": "tariff_ids"})
        if "tariff_id" in value:
            connector["tariff_ids"] = [value["tariff_id"]] if value["tariff_id"] else None
        return connector

    def tariff(self, value: Json) -> Json:
        tariff = dict(value)
        _change(tariff, "energy_mix", _energy_mix)
        return tariff

    def token(self, value: Json) -> Json:
        return renamed(value, {"auth_id": "contract_id"})

    def session(self, value: Json) -> Json:
        session = _without(renamed(value, SESSION_NAMES), _FOREIGN)
        self.fill_token(session)
        if isinstance(value.get("location"), dict):
            session |= references(value["location"]) | {LOCATION_211: value["location"]}
        _change_cost(session)
        _change(session, "charging_periods", _period)
        return session

    def cdr(self, value: Json) -> Json:
        cdr = _without(renamed(value, CDR_NAMES), _FOREIGN)
        self.fill_token(cdr)
        if isinstance(value.get("location"), dict):
            cdr["cdr_location"] = cdr_location(value["location"])
        _change_cost(cdr)
        _change(cdr, "charging_periods", _period)
        _change(cdr, "tariffs", lambda tariff: self.tariff(self.owned("tariff", tariff)))
        return cdr

    def fill_token(self, value: Json) -> None:
        """Replace the contract of a session or CDR by the token it belongs to."""
        value.pop("cdr_token", None)
        contract = value.pop("auth_id", None)
        if isinstance(contract, str):
            value["cdr_token"] = self.cdr_token(contract)

    def cdr_token(self, contract: str) -> Json:
        token = self.known.token(contract)
        if token is not None:
            return {name: token[name] for name in ("country_code", "party_id", "uid", "type")} | {
                "contract_id": contract
            }
        issuer = self.known.issuer or _issuer_in(contract)
        if issuer is None:
            raise Invalid([Violation("$.auth_id", "must be the contract of a token that is known here")])
        named = {"country_code": issuer[0], "party_id": issuer[1]}
        return named | {"uid": contract or NA, "type": "OTHER", "contract_id": contract}

    def with_token(self, value: Json) -> Json:
        command = dict(value) if value.get("evse_uid") else _without(value, {"connector_id"})
        _change(command, "token", lambda token: self.token(self.owned("token", token)))
        if isinstance(command.get("reservation_id"), int):
            command["reservation_id"] = str(command["reservation_id"])
        return command

    def command_response(self, value: Json) -> Json:
        return _answer(value, "TIMEOUT") | {"timeout": TIMEOUT}

    def command_result(self, value: Json) -> Json:
        return _answer(value, "UNKNOWN_SESSION")

    def credentials(self, value: Json) -> Json:
        """One party is a list of one role. Which role, its credentials do not say."""
        names = ("business_details", "party_id", "country_code")
        role = {"role": self.known.role or "OTHER"} | {name: value[name] for name in names if name in value}
        return _without(value, {*names, "roles", "hub_party_id"}) | {"roles": [role]}

    def version_details(self, value: Json) -> Json:
        details = dict(value)
        _change(details, "endpoints", self.endpoint)
        return details

    def endpoint(self, value: Json) -> Json:
        sender = _SENDERS.get(str(value.get("identifier")).lower(), self.known.role)
        return value | {"role": "SENDER" if sender == self.known.role else "RECEIVER"}


# Fields that mean nothing in 2.1.1, and something that its other fields contradict in 2.2.1.
_FOREIGN = {"publish", "publish_allowed_to", "parking_type", "location", "cdr_location", "credit"}
_FOREIGN |= {"credit_reference_id", "home_charging_compensation"}
SESSION_NAMES = {"start_datetime": "start_date_time", "end_datetime": "end_date_time"}
CDR_NAMES = {"stop_date_time": "end_date_time"}
_OWNED = frozenset({"location", "tariff", "token", "session", "cdr"})
_STEPS: dict[str, Callable[[_Upgrade, Json], Json]] = {
    "location": _Upgrade.location,
    "evse": _Upgrade.evse,
    "connector": _Upgrade.connector,
    "tariff": _Upgrade.tariff,
    "token": _Upgrade.token,
    "session": _Upgrade.session,
    "cdr": _Upgrade.cdr,
    "start_session": _Upgrade.with_token,
    "reserve_now": _Upgrade.with_token,
    "command_response": _Upgrade.command_response,
    "command_result": _Upgrade.command_result,
    "credentials": _Upgrade.credentials,
    "version_details": _Upgrade.version_details,
}


def _without(value: Json, names: set[str]) -> Json:
    return {name: item for name, item in value.items() if name not in names}


def _change(value: Json, name: str, step: Callable[[Json], Json]) -> None:
    """Replace the object in a field, or each object of a list, by its upgrade."""
    found = value.get(name)
    if isinstance(found, dict):
        value[name] = step(found)
    elif isinstance(found, list):
        value[name] = [step(item) if isinstance(item, dict) else item for item in found]


def _change_cost(value: Json) -> None:
    if is_number(value.get("total_cost")):
        value["total_cost"] = {"excl_vat": value["total_cost"]}


def _zone(value: Json) -> str:
    point = value["coordinates"] if isinstance(value["coordinates"], dict) else {}
    return zone_of(value["country"], point.get("latitude"), point.get("longitude"))


def _hours(value: Json) -> Json:
    return value if value.get("twentyfourseven") is not None else value | {"twentyfourseven": False}


def _energy_mix(value: Json) -> Json:
    mix = dict(value)
    _change(mix, "environ_impact", lambda impact: renamed(impact, {"source": "category"}))
    return mix


def _period(value: Json) -> Json:
    """A flat fee is no dimension of 2.2.1: it is part of the tariff, and charged once."""
    dimensions: Any = value.get("dimensions")
    period = _without(value, {DIMENSIONS_211})
    if not isinstance(dimensions, list) or not any(_is_flat(dimension) for dimension in dimensions):
        return period
    return period | {"dimensions": without_flat(dimensions), DIMENSIONS_211: dimensions}


def without_flat(dimensions: list[Any]) -> list[Any]:
    """The dimensions of a period of 2.1.1 that 2.2.1 has too; no time at all where nothing is left."""
    rest = [dimension for dimension in dimensions if not _is_flat(dimension)]
    return rest or [{"type": "TIME", "volume": 0}]


def _is_flat(dimension: Any) -> bool:
    return isinstance(dimension, dict) and dimension.get("type") == "FLAT"


def _answer(value: Json, unnamed: str) -> Json:
    """An answer to a command; the one result that the newer enumeration lacks is a kind of rejection."""
    answer = _without(value, {RESULT_211})
    return answer | {"result": "REJECTED", RESULT_211: unnamed} if value.get("result") == unnamed else answer


def _issuer_in(contract: str) -> tuple[str, str] | None:
    """The country code and party id at the beginning of an eMAID."""
    found = _EMAID.fullmatch(contract.replace("-", "").replace("*", "").upper())
    return (found[1], found[2]) if found else None
