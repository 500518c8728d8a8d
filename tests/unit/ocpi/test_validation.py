"""Valid objects become structs; of others every violation is named with its path."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roaming.ocpi.schema import transforms, v221, v230, validation, wire
from roaming.ocpi.schema.validation import Invalid, Violation
from tests.wire import load

FILES = [
    ("location", "location_zuidplein"),
    ("location", "location_dijkhuis"),
    ("tariff", "tariff_ac22"),
    ("tariff", "tariff_dc150"),
    ("tariff", "tariff_kaal"),
    ("token", "token_nomad"),
    ("token", "token_nomad_app"),
    ("token", "token_volta_go"),
    ("session", "session_running"),
    ("session", "session_finished"),
    ("cdr", "cdr_ac22"),
    ("cdr", "cdr_ac22_credit"),
    ("cdr", "cdr_dc150"),
    ("cdr", "cdr_polder"),
    ("credentials", "credentials_nomad"),
    ("credentials", "credentials_polder"),
]

DELETE = object()


def changed(name: str, path: str, value: object) -> dict[str, Any]:
    """The object in a file with one field set, or deleted; the path is dotted, numbers are list positions."""
    whole = load(name)
    node: Any = whole
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in way:
        node = node[step]
    if value is DELETE:
        del node[last]
    else:
        node[last] = value
    return whole


def violations(version: str, kind: str, value: object) -> list[tuple[str, str]]:
    """What is wrong, the fast way; and the slow pass agrees that something is."""
    with pytest.raises(Invalid) as refusal:
        validation.validate(version, kind, value)
    return [tuple(violation) for violation in refusal.value.violations]


@pytest.mark.parametrize(("kind", "name"), FILES)
def test_the_cast_s_objects_are_valid_in_both_versions(kind: str, name: str) -> None:
    value = load(name)
    assert isinstance(validation.validate("2.2.1", kind, value), v221.STRUCTS[kind])
    newest = transforms.upgrade("2.2.1", kind, value)
    assert isinstance(validation.validate("2.3.0", kind, newest), v230.STRUCTS[kind])


def test_a_struct_has_decimals_and_aware_times() -> None:
    cdr = validation.validate("2.2.1", "cdr", load("cdr_ac22"))
    assert cdr.total_cost == v221.Price(excl_vat=Decimal("9.05"), incl_vat=Decimal("10.9505"))
    assert cdr.start_date_time == datetime(2026, 10, 14, 8, 3, 20, tzinfo=UTC)
    assert str(cdr.tariffs[0].elements[0].price_components[1].price) == "0.3900"
    assert cdr.charging_periods[1].dimensions == (v221.CdrDimension(type="PARKING_TIME", volume=Decimal("0.75")),)
    assert cdr.credit is None


def test_a_stored_object_is_read_as_the_struct_that_is_asked_for() -> None:
    newest = transforms.upgrade("2.2.1", "token", load("token_nomad"))
    assert validation.read(v230.Token, newest).issuer == "Nomad Mobilität GmbH"


def test_versions_are_a_list() -> None:
    listed = [{"version": "2.2.1", "url": "https://polderladen.example/ocpi/2.2.1"}]
    assert validation.validate("2.2.1", "versions", listed) == (
        v230.Version(version="2.2.1", url="https://polderladen.example/ocpi/2.2.1"),
    )
    assert violations("2.2.1", "versions", listed[0]) == [("$", "must be a list, not an object")]
    assert violations("2.2.1", "versions", [{"version": "2.2.1", "url": "/ocpi/2.2.1"}]) == [
        ("$[0].url", "must be an absolute http(s) URL")
    ]


def test_version_details_name_modules_that_nobody_knows() -> None:
    details = {
        "version": "2.2.1",
        "endpoints": [
            {"identifier": "credentials", "role": "SENDER", "url": "https://polderladen.example/ocpi/2.2.1/credentials"},
            {"identifier": "nltnm-tokens", "role": "RECEIVER", "url": "http://10.0.0.7:8080/x?y=1"},
        ],
    }
    assert len(validation.validate("2.2.1", "version_details", details).endpoints) == 2
    del details["endpoints"][1]["role"]  # type: ignore[attr-defined]
    assert violations("2.2.1", "version_details", details) == [("$.endpoints[1].role", "is required")]


def test_an_answer_to_a_real_time_question_carries_the_whole_token() -> None:
    info: dict[str, Any] = {"allowed": "ALLOWED", "token": load("token_nomad"), "location": {"location_id": "ZUIDPLEIN"}}
    assert validation.validate("2.2.1", "authorization_info", info).token.uid == "04A2B3C4D5E680"
    del info["token"]
    assert violations("2.2.1", "authorization_info", info) == [("$.token", "is required")]
    assert validation.validate("2.2.1", "location_references", info["location"]).evse_uids is None


@pytest.mark.parametrize(
    ("kind", "name", "path", "value", "where", "message"),
    [
        ("token", "token_nomad", "issuer", DELETE, "$.issuer", "is required"),
        ("token", "token_nomad", "issuer", None, "$.issuer", "is required, it cannot be null"),
        ("token", "token_nomad", "issuer", 7, "$.issuer", "must be a string, not a number"),
        ("token", "token_nomad", "issuer", "x" * 65, "$.issuer", "must be at most 64 characters, has 65"),
        ("token", "token_nomad", "uid", "u" * 37, "$.uid", "must be at most 36 characters, has 37"),
        ("token", "token_nomad", "uid", "", "$.uid", "must not be empty"),
        ("token", "token_nomad", "uid", "Grüße", "$.uid", "must be printable ASCII"),
        ("token", "token_nomad", "uid", "a\x7fb", "$.uid", "must be printable ASCII"),
        ("token", "token_nomad", "uid", "abc\n", "$.uid", "must be printable ASCII"),
        ("token", "token_nomad", "valid", "true", "$.valid", "must be true or false, not a string"),
        ("token", "token_nomad", "valid", 1, "$.valid", "must be true or false, not a number"),
        (
            "token",
            "token_nomad",
            "whitelist",
            "always",
            "$.whitelist",
            "must be one of ALLOWED, ALLOWED_OFFLINE, ALWAYS, NEVER",
        ),
        ("token", "token_nomad", "type", "EMAID", "$.type", "must be one of AD_HOC_USER, APP_USER, OTHER, RFID"),
        ("token", "token_nomad", "type", 4, "$.type", "must be one of AD_HOC_USER, APP_USER, OTHER, RFID"),
        ("token", "token_nomad", "language", "deu", "$.language", "must be a language of two letters (ISO 639-1)"),
        ("token", "token_nomad", "country_code", "DEU", "$.country_code", "must be a country code of two letters"),
        ("token", "token_nomad", "party_id", "NOMAD", "$.party_id", "must be a party id of three letters or digits"),
        ("token", "token_nomad", "energy_contract", [], "$.energy_contract", "must be an object, not a list"),
        ("token", "token_nomad", "energy_contract", {}, "$.energy_contract.supplier_name", "is required"),
        (
            "location",
            "location_zuidplein",
            "name",
            "two\nlines",
            "$.name",
            "must be printable text without control characters",
        ),
        (
            "location",
            "location_zuidplein",
            "name",
            "nul\0",
            "$.name",
            "must be printable text without control characters",
        ),
        ("location", "location_zuidplein", "name", "n" * 256, "$.name", "must be at most 255 characters, has 256"),
        (
            "location",
            "location_zuidplein",
            "name",
            "n" * 1_000_000,
            "$.name",
            "must be at most 255 characters, has 1000000",
        ),
        ("location", "location_zuidplein", "coordinates", DELETE, "$.coordinates", "is required"),
        ("location", "location_zuidplein", "country", "N", "$.country", None),
        (
            "location",
            "location_zuidplein",
            "coordinates.latitude",
            "51.88",
            "$.coordinates.latitude",
            "must be degrees from -90 to 90 with a point and 5 to 7 decimals",
        ),
        ("location", "location_zuidplein", "coordinates.latitude", "91.000000", "$.coordinates.latitude", None),
        ("location", "location_zuidplein", "coordinates.latitude", "51,886920", "$.coordinates.latitude", None),
        (
            "location",
            "location_zuidplein",
            "coordinates.latitude",
            Decimal("51.886920"),
            "$.coordinates.latitude",
            "must be a string, not a number",
        ),
        (
            "location",
            "location_zuidplein",
            "coordinates.longitude",
            "181.000000",
            "$.coordinates.longitude",
            "must be degrees from -180 to 180 with a point and 5 to 7 decimals",
        ),
        (
            "location",
            "location_zuidplein",
            "time_zone",
            "Europe/Zuidplein",
            "$.time_zone",
            "must be an IANA time zone such as Europe/Amsterdam",
        ),
        ("location", "location_zuidplein", "time_zone", "../../etc/passwd", "$.time_zone", None),
        ("location", "location_zuidplein", "time_zone", "CEST", "$.time_zone", None),
        ("location", "location_zuidplein", "time_zone", None, "$.time_zone", "is required, it cannot be null"),
        ("location", "location_zuidplein", "time_zone", 1, "$.time_zone", "must be a time zone, not a number"),
        ("location", "location_zuidplein", "evses", {}, "$.evses", "must be a list, not an object"),
        (
            "location",
            "location_zuidplein",
            "evses.0.connectors",
            [],
            "$.evses[0].connectors",
            "must have at least one entry",
        ),
        ("location", "location_zuidplein", "evses.0.connectors", None, "$.evses[0].connectors", None),
        ("location", "location_zuidplein", "evses.0.status", "available", "$.evses[0].status", None),
        (
            "location",
            "location_zuidplein",
            "evses.1.connectors.1.max_voltage",
            "500",
            "$.evses[1].connectors[1].max_voltage",
            "must be a whole number, not a string",
        ),
        (
            "location",
            "location_zuidplein",
            "evses.1.connectors.1.max_voltage",
            True,
            "$.evses[1].connectors[1].max_voltage",
            "must be a whole number, not a boolean",
        ),
        (
            "location",
            "location_zuidplein",
            "evses.1.connectors.1.max_voltage",
            Decimal("500.0"),
            "$.evses[1].connectors[1].max_voltage",
            "must be a whole number without a decimal point",
        ),
        (
            "location",
            "location_zuidplein",
            "evses.1.connectors.1.max_voltage",
            10**20,
            "$.evses[1].connectors[1].max_voltage",
            "must be a whole number from 0 to 2147483647",
        ),
        (
            "location",
            "location_zuidplein",
            "evses.0.floor_level",
            "12345",
            "$.evses[0].floor_level",
            "must be at most 4 characters, has 5",
        ),
        (
            "location",
            "location_zuidplein",
            "evses.0.parking_restrictions",
            ["TAXIS"],
            "$.evses[0].parking_restrictions[0]",
            "must be one of CUSTOMERS, DISABLED, EV_ONLY, MOTORCYCLES, PLUGGED",
        ),
        ("location", "location_zuidplein", "parking_type", "OTHER", "$.parking_type", None),
        ("location", "location_zuidplein", "images.0.category", "SELFIE", "$.images[0].category", None),
        (
            "location",
            "location_zuidplein",
            "images.0.width",
            100_000,
            "$.images[0].width",
            "must be a whole number from 0 to 99999",
        ),
        ("location", "location_zuidplein", "operator", {}, "$.operator.name", "is required"),
        (
            "location",
            "location_zuidplein",
            "operator.website",
            "javascript:alert(1)",
            "$.operator.website",
            "must be an http(s) URL",
        ),
        ("location", "location_zuidplein", "operator.website", "see our website", "$.operator.website", None),
        (
            "location",
            "location_zuidplein",
            "opening_times.regular_hours.0.weekday",
            8,
            "$.opening_times.regular_hours[0].weekday",
            "must be a whole number from 1 to 7",
        ),
        (
            "location",
            "location_zuidplein",
            "opening_times.regular_hours.0.period_begin",
            "8:00",
            "$.opening_times.regular_hours[0].period_begin",
            "must be a time of day as HH:MM",
        ),
        (
            "location",
            "location_zuidplein",
            "opening_times.regular_hours.0.period_end",
            "25:00",
            "$.opening_times.regular_hours[0].period_end",
            "must be a time of day as HH:MM",
        ),
        (
            "location",
            "location_zuidplein",
            "last_updated",
            "2026-02-30T00:00:00Z",
            "$.last_updated",
            "must be a timestamp that exists in the calendar",
        ),
        ("location", "location_zuidplein", "last_updated", "2026-10-14", "$.last_updated", None),
        (
            "location",
            "location_zuidplein",
            "last_updated",
            1_791_964_800,
            "$.last_updated",
            "must be a timestamp, not a number",
        ),
        ("tariff", "tariff_ac22", "currency", "eur", "$.currency", None),
        ("tariff", "tariff_ac22", "elements", [], "$.elements", "must have at least one entry"),
        (
            "tariff",
            "tariff_ac22",
            "elements.0.price_components.0.price",
            "0.35",
            "$.elements[0].price_components[0].price",
            "must be a number, not a string",
        ),
        (
            "tariff",
            "tariff_ac22",
            "elements.0.price_components.0.price",
            False,
            "$.elements[0].price_components[0].price",
            "must be a number, not a boolean",
        ),
        (
            "tariff",
            "tariff_ac22",
            "elements.0.price_components.0.price",
            Decimal("1e400"),
            "$.elements[0].price_components[0].price",
            "must have at most 16 digits before the decimal point",
        ),
        ("tariff", "tariff_ac22", "elements.0.price_components.0.price", Decimal("1e-400"), None, None),
        ("tariff", "tariff_ac22", "elements.0.price_components.0.price", Decimal("0E+400"), None, None),
        ("tariff", "tariff_ac22", "elements.0.price_components.0.price", 10**19, None, None),
        (
            "tariff",
            "tariff_ac22",
            "elements.0.price_components.0.price",
            Decimal("0." + "1" * 40),
            "$.elements[0].price_components[0].price",
            "must have at most 32 decimals",
        ),
        (
            "tariff",
            "tariff_ac22",
            "elements.0.price_components.0.step_size",
            Decimal("1.5"),
            "$.elements[0].price_components[0].step_size",
            "must be a whole number without a decimal point",
        ),
        (
            "tariff",
            "tariff_ac22",
            "elements.0.restrictions",
            {"start_date": "2026-02-30"},
            "$.elements[0].restrictions.start_date",
            "must be a date that exists in the calendar",
        ),
        (
            "tariff",
            "tariff_ac22",
            "elements.0.restrictions",
            {"start_date": "20260228"},
            "$.elements[0].restrictions.start_date",
            "must be a date as YYYY-MM-DD",
        ),
        (
            "tariff",
            "tariff_ac22",
            "elements.0.restrictions",
            {"start_date": 20260228},
            "$.elements[0].restrictions.start_date",
            "must be a date, not a number",
        ),
        (
            "tariff",
            "tariff_ac22",
            "elements.0.restrictions",
            {"day_of_week": ["MON"]},
            "$.elements[0].restrictions.day_of_week[0]",
            None,
        ),
        ("tariff", "tariff_dc150", "min_price", 1, "$.min_price", "must be an object, not a number"),
        ("session", "session_running", "kwh", "11.4", "$.kwh", "must be a number, not a string"),
        ("session", "session_running", "status", "RESERVED", "$.status", None),
        (
            "session",
            "session_running",
            "charging_periods.0.dimensions",
            [],
            "$.charging_periods[0].dimensions",
            "must have at least one entry",
        ),
        (
            "session",
            "session_running",
            "total_cost",
            Decimal("4.8072"),
            "$.total_cost",
            "must be an object, not a number",
        ),
        ("cdr", "cdr_ac22", "charging_periods", [], "$.charging_periods", "must have at least one entry"),
        ("cdr", "cdr_ac22", "charging_periods", None, "$.charging_periods", "is required, it cannot be null"),
        (
            "cdr",
            "cdr_ac22",
            "cdr_location.address",
            "a" * 46,
            "$.cdr_location.address",
            "must be at most 45 characters, has 46",
        ),
        ("cdr", "cdr_ac22", "charging_periods.0.dimensions.0.type", "FLAT", None, None),
        ("cdr", "cdr_ac22", "signed_data.signed_values", [], "$.signed_data.signed_values", None),
        ("credentials", "credentials_nomad", "token", DELETE, "$.token", "is required"),
        ("credentials", "credentials_nomad", "url", DELETE, "$.url", "is required"),
        ("credentials", "credentials_nomad", "url", "ocpi.nomad.example/versions", "$.url", None),
        ("credentials", "credentials_nomad", "url", "ftp://nomad.example/", "$.url", "must be an absolute http(s) URL"),
        ("credentials", "credentials_nomad", "url", "https://", "$.url", "must be an absolute http(s) URL"),
        ("credentials", "credentials_nomad", "roles", [], "$.roles", "must have at least one entry"),
        ("credentials", "credentials_nomad", "roles.0.role", "DRIVER", "$.roles[0].role", None),
        (
            "credentials",
            "credentials_nomad",
            "token",
            "has space",
            "$.token",
            "must be printable ASCII without spaces",
        ),
        (
            "credentials",
            "credentials_nomad",
            "token",
            "t" * 65,
            "$.token",
            "must be at most 64 characters, has 65",
        ),
        ("credentials", "credentials_nomad", "token", "ta\tb", "$.token", "must be printable ASCII without spaces"),
    ],
)
def test_one_fault_is_named_with_its_path(
    kind: str, name: str, path: str, value: object, where: str | None, message: str | None
) -> None:
    found = violations("2.2.1", kind, changed(name, path, value))
    assert len(found) == 1
    assert where is None or found[0][0] == where
    assert message is None or found[0][1] == message


@pytest.mark.parametrize(
    ("kind", "name", "path", "value"),
    [
        ("token", "token_nomad", "visual_number", None),
        ("token", "token_nomad", "visual_number", DELETE),
        ("token", "token_nomad", "visual_number", ""),
        ("token", "token_nomad", "unknown_field", {"deep": [None, {"x": "\0"}]}),
        ("token", "token_nomad", "uid", "0004 a*b/c#~"),
        ("token", "token_nomad", "country_code", "de"),
        ("location", "location_zuidplein", "name", "é" * 255),
        ("location", "location_zuidplein", "name", "<script>alert('x')</script> \"quoted\" 🔌"),
        ("location", "location_zuidplein", "evses", None),
        ("location", "location_zuidplein", "evses", []),
        ("location", "location_zuidplein", "evses", DELETE),
        ("location", "location_zuidplein", "country", "NL"),
        ("location", "location_zuidplein", "coordinates.latitude", "-90.00000"),
        ("location", "location_zuidplein", "coordinates.longitude", "-179.999999"[:11]),
        ("location", "location_zuidplein", "time_zone", "America/Argentina/Buenos_Aires"),
        ("location", "location_zuidplein", "last_updated", "2026-10-14T08:03:20"),
        ("location", "location_zuidplein", "last_updated", "2026-10-14T08:03:20.125Z"),
        ("location", "location_zuidplein", "operator.website", "www.volta.example/laden?x=1#top"),
        ("location", "location_zuidplein", "operator.website", ""),
        ("location", "location_zuidplein", "operator.website", "HTTPS://münchen.example:8443/größe"),
        ("location", "location_zuidplein", "help_phone", 5),
        ("location", "location_zuidplein", "evses.0.capabilities", ["LEVITATION"]),
        ("location", "location_zuidplein", "evses.0.connectors.0.standard", "MCS"),
        ("location", "location_zuidplein", "evses.0.connectors.0.max_voltage", 0),
        ("location", "location_zuidplein", "facilities", ["SAUNA"]),
        ("tariff", "tariff_ac22", "elements.0.price_components.0.price", Decimal("-0.1234")),
        ("tariff", "tariff_ac22", "elements.0.price_components.0.price", Decimal("0.30000000000000004")),
        ("tariff", "tariff_ac22", "elements.0.price_components.0.price", 9_999_999_999_999_999),
        ("tariff", "tariff_ac22", "elements.0.price_components.0.price", Decimal("5E+3")),
        ("tariff", "tariff_ac22", "elements.0.price_components.0.vat", None),
        ("tariff", "tariff_ac22", "elements.0.price_components.0.step_size", 0),
        ("tariff", "tariff_ac22", "currency", "XXX"),
        ("tariff", "tariff_ac22", "end_date_time", "2020-01-01T00:00:00Z"),
        ("session", "session_running", "evse_uid", "#NA"),
        ("session", "session_running", "charging_periods", []),
        ("session", "session_running", "kwh", -3),
        ("cdr", "cdr_ac22", "tariffs", []),
        ("cdr", "cdr_ac22", "currency", "USD"),
        ("cdr", "cdr_ac22", "end_date_time", "1970-01-01T00:00:00Z"),
        ("credentials", "credentials_nomad", "roles.0.role", "HUB"),
        ("credentials", "credentials_nomad", "token", "t" * 64),
    ],
)
def test_what_the_tables_allow_is_accepted(kind: str, name: str, path: str, value: object) -> None:
    validation.validate("2.2.1", kind, changed(name, path, value))


@pytest.mark.parametrize("value", [[], [load("cdr_ac22")], "cdr", None, 5, True])
def test_a_body_that_is_no_object_is_refused(value: object) -> None:
    [(path, message)] = violations("2.2.1", "cdr", value)
    assert path == "$"
    assert message.startswith("must be an object, not ")


def test_thousands_of_unknown_fields_do_no_harm() -> None:
    value = load("token_nomad") | {f"x_{i}": i for i in range(5000)}
    assert validation.validate("2.2.1", "token", value).uid == "04A2B3C4D5E680"


def test_every_violation_is_listed() -> None:
    value = changed("location_zuidplein", "evses.1.connectors.1.max_voltage", "500")
    value["evses"][0]["status"] = "OPEN"
    value["evses"][1]["uid"] = "zp-1"
    value["country_code"] = "NLD"
    del value["last_updated"]
    assert violations("2.2.1", "location", value) == [
        ("$.country_code", "must be a country code of two letters"),
        (
            "$.evses[0].status",
            "must be one of AVAILABLE, BLOCKED, CHARGING, INOPERATIVE, OUTOFORDER, PLANNED, REMOVED, RESERVED, UNKNOWN",
        ),
        ("$.evses[1].connectors[1].max_voltage", "must be a whole number, not a string"),
        ("$.last_updated", "is required"),
        ("$.evses[1].uid", "must be unique, but $.evses[0] has it too"),
    ]


def test_the_sentence_for_a_partner_is_one_line() -> None:
    one = Invalid([Violation("$.uid", "is required")])
    many = Invalid([Violation(f"$.f{i}", "is required") for i in range(10)])
    assert str(one) == "$.uid is required"
    assert str(many) == "$.f0 is required; $.f1 is required; $.f2 is required; and 7 more"


@pytest.mark.parametrize(
    ("version", "kind", "value", "expected"),
    [
        (
            "2.3.0",
            "session",
            load("session_finished"),
            [("$.total_cost.before_taxes", "is required (excl_vat belongs to OCPI 2.2.1)")],
        ),
        (
            "2.2.1",
            "session",
            transforms.upgrade("2.2.1", "session", load("session_finished")),
            [("$.total_cost.excl_vat", "is required (before_taxes belongs to OCPI 2.3.0)")],
        ),
        ("2.3.0", "tariff", load("tariff_ac22"), [("$.tax_included", "is required")]),
        (
            "2.2.1",
            "connector",
            {
                "id": "1",
                "standard": "IEC_62196_T2",
                "format": "SOCKET",
                "power_type": "AC_3_PHASE",
                "voltage": 230,
                "amperage": 16,
                "last_updated": "2026-01-01T00:00:00Z",
            },
            [
                ("$.max_voltage", "is required (voltage belongs to OCPI 2.1.1)"),
                ("$.max_amperage", "is required (amperage belongs to OCPI 2.1.1)"),
            ],
        ),
        (
            "2.2.1",
            "session",
            changed("session_finished", "cdr_token", DELETE) | {"auth_id": "NL-VGO-C00000731-4"},
            [("$.cdr_token", "is required (auth_id belongs to OCPI 2.1.1)")],
        ),
    ],
)
def test_the_shape_of_another_version_is_named(
    version: str, kind: str, value: object, expected: list[tuple[str, str]]
) -> None:
    assert violations(version, kind, value) == expected


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("parking_type", "ROOFTOP"),
        ("evses.0.parking_restrictions", ["TAXIS", "SOMETHING_NEW"]),
        ("images.0.category", "SELFIE"),
        ("help_phone", "+31 10 1234567"),
        ("evses.0.accepted_service_providers", ["Nomad"]),
    ],
)
def test_open_enumerations_and_new_fields_are_open_in_2_3_0(path: str, value: object) -> None:
    newest = transforms.upgrade("2.2.1", "location", changed("location_zuidplein", path, value))
    assert validation.validate("2.3.0", "location", newest)


def test_what_2_3_0_added_is_checked_there() -> None:
    value = load("location_zuidplein") | {"help_phone": "5" * 26, "parking_places": [{"id": "p1", "vehicle_types": []}]}
    assert violations("2.3.0", "location", value) == [
        ("$.parking_places[0].vehicle_types", "must have at least one entry"),
        ("$.parking_places[0].restricted_to_type", "is required"),
        ("$.parking_places[0].reservation_required", "is required"),
        ("$.help_phone", "must be at most 25 characters, has 26"),
    ]


def test_a_hub_is_a_role_in_2_2_1_only() -> None:
    value = changed("credentials_nomad", "roles.0.role", "HUB")
    assert violations("2.3.0", "credentials", value) == [
        ("$.roles[0].role", "must be one of CPO, EMSP, NAP, NSP, OTHER, PTP, SCSP")
    ]


@pytest.mark.parametrize(("version", "kind"), [("2.0", "cdr"), ("2.2.1", "booking")])
def test_an_unknown_version_or_kind_is_the_caller_s_fault(version: str, kind: str) -> None:
    with pytest.raises(KeyError):
        validation.validate(version, kind, {})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=5),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
    max_leaves=8,
)


@given(st.data())
def test_any_value_in_any_field_is_accepted_or_named(data: st.DataObject) -> None:
    kind, name = data.draw(st.sampled_from(FILES))
    value = load(name)
    node: Any = value
    path = "$"
    while True:
        key = data.draw(st.sampled_from(list(node) if isinstance(node, dict) else range(len(node))))
        path += f".{key}" if isinstance(key, str) else f"[{key}]"
        if isinstance(node[key], dict | list) and node[key] and data.draw(st.booleans()):
            node = node[key]
            continue
        node[key] = data.draw(JSON)
        break
    try:
        validation.validate("2.2.1", kind, value)
    except Invalid as refusal:
        assert refusal.violations
        assert all("`" not in violation.message for violation in refusal.violations), "a message of msgspec came through"


def test_the_largest_location_is_read() -> None:
    location = load("location_zuidplein")
    location["evses"] = [location["evses"][0] | {"uid": f"ZP-{i}"} for i in range(2000)]
    body = wire.encode(location)
    assert len(validation.validate("2.2.1", "location", wire.decode(body)).evses) == 2000
