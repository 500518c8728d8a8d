"""Volta's world as a platform of OCPI 2.1.1 would write it; each call gives an object of its own."""

from decimal import Decimal
from typing import Any

from roaming.ocpi.schema import transforms, validation
from roaming.ocpi.schema.known import Known
from roaming.ocpi.schema.transforms import Loss
from tests.wire import load

Json = dict[str, Any]

VOLTA, NOMAD = ("NL", "VLT"), ("DE", "NMD")
AT = "2026-10-14T08:00:00Z"
CONTRACT = "DE-NMD-C00012345-X"


def connector(**changes: Any) -> Json:
    return {
        "id": "1",
        "standard": "IEC_62196_T2",
        "format": "SOCKET",
        "power_type": "AC_3_PHASE",
        "voltage": 230,
        "amperage": 32,
        "tariff_id": "AC22",
        "last_updated": AT,
    } | changes


def evse(**changes: Any) -> Json:
    return {
        "uid": "ZP-1",
        "evse_id": "NL*VLT*EZP1",
        "status": "AVAILABLE",
        "capabilities": ["RFID_READER"],
        "connectors": [connector()],
        "floor_level": "-1",
        "last_updated": AT,
    } | changes


def location(**changes: Any) -> Json:
    return {
        "id": "ZUIDPLEIN",
        "type": "PARKING_GARAGE",
        "name": "Zuidplein",
        "address": "Zuidplein 120",
        "city": "Rotterdam",
        "postal_code": "3083 CW",
        "country": "NLD",
        "coordinates": {"latitude": "51.886920", "longitude": "4.488330"},
        "evses": [evse()],
        "time_zone": "Europe/Amsterdam",
        "opening_times": {"twentyfourseven": True},
        "energy_mix": {"is_green_energy": True, "environ_impact": [{"source": "CARBON_DIOXIDE", "amount": 0}]},
        "last_updated": AT,
    } | changes


def tariff(**changes: Any) -> Json:
    components = [{"type": "ENERGY", "price": Decimal("0.39"), "step_size": 1}]
    return {
        "id": "AC22",
        "currency": "EUR",
        "elements": [{"price_components": components}],
        "last_updated": AT,
    } | changes


def token(**changes: Any) -> Json:
    return {
        "uid": "04A2B3C4D5E680",
        "type": "RFID",
        "auth_id": CONTRACT,
        "issuer": "Nomad",
        "valid": True,
        "whitelist": "ALLOWED",
        "last_updated": AT,
    } | changes


def period(*dimensions: tuple[str, Any]) -> Json:
    return {"start_date_time": AT, "dimensions": [{"type": kind, "volume": volume} for kind, volume in dimensions]}


def session(**changes: Any) -> Json:
    return {
        "id": "S-1",
        "start_datetime": AT,
        "kwh": Decimal("4.5"),
        "auth_id": CONTRACT,
        "auth_method": "WHITELIST",
        "location": location(),
        "currency": "EUR",
        "charging_periods": [period(("ENERGY", Decimal("4.5")))],
        "total_cost": Decimal("1.76"),
        "status": "ACTIVE",
        "last_updated": AT,
    } | changes


def cdr(**changes: Any) -> Json:
    return {
        "id": "C-1",
        "start_date_time": AT,
        "stop_date_time": "2026-10-14T09:00:00Z",
        "auth_id": CONTRACT,
        "auth_method": "AUTH_REQUEST",
        "location": location(),
        "currency": "EUR",
        "tariffs": [tariff()],
        "charging_periods": [period(("ENERGY", Decimal("4.5")), ("TIME", 1))],
        "total_cost": Decimal("1.76"),
        "total_energy": Decimal("4.5"),
        "total_time": 1,
        "last_updated": AT,
    } | changes


def credentials(**changes: Any) -> Json:
    return {
        "token": "a-token-of-volta",
        "url": "https://volta.example/ocpi/versions",
        "business_details": {"name": "Volta"},
        "party_id": "VLT",
        "country_code": "NL",
    } | changes


KNOWN = Known(owner=VOLTA, issuer=NOMAD, role="CPO")


def newest(kind: str, value: Json, known: Known = KNOWN) -> Json:
    """An object of 2.1.1 as it is kept."""
    return transforms.upgrade("2.1.1", kind, value, known)


def kept(kind: str, name: str) -> Json:
    """An object of the cast in the newest shape."""
    return transforms.upgrade("2.2.1", kind, load(name))


def told(kind: str, value: Json, known: Known = KNOWN) -> tuple[Json, list[Loss]]:
    """Downgraded to something that is valid in 2.1.1."""
    result, losses = transforms.downgrade("2.1.1", kind, value, known)
    validation.validate("2.1.1", kind, result)
    return result, losses


def fields(losses: list[Loss]) -> list[str]:
    return [loss.field for loss in losses]
