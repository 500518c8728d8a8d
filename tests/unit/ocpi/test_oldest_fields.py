"""What OCPI 2.1.1 refuses and allows where it differs from later versions (sections 1.8, 6 and 8)."""

import copy
from decimal import Decimal
from typing import Any

import pytest

from roaming.ocpi.schema import validation
from tests.unit.ocpi import oldest
from tests.unit.ocpi.bending import DELETE, violations

OBJECTS = {
    "location": oldest.location(),
    "evse": oldest.evse(),
    "tariff": oldest.tariff(),
    "token": oldest.token(),
    "session": oldest.session(),
    "cdr": oldest.cdr(),
    "credentials": oldest.credentials(),
    "start_session": {"response_url": "https://n.example/1", "token": oldest.token(), "location_id": "ZUIDPLEIN"},
    "command_response": {"result": "TIMEOUT"},
    "command_result": {"result": "UNKNOWN_SESSION"},
    "version_details": {
        "version": "2.1.1",
        "endpoints": [{"identifier": "tokens", "url": "https://n.example/2.1.1/tokens"}],
    },
    "location_references": {"location_id": "ZUIDPLEIN", "evse_uids": ["ZP-1"], "connector_ids": ["1"]},
    "authorization_info": {"allowed": "ALLOWED"},
}
TIME = "must be a UTC timestamp such as 2026-03-29T01:30:00Z, at most 25 characters, without offset"


def bent(kind: str, path: str, value: object) -> Any:
    whole = copy.deepcopy(OBJECTS[kind])
    node: Any = whole
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in way:
        node = node[step]
    if value is DELETE:
        del node[last]
    else:
        node[last] = value
    return whole


@pytest.mark.parametrize("kind", OBJECTS)
def test_the_objects_of_2_1_1_are_valid(kind: str) -> None:
    validation.validate("2.1.1", kind, OBJECTS[kind])


@pytest.mark.parametrize(
    ("kind", "path", "value", "sentence"),
    [
        ("location", "name", "Kölner Straße", "must be printable ASCII"),
        ("location", "coordinates.latitude", "51.88692", "must be degrees from -90 to 90 with a point and 6 decimals"),
        (
            "location",
            "coordinates.longitude",
            "4.4883300",
            "must be degrees from -180 to 180 with a point and 6 decimals",
        ),
        ("location", "coordinates.latitude", Decimal("51.886920"), "must be a string, not a number"),
        ("location", "last_updated", "2026-10-14T08:00:00+02:00", TIME),
        ("location", "last_updated", "2026-02-30T08:00:00Z", "must be a timestamp that exists in the calendar"),
        ("evse", "floor_level", -1, "must be a string, not a number"),
        ("token", "uid", "", "must not be empty"),
        ("token", "issuer", "tab\there", "must be printable ASCII"),
        ("session", "total_cost", {"excl_vat": 1}, "must be a number, not an object"),
        ("cdr", "total_cost", "1.76", "must be a number, not a string"),
        ("cdr", "total_cost", Decimal("1E+400"), "must have at most 16 digits before the decimal point"),
        (
            "tariff",
            "elements.0.price_components.0.step_size",
            Decimal("1.5"),
            "must be a whole number without a decimal point",
        ),
    ],
)
def test_what_2_1_1_does_not_take_is_refused_in_words(kind: str, path: str, value: object, sentence: str) -> None:
    """T81, T82, T85, T89; section 8."""
    place = "$" + "".join(f"[{step}]" if step.isdigit() else f".{step}" for step in path.split("."))
    assert violations("2.1.1", kind, bent(kind, path, value)) == [(place, sentence)]


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("location", "country", "NL"),
        ("location", "last_updated", "2026-10-14T08:00:00"),
        ("location", "last_updated", "2026-10-14T08:00:00.123Z"),
        ("location", "publish", "maybe"),
        ("location", "parking_places", 7),
        ("session", "cdr_token", {"uid": 5}),
        ("cdr", "credit", True),
        ("cdr", "total_cost", Decimal("-1.76")),
        ("credentials", "roles", "many"),
    ],
)
def test_what_2_1_1_tolerates_is_taken(kind: str, path: str, value: object) -> None:
    """T82, T85, T86: fields of later versions mean nothing here."""
    validation.validate("2.1.1", kind, bent(kind, path, value))


@pytest.mark.parametrize(
    ("kind", "renamed", "sentence"),
    [
        ("token", {"auth_id": "contract_id"}, "$.auth_id is required (contract_id belongs to OCPI 2.2.1)"),
        ("session", {"auth_id": "cdr_token"}, "$.auth_id is required (cdr_token belongs to OCPI 2.2.1)"),
        (
            "cdr",
            {"stop_date_time": "end_date_time"},
            "$.stop_date_time is required (end_date_time belongs to OCPI 2.2.1)",
        ),
        ("cdr", {"location": "cdr_location"}, "$.location is required (cdr_location belongs to OCPI 2.2.1)"),
        (
            "credentials",
            {"business_details": "roles"},
            "$.business_details is required (roles belongs to OCPI 2.2.1)",
        ),
    ],
)
def test_names_of_another_version_are_called_so(kind: str, renamed: dict[str, str], sentence: str) -> None:
    value = {renamed.get(name, name): item for name, item in OBJECTS[kind].items()}
    assert [f"{path} {message}" for path, message in violations("2.1.1", kind, value)] == [sentence]


REGULAR = [{"weekday": 1, "period_begin": "08:00", "period_end": "20:00"}]


@pytest.mark.parametrize(
    "hours",
    [{}, {"twentyfourseven": False}, {"regular_hours": []}, {"twentyfourseven": True, "regular_hours": REGULAR}],
)
def test_opening_hours_are_either_regular_or_always(hours: dict[str, Any]) -> None:
    """L6."""
    assert violations("2.1.1", "location", oldest.location(opening_times=hours)) == [
        ("$.opening_times", "must have either regular_hours or twentyfourseven")
    ]


@pytest.mark.parametrize(
    "hours",
    [{"twentyfourseven": True}, {"regular_hours": REGULAR}, {"twentyfourseven": False, "regular_hours": REGULAR}],
)
def test_one_of_the_two_is_enough(hours: dict[str, Any]) -> None:
    """L6; the specification's own example says false beside its regular hours."""
    validation.validate("2.1.1", "location", oldest.location(opening_times=hours))


def test_hours_end_later_than_they_begin_and_ids_are_unique() -> None:
    """L6, L10."""
    backwards = [{"weekday": 1, "period_begin": "20:00", "period_end": "08:00"}]
    value = oldest.location(opening_times={"regular_hours": backwards}, evses=[oldest.evse(), oldest.evse()])
    assert violations("2.1.1", "location", value) == [
        ("$.opening_times.regular_hours[0].period_end", "must be later than period_begin"),
        ("$.evses[1].uid", "must be unique, but $.evses[0] has it too"),
    ]


@pytest.mark.parametrize("kind", ["session", "cdr"])
def test_a_charge_names_the_one_evse_and_connector_that_were_used(kind: str) -> None:
    two = oldest.evse(uid="ZP-2", connectors=[oldest.connector(), oldest.connector(id="2")])
    value = OBJECTS[kind] | {"location": oldest.location(evses=[oldest.evse(), two])}
    assert violations("2.1.1", kind, value) == [
        ("$.location.evses", "must have only the EVSE that was used"),
        ("$.location.evses[1].connectors", "must have only the connector that was used"),
    ]


@pytest.mark.parametrize("kind", ["cancel_reservation", "charging_preferences", "client_info", "booking"])
def test_what_came_later_does_not_exist(kind: str) -> None:
    with pytest.raises(KeyError):
        validation.validate("2.1.1", kind, {})
