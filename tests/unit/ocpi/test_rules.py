"""Rules between fields: publication, opening hours, duplicates, credit."""

from typing import Any

import pytest

from roaming.ocpi.schema import validation
from roaming.ocpi.schema.validation import Invalid
from tests.wire import load


def refusal(kind: str, value: dict[str, Any]) -> list[str]:
    with pytest.raises(Invalid) as refused:
        validation.validate("2.2.1", kind, value)
    return [str(violation) for violation in refused.value.violations]


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({}, "$.publish_allowed_to[0] must have a uid, a visual_number or a group_id"),
        ({"issuer": "Volta Go"}, "$.publish_allowed_to[0] must have a uid, a visual_number or a group_id"),
        ({"uid": "04B7"}, "$.publish_allowed_to[0].type is required when uid is given"),
        ({"visual_number": "7"}, "$.publish_allowed_to[0].issuer is required when visual_number is given"),
    ],
)
def test_somebody_who_may_see_a_hidden_location_is_named_fully(entry: dict[str, str], sentence: str) -> None:
    """L5."""
    assert refusal("location", load("location_dijkhuis") | {"publish_allowed_to": [entry]}) == [sentence]


def test_a_public_location_has_no_list_of_who_may_see_it() -> None:
    """L5."""
    assert refusal("location", load("location_dijkhuis") | {"publish": True}) == [
        "$.publish_allowed_to must be empty when publish is true"
    ]


def test_an_empty_list_of_who_may_see_it_is_no_list() -> None:
    validation.validate("2.2.1", "location", load("location_zuidplein") | {"publish_allowed_to": []})


@pytest.mark.parametrize("hours", [{"twentyfourseven": False}, {"twentyfourseven": False, "regular_hours": []}])
def test_hours_are_needed_when_it_is_not_always_open(hours: dict[str, Any]) -> None:
    """L6."""
    assert refusal("location", load("location_dijkhuis") | {"opening_times": hours}) == [
        "$.opening_times.regular_hours is required when twentyfourseven is false"
    ]


@pytest.mark.parametrize(("begin", "end"), [("18:00", "08:00"), ("08:00", "08:00")])
def test_a_period_ends_after_it_begins(begin: str, end: str) -> None:
    """L6."""
    hours = {
        "twentyfourseven": False,
        "regular_hours": [{"weekday": 1, "period_begin": begin, "period_end": end}],
        "exceptional_closings": [{"period_begin": "2026-12-26T00:00:00Z", "period_end": "2026-12-25T00:00:00Z"}],
    }
    assert refusal("location", load("location_dijkhuis") | {"opening_times": hours}) == [
        "$.opening_times.regular_hours[0].period_end must be later than period_begin",
        "$.opening_times.exceptional_closings[0].period_end must be later than period_begin",
    ]


def test_an_evse_is_in_its_location_once_whatever_its_letters() -> None:
    """L10."""
    location = load("location_zuidplein")
    location["evses"][1]["uid"] = "zp-1"
    assert refusal("location", location) == ["$.evses[1].uid must be unique, but $.evses[0] has it too"]


def test_a_connector_is_in_its_evse_once() -> None:
    """L10."""
    location = load("location_zuidplein")
    location["evses"][1]["connectors"][1]["id"] = "1"
    assert refusal("location", location) == [
        "$.evses[1].connectors[1].id must be unique, but $.evses[1].connectors[0] has it too"
    ]
    assert refusal("evse", location["evses"][1]) == [
        "$.connectors[1].id must be unique, but $.connectors[0] has it too"
    ]


def test_a_parking_place_is_in_its_location_once() -> None:
    place = {"id": "P1", "vehicle_types": ["VAN"], "restricted_to_type": False, "reservation_required": False}
    location = load("location_zuidplein") | {"parking_places": [place, place | {"id": "p1"}]}
    with pytest.raises(Invalid, match=r"parking_places\[1\].id must be unique"):
        validation.validate("2.3.0", "location", location)


def test_a_role_of_a_party_is_listed_once() -> None:
    credentials = load("credentials_nomad")
    role = credentials["roles"][0]
    credentials["roles"] = [role, role | {"role": "CPO"}, role | {"country_code": "de", "party_id": "nmd"}]
    assert refusal("credentials", credentials) == [
        "$.roles[2] must be unique, but $.roles[0] has the same role, country_code and party_id"
    ]


def test_a_credit_cdr_names_what_it_credits() -> None:
    """D3."""
    credit = load("cdr_ac22_credit")
    del credit["credit_reference_id"]
    assert refusal("cdr", credit) == ["$.credit_reference_id is required when credit is true"]


def test_only_a_credit_cdr_has_the_longest_ids() -> None:
    """D3."""
    assert refusal("cdr", load("cdr_ac22") | {"id": "c" * 37}) == [
        "$.id must be at most 36 characters (39 only for a credit CDR), has 37"
    ]
    validation.validate("2.2.1", "cdr", load("cdr_ac22_credit") | {"id": "c" * 39})
    assert refusal("cdr", load("cdr_ac22_credit") | {"id": "c" * 40}) == ["$.id must be at most 39 characters, has 40"]
