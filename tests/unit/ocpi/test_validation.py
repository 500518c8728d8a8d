"""Valid objects become structs; of others every violation is named with its path."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from roaming.ocpi.schema import transforms, v221, v230, validation, wire
from roaming.ocpi.schema.validation import Invalid, Violation
from tests.unit.ocpi.bending import DELETE, FILES, changed, violations
from tests.wire import load


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
    assert validation.read(v230.tokens.Token, newest).issuer == "Nomad Mobilität GmbH"


def test_versions_are_a_list() -> None:
    listed = [{"version": "2.2.1", "url": "https://polderladen.example/ocpi/2.2.1"}]
    assert validation.validate("2.2.1", "versions", listed) == (
        v230.registration.Version(version="2.2.1", url="https://polderladen.example/ocpi/2.2.1"),
    )
    assert violations("2.2.1", "versions", listed[0]) == [("$", "must be a list, not an object")]
    assert violations("2.2.1", "versions", [{"version": "2.2.1", "url": "/ocpi/2.2.1"}]) == [
        ("$[0].url", "must be an absolute http(s) URL")
    ]


def test_version_details_name_modules_that_nobody_knows() -> None:
    details = {
        "version": "2.2.1",
        "endpoints": [
            {
                "identifier": "credentials",
                "role": "SENDER",
                "url": "https://polderladen.example/ocpi/2.2.1/credentials",
            },
            {"identifier": "nltnm-tokens", "role": "RECEIVER", "url": "http://10.0.0.7:8080/x?y=1"},
        ],
    }
    assert len(validation.validate("2.2.1", "version_details", details).endpoints) == 2
    del details["endpoints"][1]["role"]  # type: ignore[attr-defined]
    assert violations("2.2.1", "version_details", details) == [("$.endpoints[1].role", "is required")]


def test_an_answer_to_a_real_time_question_carries_the_whole_token() -> None:
    info: dict[str, Any] = {
        "allowed": "ALLOWED",
        "token": load("token_nomad"),
        "location": {"location_id": "ZUIDPLEIN"},
    }
    assert validation.validate("2.2.1", "authorization_info", info).token.uid == "04A2B3C4D5E680"
    del info["token"]
    assert violations("2.2.1", "authorization_info", info) == [("$.token", "is required")]
    assert validation.validate("2.2.1", "location_references", info["location"]).evse_uids is None


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


def test_the_largest_location_is_read() -> None:
    location = load("location_zuidplein")
    location["evses"] = [location["evses"][0] | {"uid": f"ZP-{i}"} for i in range(2000)]
    body = wire.encode(location)
    assert len(validation.validate("2.2.1", "location", wire.decode(body)).evses) == 2000


@pytest.mark.parametrize("number", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_what_is_no_finite_number_is_named_not_compared(number: str) -> None:
    cdr = {**load("cdr_ac22"), "total_energy": Decimal(number)}
    with pytest.raises(Invalid, match=r"\$\.total_energy must"):
        validation.validate("2.2.1", "cdr", cdr)


OTHERS = ("$", "has more than 1000 mistakes, of which the others are not listed")


@pytest.mark.parametrize(("count", "closing"), [(1000, []), (1001, [OTHERS]), (8000, [OTHERS])])
def test_the_first_thousand_mistakes_are_named_and_of_more_it_is_said_that_they_are_there(
    count: int, closing: list[tuple[str, str]]
) -> None:
    location = load("location_zuidplein")
    evse = location["evses"][0]
    closed = [evse | {"uid": f"ZP-{index}", "status": "OPEN"} for index in range(count)]
    found = violations("2.2.1", "location", location | {"evses": closed})
    assert [path for path, _ in found[:1000]] == [f"$.evses[{index}].status" for index in range(1000)]
    assert found[1000:] == closing
    twins = violations("2.2.1", "location", location | {"evses": [evse] * (count + 1)})
    assert [path for path, _ in twins[:1000]] == [f"$.evses[{index}].uid" for index in range(1, 1001)]
    assert twins[1000:] == closing
    with pytest.raises(Invalid) as refusal:
        validation.validate_patch("2.2.1", "location", {"evses": closed, "last_updated": location["last_updated"]})
    assert [(violation.path, violation.message) for violation in refusal.value.violations] == found
