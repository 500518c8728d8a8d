"""The example objects of the specification, read from the folder that OCPI_EXAMPLES names; none are kept here."""

import os
from pathlib import Path
from typing import Any

import pytest

from roaming.ocpi.schema import transforms, validation, wire
from roaming.ocpi.schema.validation import Invalid

FOLDER = os.environ.get("OCPI_EXAMPLES")
pytestmark = pytest.mark.skipif(not FOLDER, reason="the specification's examples are not given: OCPI_EXAMPLES")

# Examples by the beginning of their names; PATCH bodies and parts of objects have tests of their own below.
KINDS = {
    "location_example": "location",
    "tariff_": "tariff",
    "tariffrestriction_": "tariff",
    "token_example": "token",
    "token_put_example": "token",
    "session_example": "session",
    "cdr_example": "cdr",
    "credentials_example": "credentials",
    "versions_info": "versions",
    "version_details": "version_details",
    "location_put_example_add_evse": "evse",
}

BROKEN = {
    ("2.2.1", "tariff_put_example"): ["$.last_updated is required"],
    ("2.3.0", "tariff_put_example"): ["$.last_updated is required"],
    ("2.3.0", "cdr_example"): ["$.tariffs[0].tax_included is required"],
} | {
    (version, "location_put_example_add_evse"): [
        "$.connectors[0].power_type is required",
        "$.connectors[0].max_voltage is required",
        "$.connectors[0].max_amperage is required",
        "$.connectors[0].last_updated is required",
        "$.physical_reference must be a string, not a number",
    ]
    for version in ("2.2.1", "2.3.0")
}

# What an example of 2.3.0 says that 2.2.1 cannot say.
NEWER = {
    "location_example": {"$.parking_places", "$.evses[0].parking", "$.evses[1].parking"},
    "location_example_parking_garage_opening_hours": {"$.parking_places", "$.evses[0].parking"},
    "tariff_20_simple_north_american_inclusive": {"$.tax_included", "$.elements[0].price_components[0].price"},
}


def read(version: str, name: str) -> Any:
    return wire.decode((Path(FOLDER or ".") / version / f"{name}.json").read_bytes())


def kind_of(name: str) -> str | None:
    return next((kind for beginning, kind in KINDS.items() if name.startswith(beginning)), None)


def examples(*, broken: bool = False) -> list[tuple[str, str, str]]:
    """Version, kind and name of the whole objects, either the valid ones or those that break the tables."""
    return [
        (version, kind, path.stem)
        for version in ("2.2.1", "2.3.0")
        for path in sorted((Path(FOLDER or "nowhere") / version).glob("*.json"))
        if (kind := kind_of(path.stem)) and ((version, path.stem) in BROKEN) is broken
    ]


OBJECTS = [entry for entry in examples() if entry[1] not in {"versions", "version_details"}]


def test_the_examples_are_there() -> None:
    assert len(examples()) >= 77
    assert len(examples(broken=True)) == len(BROKEN)


@pytest.mark.parametrize(("version", "kind", "name"), examples())
def test_an_example_is_valid_and_written_back_field_for_field(version: str, kind: str, name: str) -> None:
    value = read(version, name)
    validation.validate(version, kind, value)
    assert wire.decode(wire.encode(value)) == value


@pytest.mark.parametrize(("version", "kind", "name"), examples(broken=True))
def test_an_example_that_breaks_the_tables_is_refused(version: str, kind: str, name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        validation.validate(version, kind, read(version, name))
    assert [str(violation) for violation in refusal.value.violations] == BROKEN[version, name]


@pytest.mark.parametrize(("version", "kind", "name"), OBJECTS)
def test_an_example_goes_through_the_newest_shape_and_comes_back(version: str, kind: str, name: str) -> None:
    value = read(version, name)
    newest = transforms.upgrade(version, kind, value)
    validation.validate("2.3.0", kind, newest)
    back, losses = transforms.downgrade(version, kind, newest)
    assert back == value
    assert losses == []
    assert wire.decode(wire.encode(back)) == value


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for version, kind, name in OBJECTS if version == "2.3.0"])
def test_a_newer_example_reaches_an_older_partner(kind: str, name: str) -> None:
    value = read("2.3.0", name)
    older, losses = transforms.downgrade("2.2.1", kind, value)
    validation.validate("2.2.1", kind, older)
    assert {loss.field for loss in losses} == NEWER.get(name, set())
    if not losses:
        assert transforms.upgrade("2.2.1", kind, older) == value


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
@pytest.mark.parametrize("name", ["get_token_example", "get_token_list_example"])
def test_tokens_in_an_envelope_are_valid(version: str, name: str) -> None:
    data = read(version, f"transport_and_format_{name}")["data"]
    for token in data if isinstance(data, list) else [data]:
        validation.validate(version, "token", token)


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
def test_versions_in_an_envelope_are_valid(version: str) -> None:
    validation.validate(version, "versions", read(version, "transport_and_format_version_info_example")["data"])
    validation.validate(
        version, "version_details", read(version, "transport_and_format_version_details_example")["data"]
    )


PARTS = ["energymix_example_complete", "energymix_example_energy_provider", "energymix_example_simple"]
HOURS = ["247_open_exception_closing", "opening_hours_with_exceptional_closing"]
HOURS += ["opening_hours_with_exceptional_opening"]


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
@pytest.mark.parametrize("name", [*PARTS, "regularhours_example"])
def test_a_part_of_a_location_fits_into_one(version: str, name: str) -> None:
    location = read(version, "location_example") | read(version, f"location_{name}")
    validation.validate(version, "location", location)


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
@pytest.mark.parametrize("name", HOURS)
def test_opening_hours_fit_into_a_location(version: str, name: str) -> None:
    location = read(version, "location_example") | {"opening_times": read(version, f"location_hours_{name}")}
    validation.validate(version, "location", location)


def patched(version: str, kind: str, base: dict[str, Any], patch_name: str) -> dict[str, Any]:
    """The base after the PATCH, both in the newest shape, and valid."""
    patch = read(version, patch_name)
    validation.validate_patch(version, kind, patch)
    stored = transforms.upgrade(version, kind, base)
    merged = transforms.merge_patch(kind, stored, transforms.upgrade(version, kind, patch))
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
