"""The example objects of the specification: every file is read as what it is, and written back without loss."""

from typing import Any

import msgspec
import pytest

from roaming.ocpi.schema import shapes, transforms, validation, wire
from roaming.ocpi.schema.known import Known
from roaming.ocpi.schema.v211 import basics as basics_211
from roaming.ocpi.schema.v230 import basics, locations
from roaming.ocpi.schema.validation import Invalid
from tests.unit.ocpi.examples import FOLDER, PART, PATCH, STRUCT, WHOLE, Example, every, read

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the specification's examples are not given: OCPI_EXAMPLES")

NO_TIME = "must be a UTC timestamp such as 2026-03-29T01:30:00Z, at most 25 characters, without offset"
NO_PARTY = "must be a party id of three letters or digits"
EVSE = ["$.connectors[0].last_updated is required", "$.physical_reference must be a string, not a number"]
EVSE_22 = [f"$.connectors[0].{name} is required" for name in ("power_type", "max_voltage", "max_amperage")] + EVSE

# The fourteen objects that break the specification's own tables, and what is wrong with them.
BROKEN = {
    ("2.1.1", "cdrs_01_example_of_a_cdr"): [
        "$.tariffs[0].elements[0].price_components[0].price must be a number, not a string"
    ],
    ("2.1.1", "locations_04_example_add_an_evse"): [
        *(f"$.connectors[0].{name} is required" for name in ("power_type", "voltage", "amperage", "last_updated")),
        *(f"$.{name} must be a string, not a number" for name in ("floor_level", "physical_reference")),
        "$.last_updated is required",
    ],
    ("2.1.1", "tariffs_01_example_new_tariff_2_euro_per_hour"): ["$.last_updated is required"],
    ("2.2.1", "location_put_example_add_evse"): EVSE_22,
    ("2.2.1", "tariff_put_example"): ["$.last_updated is required"],
    ("2.3.0", "location_put_example_add_evse"): EVSE_22,
    ("2.3.0", "tariff_put_example"): ["$.last_updated is required"],
    ("2.3.0", "cdr_example"): ["$.tariffs[0].tax_included is required"],
    ("2.3.0", "payment_terminal_create_minimal"): ["$.last_updated is required"],
    ("2.3.0", "payment_financial_advice_confirmation_create"): [
        "$.total_costs.before_taxes is required (excl_vat belongs to OCPI 2.2.1)"
    ],
    ("2.3.0", "payment_financial_advice_confirmation_example_success"): [
        "$.total_costs.before_taxes is required (excl_vat belongs to OCPI 2.2.1)"
    ],
    ("2.3.0", "payment_financial_advice_confirmation_example_failure"): [
        "$.total_costs.before_taxes is required (excl_vat belongs to OCPI 2.2.1)",
        "$.eft_data is required",
    ],
    ("2.3.0", "booking_example"): [
        f"$.party_id {NO_PARTY}",
        f"$.booking_tokens[0].party_id {NO_PARTY}",
        f"$.booking_requests[0].booking_request.party_id {NO_PARTY}",
        "$.booking_requests[0].booking_request.booking_location_id is required",
        f"$.booking_requests[1].booking_request.party_id {NO_PARTY}",
        "$.booking_requests[1].booking_request.booking_location_id is required",
    ],
    ("2.3.0", "booking_location_example"): [
        "$.booking_option.evse_position must be a list, not a string",
        f"$.calendars[0].end_before {NO_TIME}",
        f"$.calendars[0].available_timeslots[0].end_date_time {NO_TIME}",
        f"$.calendars[1].end_before {NO_TIME}",
        f"$.calendars[1].available_timeslots[0].end_date_time {NO_TIME}",
        "$.calendars[1].id must be unique, but $.calendars[0] has it too",
    ],
}
# PATCH bodies that break them: T62, and names with a space at their end.
BROKEN_PATCHES = {
    ("2.3.0", "payment_terminal_location_assignment"): ["$.last_updated is required"],
    ("2.3.0", "booking_location_patch_example_calendar"): [
        "$.available_timeslots[0].start_date_time is required",
        "$.available_timeslots[0].end_date_time is required",
    ],
    ("2.3.0", "booking_location_patch_example_terms"): [
        "$.booking_terms.supported_access_methods is required",
        "$.booking_terms.change_until_minutes is required",
        "$.booking_terms.cancel_until_minutes is required",
    ],
}

# What an example of 2.3.0 says that 2.2.1 cannot say.
NEWER = {
    "location_example": {"$.parking_places", "$.evses[0].parking", "$.evses[1].parking"},
    "location_example_parking_garage_opening_hours": {"$.parking_places", "$.evses[0].parking"},
    "tariff_20_simple_north_american_inclusive": {"$.tax_included", "$.elements[0].price_components[0].price"},
}

STRUCTS: dict[tuple[str, str], type[msgspec.Struct]] = {
    ("2.1.1", "display_text"): basics_211.DisplayText,
    ("2.2.1", "display_text"): basics.DisplayText,
    ("2.3.0", "display_text"): basics.DisplayText,
    ("2.2.1", "hours"): locations.Hours,
    ("2.3.0", "hours"): locations.Hours,
}

EXAMPLES = every() if FOLDER.is_dir() else []
FINE = [example for example in EXAMPLES if example[:2] not in BROKEN | BROKEN_PATCHES]
# Versions are no objects that are kept; those of 2.1.1 lack what only the platform knows (see the test of its own).
OBJECTS = [x for x in FINE if x.how == WHOLE and x.kind not in {"versions", "version_details"} and x.version > "2.1.1"]
OLDEST = [x for x in FINE if x.how == WHOLE and x.kind not in {"versions", "version_details"} and x.version == "2.1.1"]


def ids(example: Example) -> str:
    return f"{example.version}-{example.name}"


def violations_of(example: Example, value: Any) -> list[str]:
    try:
        if example.how == WHOLE:
            validation.validate(example.version, example.kind, value)
        elif example.how == PATCH:
            validation.validate_patch(example.version, example.kind, value)
        elif example.how == PART:
            return list(map(str, shapes.given(validation.STRUCTS[example.version][example.kind], value)))
        elif example.how == STRUCT and example.kind != "envelope":
            return list(map(str, shapes.violations(shapes.of(STRUCTS[example.version, example.kind]), value)))
    except Invalid as error:
        return list(map(str, error.violations))
    return []


def test_every_example_is_read_and_only_the_broken_ones_are_not() -> None:
    assert len(EXAMPLES) == sum(1 for _ in FOLDER.glob("*/*.json")) == 171
    assert len(BROKEN) == 14
    assert len(FINE) == 171 - len(BROKEN) - len(BROKEN_PATCHES)


@pytest.mark.parametrize("example", EXAMPLES, ids=ids)
def test_an_example_is_valid_and_written_back_field_for_field_or_its_faults_are_named(example: Example) -> None:
    expected = (BROKEN | BROKEN_PATCHES).get(example[:2], [])
    assert [found for value in example.objects() for found in violations_of(example, value)] == expected
    value = read(example.version, example.name)
    assert wire.decode(wire.encode(value)) == value


@pytest.mark.parametrize("example", OBJECTS, ids=ids)
def test_an_example_goes_through_the_newest_shape_and_comes_back(example: Example) -> None:
    for value in example.objects():
        newest = transforms.upgrade(example.version, example.kind, value)
        validation.validate("2.3.0", example.kind, newest)
        back, losses = transforms.downgrade(example.version, example.kind, newest)
        assert back == value
        assert losses == []
        assert wire.decode(wire.encode(back)) == value


@pytest.mark.parametrize("example", OLDEST, ids=ids)
def test_an_example_of_2_1_1_goes_through_the_newest_shape_and_comes_back(example: Example) -> None:
    for value in example.objects():
        place = transforms.upgrade("2.1.1", "location", value["location"]) if "location" in value else {}
        around = Known(owner=("NL", "VLT"), issuer=("DE", "NMD"), role="CPO", location=lambda _, it=place: it)  # type: ignore[misc]
        newest = transforms.upgrade("2.1.1", example.kind, value, around)
        validation.validate("2.3.0", example.kind, newest)
        back, losses = transforms.downgrade("2.1.1", example.kind, newest, around)
        if example.kind == "location":
            assert back.pop("time_zone") == "Europe/Brussels"
        elif example.kind == "session":
            assert back["location"].pop("time_zone") == "Europe/Brussels"
        assert back == value
        assert losses == []


def test_the_cdr_of_2_1_1_comes_back_once_its_price_is_a_number() -> None:
    cdr = read("2.1.1", "cdrs_01_example_of_a_cdr")
    cdr["tariffs"][0]["elements"][0]["price_components"][0]["price"] = 2
    validation.validate("2.1.1", "cdr", cdr)
    newest = transforms.upgrade("2.1.1", "cdr", cdr, Known(owner=("NL", "VLT"), issuer=("DE", "NMD")))
    validation.validate("2.3.0", "cdr", newest)
    assert transforms.downgrade("2.1.1", "cdr", newest) == (cdr, [])


@pytest.mark.parametrize("example", [x for x in OBJECTS if x.version == "2.3.0"], ids=ids)
def test_a_newer_example_reaches_an_older_partner(example: Example) -> None:
    if example.kind not in validation.STRUCTS["2.2.1"]:
        with pytest.raises(KeyError):
            transforms.downgrade("2.2.1", example.kind, {})
        return
    for value in example.objects():
        older, losses = transforms.downgrade("2.2.1", example.kind, value)
        validation.validate("2.2.1", example.kind, older)
        assert {loss.field for loss in losses} == NEWER.get(example.name, set())
        if not losses:
            assert transforms.upgrade("2.2.1", example.kind, older) == value


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
@pytest.mark.parametrize(
    "name",
    [
        "energymix_example_complete",
        "energymix_example_energy_provider",
        "energymix_example_simple",
        "regularhours_example",
    ],
)
def test_a_part_of_a_location_fits_into_one(version: str, name: str) -> None:
    location = read(version, "location_example") | read(version, f"location_{name}")
    validation.validate(version, "location", location)


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
@pytest.mark.parametrize(
    "name",
    [
        "247_open_exception_closing",
        "opening_hours_with_exceptional_closing",
        "opening_hours_with_exceptional_opening",
    ],
)
def test_opening_hours_fit_into_a_location(version: str, name: str) -> None:
    location = read(version, "location_example") | {"opening_times": read(version, f"location_hours_{name}")}
    validation.validate(version, "location", location)


def patched(version: str, kind: str, base: dict[str, Any], patch_name: str) -> dict[str, Any]:
    """The base after the PATCH, both in the newest shape, and valid."""
    patch = read(version, patch_name)
    validation.validate_patch(version, kind, patch)
    around = Known(owner=("NL", "VLT"))
    stored = transforms.upgrade(version, kind, base, around)
    merged = transforms.merge_patch(kind, stored, transforms.upgrade(version, kind, patch, around))
    validation.validate("2.3.0", kind, merged)
    back, losses = transforms.downgrade(version, kind, merged)
    assert losses == []
    return back


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
def test_the_patches_of_a_location_apply(version: str) -> None:
    location = read(version, "location_example")
    evse = location["evses"][0]
    for kind, base, name in [
        ("location", location, "location_patch_example_location"),
        ("evse", evse, "location_patch_example_remove_evse"),
        ("evse", evse, "location_patch_example_status"),
        ("connector", evse["connectors"][0], "location_patch_example_tariff"),
    ]:
        assert patched(version, kind, base, name) == base | read(version, name)


def test_the_patches_of_2_1_1_apply_without_last_updated() -> None:
    """T62."""
    location = read("2.1.1", "locations_06_example") | {"time_zone": "Europe/Brussels"}
    evse = location["evses"][0]
    tariff = read("2.1.1", "tariffs_03_simple_tariff_example_2_euro_per_hour")
    for kind, base, name in [
        ("location", location, "locations_02_example_change_the_location_name"),
        ("location", location, "locations_09_complete"),
        ("location", location, "locations_10_4_19_1_example"),
        ("evse", evse, "locations_01_example_a_simple_status_update"),
        ("evse", evse, "locations_05_example_delete_an_evse"),
        ("connector", evse["connectors"][0], "locations_03_example_set_tariff_update"),
        ("tariff", tariff, "tariffs_02_example_change_tariff_to_2_50"),
        ("token", read("2.1.1", "tokens_03_example"), "tokens_02_example_invalidate_a_token"),
    ]:
        assert patched("2.1.1", kind, base, name) == base | read("2.1.1", name)


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
def test_the_patch_of_a_token_applies(version: str) -> None:
    base = read(version, "token_put_example")
    merged = patched(version, "token", base, "token_patch_example")
    assert merged == base | {"valid": False, "last_updated": "2019-06-19T02:11:11Z"}


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
def test_the_patches_of_a_session_apply(version: str) -> None:
    base = read(version, "session_example_2_short_finished")
    cost = read(version, "session_patch_example_total_cost")
    assert patched(version, "session", base, "session_patch_example_total_cost") == base | cost
    more = read(version, "session_patch_example_charging_period")
    assert patched(version, "session", base, "session_patch_example_charging_period") == base | more | {
        "charging_periods": base["charging_periods"] + more["charging_periods"]
    }
