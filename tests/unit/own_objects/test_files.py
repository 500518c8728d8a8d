"""Files of our own objects, without a database: how cells are read, what is wrong with rows, and the way there and
back."""

from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from roaming.ocpi.schema import validation
from roaming.ocpi.schema.rules import Invalid
from roaming.own_objects import ages, differences, hours, spellings, table
from roaming.own_objects.sheets import locations, tariffs, tokens
from roaming.own_objects.sheets.sheet import Built, Row, Sheet
from tests import cast

SHEETS = {"location": locations.SHEET, "tariff": tariffs.SHEET, "token": tokens.SHEET}
OWNED = {"country_code": "NL", "party_id": "VGO"}


def built(sheet: Sheet, *cells: dict[str, str], stored: dict[str, Any] | None = None) -> Built:
    """What rows with these cells, as row 2 and on, make."""
    return sheet.build([Row(number, one) for number, one in enumerate(cells, start=2)], stored)


def example_rows(name: str) -> list[dict[str, str]]:
    return SHEETS[name].rows(SHEETS[name].example)


@pytest.mark.parametrize("name", SHEETS)
def test_the_example_of_the_template_comes_back_from_its_rows(name: str) -> None:
    sheet = SHEETS[name]
    rows = table.read(table.write(sheet.names, sheet.rows(sheet.example)), sheet.names, sheet.key)
    made = sheet.build(rows, None)
    assert made.errors == []
    assert sheet.rows(made.data) == sheet.rows(sheet.example)
    from roaming.locations.parts import EVSES

    validation.validate("2.3.0", name, ages.filled(EVSES, made.data | OWNED, cast.NOW))


@pytest.mark.parametrize("name", SHEETS)
def test_rows_that_say_what_is_stored_change_nothing_not_even_what_no_column_can_say(name: str) -> None:
    sheet = SHEETS[name]
    stored = deepcopy(sheet.build(table.read(table.write(sheet.names, example_rows(name)), sheet.names, ()), None).data)
    stored["energy_mix"] = {"is_green_energy": True}
    if name == "tariff":
        stored["elements"][0]["price_components"][0]["x_note"] = "night"
    if name == "location":
        stored["evses"][0]["directions"] = [{"language": "en", "text": "Second floor"}]
        stored["opening_times"] = {"twentyfourseven": True, "exceptional_closings": []}
        stored["evses"].append({"uid": "GONE", "status": "REMOVED", "connectors": stored["evses"][0]["connectors"]})
    made = built(sheet, *sheet.rows(stored), stored=stored)
    assert (made.errors, made.data) == ([], stored)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The file is empty; its first row must name the columns."),
        ("uid,type\n", "The file has a header and no rows."),
        ("uid,type,colour\nA,RFID,red\n", "columns that there are not: “colour”"),
        ("uid,type,UID\nA,RFID,B\n", "names a column twice: uid"),
        ("uid,valid\nA,yes\n", "The first row lacks type"),
        ("uid,type\nA,RFID,yes\n", "Row 2 has more cells than the header has columns."),
        ('uid,type\nA,"RFID\n', "Row 2 is no CSV: unexpected end of data."),
        ('uid,type\nA,RFID\n"B"x,RFID\n', "Row 3 is no CSV"),
    ],
)
def test_a_file_that_is_no_table_is_refused_as_a_whole(text: str, sentence: str) -> None:
    with pytest.raises(table.NotATable) as refused:
        table.read(text, tokens.SHEET.names, tokens.SHEET.key)
    assert sentence in str(refused.value)


@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_the_delimiter_the_mark_and_the_letter_case_of_the_header_do_not_matter(start: str, delimiter: str) -> None:
    lines = ["UID,Type,Contract ID,,", " A1 ,RFID,NL-1,,", ",,,,", "A2,RFID,NL-2,,"]
    text = start + "\r\n".join(line.replace(",", delimiter) for line in lines)
    rows = table.read(text, tokens.SHEET.names, tokens.SHEET.key)
    first = {"uid": "A1", "type": "RFID", "contract_id": "NL-1"}
    assert rows == [Row(2, first), Row(4, first | {"uid": "A2", "contract_id": "NL-2"})]


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+31 30", "-", "'=x", "''@", "\ttab"])
def test_no_cell_of_ours_is_run_by_a_spreadsheet_and_each_comes_back(text: str) -> None:
    row = dict.fromkeys(tokens.SHEET.names, "") | {"uid": "A", "type": "RFID", "issuer": text}
    written = table.write(tokens.SHEET.names, [row])
    assert table.harmless(text) == f"'{text}"
    assert table.read(written, tokens.SHEET.names, ())[0].cells["issuer"] == text
    assert table.harmless("-5.10963") == "-5.10963"


@pytest.mark.parametrize(
    ("spelling", "text", "value"),
    [
        (spellings.NUMBER, "0,35", Decimal("0.35")),
        (spellings.NUMBER, "-1.50", Decimal("-1.50")),
        (spellings.YES_NO, "TRUE", True),
        (spellings.YES_NO, "no", False),
        (spellings.COORDINATE, "52.1", "52.10000"),
        (spellings.COORDINATE, "5.123456789", "5.1234568"),
        (spellings.MOMENT, "2027-01-01", "2027-01-01T00:00:00Z"),
        (spellings.MOMENT, "2027-01-01T00:00:00+01:00", "2026-12-31T23:00:00Z"),
        (spellings.IDS, "A | B", ["A", "B"]),
        (spellings.TEXTS, "EN: a: b | nl: c", [{"language": "en", "text": "a: b"}, {"language": "nl", "text": "c"}]),
        (spellings.one_of(["IEC_60309_2_single_16"]), "iec_60309_2_SINGLE_16", "IEC_60309_2_single_16"),
        (spellings.one_of(["RFID"]), "WRISTBAND", "WRISTBAND"),
    ],
)
def test_a_cell_is_read_as_people_write_it(spelling: spellings.Spelling, text: str, value: Any) -> None:
    assert spelling.read(text) == value


@pytest.mark.parametrize(
    ("spelling", "text"),
    [
        (spellings.NUMBER, "1,000"),  # a thousand, or one with three decimals?
        (spellings.NUMBER, "1e3"),
        (spellings.NUMBER, "NaN"),
        (spellings.WHOLE, "1.5"),
        (spellings.WHOLE, "²"),
        (spellings.YES_NO, "maybe"),
        (spellings.MOMENT, "tomorrow"),
        (spellings.MOMENT, "0001-01-01T00:00:00+14:00"),
        (spellings.TEXTS, "Night tariff"),
        (spellings.HOURS, "always"),
        (spellings.HOURS, "Fri-Mon 08:00-20:00"),
        (spellings.HOURS, "Xyz 08:00-20:00"),
    ],
)
def test_a_cell_that_may_mean_something_else_is_refused(spelling: spellings.Spelling, text: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        spelling.read(text)


def test_opening_times_are_written_in_words_and_read_back() -> None:
    words = "Mon-Fri 08:00-20:00; Sat 09:00-12:00; Sat 13:00-17:00"
    read = hours.read("monday - friday 8:00-20:00\nSat 09:00-12:00;Sat 13:00-17:00")
    assert read["regular_hours"][0] == {"weekday": 1, "period_begin": "08:00", "period_end": "20:00"}
    assert (len(read["regular_hours"]), hours.write(read)) == (7, words)
    assert hours.write(hours.read("24/7")) == "24/7"


LOCATION = locations.SHEET.rows(locations.SHEET.example)[0]
CONNECTOR_COLUMNS = [column.name for column in locations.CONNECTOR]
TARIFF = tariffs.SHEET.rows(tariffs.SHEET.example)


@pytest.mark.parametrize(
    ("name", "rows", "error"),
    [
        ("token", [{"valid": "perhaps"}], (2, "valid", "valid must be yes or no, not “perhaps”.")),
        ("location", [{}, {"connector_id": "2", "city": "Delft"}], (3, "city", "something else in row 2")),
        ("location", [{}, {}], (3, "connector_id", "connector_id 1 of this EVSE is in row 2 already.")),
        ("location", [{"evse_uid": ""}], (2, "evse_uid", "evse_uid is required")),
        ("location", [{"connector_id": ""}], (2, "connector_id", "connector_id is required")),
        ("location", [{}, {"connector_id": "2", "max_voltage": "high"}], (3, "max_voltage", "a whole number")),
        ("tariff", [{"component": ""}], (2, "component", "component is required")),
        ("tariff", [{}, {"start_time": "22:00"}], (3, "start_time", "something else in row 2")),
    ],
)
def test_what_is_wrong_with_a_row_is_said_with_row_and_column(
    name: str, rows: list[dict[str, str]], error: tuple[int, str, str]
) -> None:
    first = example_rows(name)[0]
    made = built(SHEETS[name], *(first | row for row in rows))
    assert [(one.row, one.column) for one in made.errors] == [error[:2]]
    assert error[2] in made.errors[0].sentence


@pytest.mark.parametrize(
    ("name", "rows", "errors"),
    [
        ("token", [{"whitelist": "SOMETIMES"}], [(2, "whitelist")]),
        ("token", [{"uid": "U" * 37, "issuer": ""}], [(2, "uid"), (2, "issuer")]),
        ("location", [{"latitude": "952"}], [(2, "latitude")]),
        ("location", [{"latitude": "", "longitude": ""}], [(2, "latitude")]),
        ("location", [{}, {"connector_id": "2", "standard": "", "format": "PLUG"}], [(3, "standard"), (3, "format")]),
        ("location", [{}, {"evse_uid": "ZP-2", "status": "BROKEN"}], [(3, "status")]),
        ("location", [{}, dict.fromkeys(CONNECTOR_COLUMNS, "") | {"evse_uid": "ZP-2"}], [(3, "")]),
        ("tariff", [{}, {"element": "2", "price": ""}], [(3, "price")]),
        ("tariff", [{"min_price": "", "min_price_after_taxes": "1"}], [(2, "min_price")]),
        ("tariff", [{"days": "FUNDAY"}], [(2, "days")]),
    ],
)
def test_what_ocpi_refuses_is_said_at_the_row_and_column_that_it_comes_from(
    name: str, rows: list[dict[str, str]], errors: list[tuple[int, str]]
) -> None:
    from roaming.locations.parts import EVSES

    first = example_rows(name)[0]
    made = built(SHEETS[name], *(first | row for row in rows))
    with pytest.raises(Invalid) as refused:
        validation.validate("2.3.0", name, ages.filled(EVSES, made.data | OWNED, cast.NOW))
    made.refused(refused.value.violations)
    assert sorted((one.row, one.column) for one in made.errors) == sorted(errors)


def test_an_empty_cell_takes_a_value_away_and_a_missing_column_leaves_it() -> None:
    stored = tokens.SHEET.example | {"energy_contract": {"supplier_name": "Windy", "contract_id": "W-1"}}
    named = {"uid": stored["uid"], "type": "RFID"}
    assert built(tokens.SHEET, named, stored=stored).data == stored
    made = built(tokens.SHEET, named | {"visual_number": "", "energy_supplier": ""}, stored=stored).data
    assert made == {key: value for key, value in stored.items() if key not in ("visual_number", "energy_contract")}


def test_what_the_rows_do_not_name_of_a_location_stays_and_an_empty_status_too() -> None:
    stored = deepcopy(locations.SHEET.example)
    stored["evses"].append(deepcopy(stored["evses"][0]) | {"uid": "ZP-2"})
    rows = [
        LOCATION | {"evse_uid": "zp-2", "status": "", "connector_id": "2"},
        {**LOCATION, "evse_uid": "ZP-3", "status": ""},
    ]
    made = built(locations.SHEET, *rows, stored=stored).data
    assert [(one["uid"], one["status"], len(one["connectors"])) for one in made["evses"]] == [
        ("ZP-1", "AVAILABLE", 1),
        ("zp-2", "AVAILABLE", 2),
        ("ZP-3", "UNKNOWN", 1),
    ]
    assert len(stored["evses"]) == 2


def test_the_rows_of_a_tariff_are_all_its_prices() -> None:
    stored = built(tariffs.SHEET, *TARIFF).data
    made = built(tariffs.SHEET, TARIFF[1] | {"price": "0.45"}, stored=stored).data
    assert made["elements"] == [
        {"price_components": [{"type": "ENERGY", "price": Decimal("0.45"), "vat": Decimal(21), "step_size": 1}]}
    ]
    unnumbered = [row | {"element": ""} for row in TARIFF]
    assert built(tariffs.SHEET, *unnumbered).data["elements"] == stored["elements"]


def test_only_what_changed_gets_younger_and_an_evse_that_is_left_out_is_removed() -> None:
    from roaming.locations.parts import EVSES

    old = "2026-01-01T00:00:00Z"
    stored = ages.filled(EVSES, locations.SHEET.example, cast.NOW.replace(month=1, day=1, hour=0, minute=0))
    stored["evses"].append(deepcopy(stored["evses"][0]) | {"uid": "ZP-2"})
    sent = deepcopy(stored)
    sent["evses"][0]["connectors"][0]["max_amperage"] = 16
    dated = ages.dated(EVSES, sent, stored, cast.NOW)
    now = "2026-11-20T09:42:00Z"
    first, second = dated["evses"]
    assert [dated["last_updated"], first["last_updated"], first["connectors"][0]["last_updated"]] == [now] * 3
    assert [second["last_updated"], second["connectors"][0]["last_updated"]] == [old] * 2
    assert ages.dated(EVSES, stored, stored, cast.NOW) == stored
    gone = ages.with_removed(EVSES, {**stored, "evses": stored["evses"][1:]}, stored)
    assert [(one["uid"], one["status"]) for one in gone["evses"]] == [("ZP-2", "AVAILABLE"), ("ZP-1", "REMOVED")]


def test_a_change_is_younger_than_what_is_stored_even_if_that_is_of_the_future() -> None:
    stored = tokens.SHEET.example | {"last_updated": "2030-01-01T00:00:00Z"}
    assert ages.dated(None, stored | {"valid": False}, stored, cast.NOW)["last_updated"] == "2030-01-01T00:00:01Z"


def test_differences_are_told_by_path_with_parts_by_their_ids() -> None:
    before = deepcopy(locations.SHEET.example)
    after = deepcopy(before) | {"name": "Garage", "last_updated": "2026-01-01T00:00:00Z"}
    after["evses"][0]["status"] = "REMOVED"
    after["evses"][0]["connectors"][0]["tariff_ids"] = ["AC22", "AC23"]
    del after["postal_code"]
    assert [tuple(one) for one in differences.between(before, after)] == [
        ("evses[ZP-1].connectors[1].tariff_ids", '["AC22"]', '["AC22","AC23"]'),
        ("evses[ZP-1].status", "AVAILABLE", "REMOVED"),
        ("name", "Zuidplein garage", "Garage"),
        ("postal_code", "3527 AA", None),
    ]
