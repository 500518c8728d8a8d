"""Commands, charging profiles, hub client info, invoice reconciliation, payments and bookings: fields and rules."""

import copy
from decimal import Decimal
from typing import Any

import pytest

from roaming.ocpi.schema import transforms, validation
from tests.unit.ocpi.bending import violations
from tests.wire import load

AT = "2026-10-14T08:00:00Z"
URL = "https://nomad.example/results/1"
TOKEN = transforms.upgrade("2.2.1", "token", load("token_nomad"))
PROFILE = {
    "charging_rate_unit": "A",
    "min_charging_rate": Decimal("6.0"),
    "charging_profile_period": [{"start_period": 0, "limit": 16}, {"start_period": 900, "limit": Decimal("8.10")}],
}
SLOT = {"start_date_time": AT, "end_date_time": "2026-10-14T09:00:00Z", "min_power": 12}
OWNER = {"country_code": "NL", "party_id": "VLT"}
TERMS = {"supported_access_methods": ["LICENSE_PLATE"], "change_until_minutes": 60, "cancel_until_minutes": 30}
REQUEST = {
    **OWNER,
    "request_id": "R-1",
    "location_id": "ZUIDPLEIN",
    "booking_location_id": "BL-1",
    "period": {"start_date_time": AT, "end_date_time": AT},
    "authorization_reference": "ref",
}
CALENDAR = {"id": "CAL", "begin_from": AT, "end_before": AT, "available_timeslots": [SLOT], "last_updated": AT}
OBJECTS: dict[str, dict[str, Any]] = {
    "start_session": {"response_url": URL, "token": TOKEN, "location_id": "ZUIDPLEIN"},
    "stop_session": {"response_url": URL, "session_id": "S-1"},
    "reserve_now": {
        "response_url": URL,
        "token": TOKEN,
        "expiry_date": AT,
        "reservation_id": "R-1",
        "location_id": "ZUIDPLEIN",
    },
    "cancel_reservation": {"response_url": URL, "reservation_id": "R-1"},
    "unlock_connector": {"response_url": URL, "location_id": "Z", "evse_uid": "ZP-1", "connector_id": "1"},
    "command_response": {"result": "ACCEPTED", "timeout": 30},
    "command_result": {"result": "EVSE_OCCUPIED", "message": [{"language": "nl", "text": "Bezet"}]},
    "charging_preferences": {"profile_type": "GREEN", "departure_time": AT, "energy_need": 20},
    "set_charging_profile": {"charging_profile": PROFILE, "response_url": URL},
    "charging_profile_response": {"result": "TOO_OFTEN", "timeout": 30},
    "active_charging_profile": {"start_date_time": AT, "charging_profile": PROFILE},
    "active_charging_profile_result": {
        "result": "ACCEPTED",
        "profile": {"start_date_time": AT, "charging_profile": PROFILE},
    },
    "charging_profile_result": {"result": "UNKNOWN"},
    "clear_profile_result": {"result": "REJECTED"},
    "client_info": {**OWNER, "role": "CPO", "status": "PLANNED", "last_updated": AT},
    "invoice_reconciliation_record": {
        **OWNER,
        "id": "IR-1",
        "invoice_id": "2026-0001",
        "cdrs": ["C-1", "c" * 39],
        "last_updated": AT,
    },
    "terminal": {"terminal_id": "T-1", "address": "Wiener Straße 1", "country": "AUT", "last_updated": AT},
    "terminal_activation": {"reference": "serial 7", "location_ids": ["ZUIDPLEIN"], "last_updated": AT},
    "terminal_assignment": {"evse_uids": ["ZP-1"], "invoice_base_url": "https://volta.example/i/", "last_updated": AT},
    "financial_advice_confirmation": {
        "id": "F-1",
        "authorization_reference": "ref",
        "total_costs": {"before_taxes": 4, "taxes": [{"name": "VAT", "amount": Decimal("0.84")}]},
        "currency": "EUR",
        "eft_data": ["Nr: **** 1234"],
        "capture_status_code": "SUCCESS",
        "last_updated": AT,
    },
    "booking_location": {**OWNER, "id": "BL-1", "location_id": "Z", "calendars": [CALENDAR], "last_updated": AT},
    "calendar": CALENDAR,
    "booking_request": REQUEST,
    "booking": {
        **OWNER,
        "id": "B-1",
        "request_id": "R-1",
        "location_id": "ZUIDPLEIN",
        "period": SLOT,
        "reservation_status": "PENDING",
        "authorization_reference": "ref",
        "booking_terms": TERMS,
        "booking_requests": [
            {"request_status": "PENDING", "booking_request": REQUEST, "request_received": AT},
        ],
        "last_updated": AT,
    },
}
NEWEST_ONLY = [kind for kind in OBJECTS if kind not in validation.STRUCTS["2.2.1"]]


@pytest.mark.parametrize("kind", OBJECTS)
def test_an_object_of_every_other_module_is_valid_and_the_same_in_both_versions_that_have_it(kind: str) -> None:
    value = OBJECTS[kind]
    validation.validate("2.3.0", kind, value)
    if kind in NEWEST_ONLY:
        with pytest.raises(KeyError):
            validation.validate("2.2.1", kind, value)
        return
    assert transforms.downgrade("2.2.1", kind, value) == (value, [])
    validation.validate("2.2.1", kind, value)
    assert transforms.upgrade("2.2.1", kind, value) == value


def test_invoices_payments_and_bookings_came_with_2_3_0() -> None:
    assert set(NEWEST_ONLY) == {
        "invoice_reconciliation_record",
        "terminal",
        "terminal_activation",
        "terminal_assignment",
        "financial_advice_confirmation",
        "booking_location",
        "calendar",
        "booking",
        "booking_request",
    }


@pytest.mark.parametrize(
    ("kind", "changes", "expected"),
    [
        ("start_session", {"connector_id": "1"}, "$.evse_uid is required when connector_id is given"),
        ("start_session", {"token": {"uid": "04A2"}}, "$.token.country_code is required"),
        ("start_session", {"response_url": "ftp://n.example"}, "$.response_url must be an absolute http(s) URL"),
        ("reserve_now", {"reservation_id": 7}, "$.reservation_id must be a string, not a number"),
        ("active_charging_profile_result", {"result": "REJECTED"}, "$.profile belongs to the result ACCEPTED only"),
        ("invoice_reconciliation_record", {"invoice_id": ""}, "$.invoice_id must not be empty"),
        ("financial_advice_confirmation", {"eft_data": [""]}, "$.eft_data[0] must not be empty"),
        (
            "booking_location",
            {"calendars": [CALENDAR, CALENDAR | {"id": "cal"}]},
            "$.calendars[1].id must be unique, but $.calendars[0] has it too",
        ),
    ],
)
def test_what_is_wrong_there_is_said(kind: str, changes: dict[str, Any], expected: str) -> None:
    """M1, M6, P1, H1, I2, I4, Y1, B1."""
    found = [f"{path} {message}" for path, message in violations("2.3.0", kind, OBJECTS[kind] | changes)]
    assert found[0] == expected


def test_the_currency_of_a_confirmation_is_read_in_any_letters() -> None:
    """It is a CiString, unlike every other currency (section 5.4)."""
    confirmation = OBJECTS["financial_advice_confirmation"] | {"currency": "eur"}
    assert validation.validate("2.3.0", "financial_advice_confirmation", confirmation).currency == "eur"
    assert violations("2.3.0", "financial_advice_confirmation", confirmation | {"currency": "e1r"}) == [
        ("$.currency", "must be a currency of three letters (ISO 4217)")
    ]


def test_rates_have_one_decimal() -> None:
    """P3."""
    profile = copy.deepcopy(PROFILE) | {"min_charging_rate": Decimal("6.25")}
    profile["charging_profile_period"][1]["limit"] = Decimal("8.15")  # type: ignore[index]
    for kind, value, path in [
        ("set_charging_profile", {"charging_profile": profile, "response_url": URL}, "$.charging_profile"),
        ("active_charging_profile", {"start_date_time": AT, "charging_profile": profile}, "$.charging_profile"),
        (
            "active_charging_profile_result",
            {"result": "ACCEPTED", "profile": {"start_date_time": AT, "charging_profile": profile}},
            "$.profile.charging_profile",
        ),
    ]:
        assert violations("2.2.1", kind, value) == [
            (f"{path}.min_charging_rate", "must have at most one decimal"),
            (f"{path}.charging_profile_period[1].limit", "must have at most one decimal"),
        ]


def test_a_hub_is_a_client_of_another_role_in_2_3_0_and_comes_back_as_hub() -> None:
    """H3."""
    hub = OBJECTS["client_info"] | {"role": "HUB"}
    validation.validate("2.2.1", "client_info", hub)
    newest = transforms.upgrade("2.2.1", "client_info", hub)
    assert newest["role"] == "OTHER"
    validation.validate("2.3.0", "client_info", newest)
    assert transforms.downgrade("2.2.1", "client_info", newest) == (hub, [])
    assert transforms.downgrade("2.2.1", "client_info", newest | {"role_in_2_2_1": "KING"})[0]["role"] == "OTHER"


def test_a_payment_provider_is_another_client_in_2_2_1() -> None:
    """Y3."""
    older, losses = transforms.downgrade("2.2.1", "client_info", OBJECTS["client_info"] | {"role": "PTP"})
    assert older["role"] == "OTHER"
    assert losses == [("$.role", "PTP does not exist in OCPI 2.2.1, sent as OTHER")]


def test_an_emaid_in_a_command_is_another_token_in_2_2_1() -> None:
    older, losses = transforms.downgrade(
        "2.2.1", "reserve_now", OBJECTS["reserve_now"] | {"token": TOKEN | {"type": "EMAID"}}
    )
    validation.validate("2.2.1", "reserve_now", older)
    assert losses == [("$.token.type", "EMAID does not exist in OCPI 2.2.1, sent as OTHER")]


@pytest.mark.parametrize("kind", ["terminal", "calendar", "booking", "booking_location", "evse"])
def test_a_patch_of_a_later_version_says_when_and_one_of_2_1_1_need_not(kind: str) -> None:
    """T62, B2."""
    with pytest.raises(validation.Invalid, match=r"^\$.last_updated is required$"):
        validation.validate_patch("2.3.0", kind, {})
    validation.validate_patch("2.3.0", kind, {"last_updated": AT})
    if kind == "evse":
        validation.validate_patch("2.1.1", kind, {"status": "CHARGING"})
