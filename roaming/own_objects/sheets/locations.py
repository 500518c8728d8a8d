"""Locations as a file: one row for each connector; what is said of the location and of the EVSE repeats. Pure."""

from collections.abc import Sequence
from typing import get_args

from roaming.ocpi.schema import enums
from roaming.own_objects.columns import Column, written
from roaming.own_objects.sheets.sheet import Built, Data, Row, RowError, Sheet, grouped, says_anything
from roaming.own_objects.spellings import CAPITALS, COORDINATE, HOURS, IDS, WHOLE, YES_NO, one_of, some_of

_STANDARDS = sorted({*enums.CONNECTOR_TYPES_221, "MCS", "SAE_J3400"})

LOCATION = (
    Column("id", ("id",), about="Never changes.", label="Id", key=True, required=True),
    Column("publish", ("publish",), YES_NO, "Whether drivers may see it in apps and on maps.", required=True),
    Column("name", ("name",)),
    Column("address", ("address",), about="Street and number.", required=True),
    Column("city", ("city",), required=True),
    Column("postal_code", ("postal_code",)),
    Column("state", ("state",)),
    Column("country", ("country",), CAPITALS, "Three letters, as in NLD.", required=True),
    Column("latitude", ("coordinates", "latitude"), COORDINATE, "Degrees with a point, as in 52.08953.", required=True),
    Column(
        "longitude", ("coordinates", "longitude"), COORDINATE, "Degrees with a point, as in 5.10963.", required=True
    ),
    Column(
        "time_zone", ("time_zone",), about="As in Europe/Amsterdam; hours and prices are meant in it.", required=True
    ),
    Column("opening_times", ("opening_times",), HOURS, "24/7, or as in “Mon-Fri 08:00-20:00; Sat 09:00-12:00”."),
    Column("charging_when_closed", ("charging_when_closed",), YES_NO, "Whether a session may go on when it closes."),
    Column("parking_type", ("parking_type",), one_of(sorted(enums.PARKING_TYPES_221)), "What kind of place it is."),
    Column("facilities", ("facilities",), some_of(sorted(enums.FACILITIES_221)), "What else is there."),
    Column("operator", ("operator", "name"), about="Empty: the party itself.", alone=True),
    Column("help_phone", ("help_phone",), about="Whom a driver calls, as in +31 30 123 45 67."),
)
EVSE = (
    Column(
        "evse_uid",
        ("uid",),
        about="Never changes, and names one EVSE of the party.",
        label="UID",
        key=True,
        required=True,
    ),
    Column("evse_id", ("evse_id",), about="As drivers see it: NL*VLT*E1234*1.", label="EVSE id"),
    Column(
        "status",
        ("status",),
        one_of(get_args(enums.EvseStatus)),
        "An EVSE that is gone for good is REMOVED; it is never deleted.",
        sticky=True,
        otherwise="UNKNOWN",
        required=True,
    ),
    Column("floor_level", ("floor_level",), about="As in -1."),
    Column("physical_reference", ("physical_reference",), about="The number on the charge point."),
    Column("capabilities", ("capabilities",), some_of(sorted(enums.CAPABILITIES_221)), "What it can do."),
    Column(
        "parking_restrictions",
        ("parking_restrictions",),
        some_of(sorted(enums.PARKING_RESTRICTIONS_221)),
        "Who may park there.",
    ),
)
CONNECTOR = (
    Column("connector_id", ("id",), about="Names it within its EVSE, as in 1.", label="Id", key=True, required=True),
    Column("standard", ("standard",), one_of(_STANDARDS), "The plug, as in IEC_62196_T2.", required=True),
    Column(
        "format",
        ("format",),
        one_of(get_args(enums.ConnectorFormat)),
        "A socket, or a cable with a plug.",
        required=True,
    ),
    Column("power_type", ("power_type",), one_of(get_args(enums.PowerType)), "The current.", required=True),
    Column("max_voltage", ("max_voltage",), WHOLE, "Volts between a phase and neutral for AC: 230.", required=True),
    Column("max_amperage", ("max_amperage",), WHOLE, "Amperes.", required=True),
    Column("max_electric_power", ("max_electric_power",), WHOLE, "Watts, where it is not volts times amperes."),
    Column("tariff_ids", ("tariff_ids",), IDS, "Ids of the tariffs that hold here."),
)

EXAMPLE: Data = {
    "id": "ZUIDPLEIN",
    "publish": True,
    "name": "Zuidplein garage",
    "address": "Zuidplein 1",
    "city": "Utrecht",
    "postal_code": "3527 AA",
    "country": "NLD",
    "coordinates": {"latitude": "52.08953", "longitude": "5.10963"},
    "time_zone": "Europe/Amsterdam",
    "opening_times": {"twentyfourseven": True},
    "evses": [
        {
            "uid": "ZP-1",
            "evse_id": "NL*VLT*EZP1",
            "status": "AVAILABLE",
            "capabilities": ["RFID_READER", "REMOTE_START_STOP_CAPABLE"],
            "connectors": [
                {
                    "id": "1",
                    "standard": "IEC_62196_T2",
                    "format": "SOCKET",
                    "power_type": "AC_3_PHASE",
                    "max_voltage": 230,
                    "max_amperage": 32,
                    "tariff_ids": ["AC22"],
                }
            ],
        }
    ],
}


def rows(location: Data) -> list[dict[str, str]]:
    """What is removed has no row; it stays as it is when the file comes back."""
    around = written(LOCATION, location)
    there = [evse for evse in location.get("evses") or [] if evse["status"] != "REMOVED"]
    nothing = written((*EVSE, *CONNECTOR), {})
    found = [
        around | written(EVSE, evse) | written(CONNECTOR, connector)
        for evse in there
        for connector in evse["connectors"]
    ]
    return found or [around | nothing]


def build(found: Sequence[Row], stored: Data | None) -> Built:
    """What the rows do not name, location, EVSE or connector, stays as it is."""
    built = Built(found)
    built.data = built.filled(LOCATION, found, stored or {})
    with_evse = _named(built, found, "evse_uid", (*EVSE, *CONNECTOR))
    _put_parts(built, built.data, with_evse, "$", "evses", "evse_uid", "uid")
    return built


def _put_parts(built: Built, whole: Data, found: Sequence[Row], path: str, name: str, column: str, key: str) -> None:
    """Fill the EVSEs of a location in, or the connectors of an EVSE: those there are, then those that are new."""
    parts: dict[str, Data] = {part[key].upper(): part for part in whole.get(name) or []}
    for upper, part_rows in grouped(found, lambda row: row.cells[column].upper()).items():
        index = list(parts).index(upper) if upper in parts else len(parts)
        place = f"{path}.{name}[{index}]"
        parts[upper] = _part(built, part_rows, parts.get(upper, {}), place, name)
    if parts:
        whole[name] = list(parts.values())


def _part(built: Built, found: Sequence[Row], onto: Data, path: str, name: str) -> Data:
    if name == "connectors":
        for row in found[1:]:
            sentence = f"connector_id {row.cells['connector_id']} of this EVSE is in row {found[0].number} already."
            built.errors.append(RowError(row.number, "connector_id", sentence))
        return built.filled(CONNECTOR, found[:1], onto, path)
    evse = built.filled(EVSE, found, onto, path)
    _put_parts(built, evse, _named(built, found, "connector_id", CONNECTOR), path, "connectors", "connector_id", "id")
    return evse


def _named(built: Built, found: Sequence[Row], column: str, columns: Sequence[Column]) -> list[Row]:
    """The rows about a part; one that says something of a part without naming it is an error."""
    for row in found:
        if not row.cells.get(column) and says_anything(row, columns):
            sentence = f"{column} is required, because the row says something about what it names."
            built.errors.append(RowError(row.number, column, sentence))
    return [row for row in found if row.cells.get(column)]


SHEET = Sheet((*LOCATION, *EVSE, *CONNECTOR), ("id",), rows, build, EXAMPLE)
