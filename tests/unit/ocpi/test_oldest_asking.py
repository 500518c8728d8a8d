"""Commands, credentials and endpoints between OCPI 2.1.1 and the newest shape."""

from typing import Any

import pytest

from roaming.ocpi.schema import validation
from roaming.ocpi.schema.known import NOTHING, Known
from roaming.ocpi.schema.transforms import Loss
from tests.unit.ocpi import oldest
from tests.unit.ocpi.oldest import AT, CONTRACT, fields, kept, newest, told

Json = dict[str, Any]


def test_the_token_in_a_command_belongs_to_whoever_sends_it() -> None:
    """M5, M7."""
    command = {
        "response_url": "https://n.example/1",
        "token": oldest.token(),
        "location_id": "ZUIDPLEIN",
        "expiry_date": AT,
        "reservation_id": 7,
    }
    up = newest("reserve_now", command, Known(owner=oldest.NOMAD))
    assert (up["token"]["party_id"], up["token"]["contract_id"], up["reservation_id"]) == ("NMD", CONTRACT, "7")
    validation.validate("2.3.0", "reserve_now", up)
    assert told("reserve_now", up) == (command, [])


@pytest.mark.parametrize(
    ("identifier", "number"),
    [("7", 7), ("0", 0), ("2147483647", 2147483647)],
)
def test_a_reservation_that_is_a_number_stays_it(identifier: str, number: int) -> None:
    assert reserved(identifier) == (number, [])


@pytest.mark.parametrize("identifier", ["007", "2147483648", "R-1", "r-1", "-1", "9" * 36])
def test_a_reservation_that_is_none_gets_always_the_same(identifier: str) -> None:
    """M7: the same id replaces the reservation, so it has to become the same number."""
    number, losses = reserved(identifier)
    assert (number, losses) == reserved(identifier)
    assert number == reserved(identifier.upper())[0]
    assert losses == [("$.reservation_id", f"is a number in OCPI 2.1.1, sent as {number}")]


def reserved(identifier: str) -> tuple[int, list[Loss]]:
    command = {
        "response_url": "https://n.example/1",
        "token": kept("token", "token_nomad")
        | {"group_id": None, "default_profile_type": None, "energy_contract": None},
        "location_id": "ZUIDPLEIN",
        "expiry_date": AT,
        "reservation_id": identifier,
    }
    back, losses = told("reserve_now", command)
    return back["reservation_id"], [loss for loss in losses if loss.field == "$.reservation_id"]


def test_a_start_of_a_session_names_no_connector_in_2_1_1() -> None:
    command = {
        "response_url": "https://n.example/1",
        "token": newest("token", oldest.token()),
        "location_id": "ZUIDPLEIN",
        "evse_uid": "ZP-1",
        "connector_id": "1",
        "authorization_reference": "ref",
    }
    back, losses = told("start_session", command)
    assert fields(losses) == ["$.connector_id", "$.authorization_reference"]
    assert back["token"] == oldest.token()


@pytest.mark.parametrize("result", ["ACCEPTED", "REJECTED", "NOT_SUPPORTED", "UNKNOWN_SESSION", "TIMEOUT"])
def test_an_answer_to_a_command_comes_back(result: str) -> None:
    """M1, M14: from 2.2 on it says how long to wait."""
    up = newest("command_response", {"result": result})
    validation.validate("2.3.0", "command_response", up)
    assert up["timeout"] == 120
    assert told("command_response", up)[0] == {"result": result}
    up = newest("command_result", {"result": result})
    validation.validate("2.3.0", "command_result", up)
    assert told("command_result", up) == ({"result": result}, [])


@pytest.mark.parametrize("result", ["EVSE_OCCUPIED", "FAILED", "CANCELED_RESERVATION", "UNKNOWN_RESERVATION"])
def test_a_result_that_2_1_1_has_no_word_for_is_a_rejection(result: str) -> None:
    """M2."""
    value = {"result": result, "message": [{"language": "en", "text": "Somebody is charging."}]}
    back, losses = told("command_result", value)
    assert back == {"result": "REJECTED"}
    assert losses == [
        ("$.message", "does not exist in OCPI 2.1.1"),
        ("$.result", f"{result} does not exist in OCPI 2.1.1, sent as REJECTED"),
    ]


def test_the_credentials_of_one_party_are_a_list_of_one_role() -> None:
    up = newest("credentials", oldest.credentials())
    assert [(role["role"], role["country_code"], role["party_id"]) for role in up["roles"]] == [("CPO", "NL", "VLT")]
    validation.validate("2.3.0", "credentials", up)
    assert told("credentials", up) == (oldest.credentials(), [])


def test_of_several_roles_2_1_1_gets_the_one_that_the_connection_is_for() -> None:
    credentials = newest("credentials", oldest.credentials())
    other = {"role": "EMSP", "country_code": "DE", "party_id": "NMD", "business_details": {"name": "Nomad"}}
    credentials["roles"] = [other, *credentials["roles"]]
    back, losses = told("credentials", credentials)
    assert back == oldest.credentials()
    assert losses == [("$.roles", "may be one in OCPI 2.1.1, the others are left out")]
    assert told("credentials", credentials, NOTHING)[0]["party_id"] == "NMD"


def test_what_is_lost_of_a_party_is_named_in_its_role() -> None:
    credentials = newest("credentials", oldest.credentials())
    [volta] = credentials["roles"]
    details = {"name": "Völta", "website": "https://volta.example/é"}
    other = volta | {"party_id": "NMD", "country_code": "DE"}
    back, losses = told("credentials", credentials | {"roles": [other, volta | {"business_details": details}]})
    assert back["business_details"] == {"name": "Volta", "website": "https://volta.example/%C3%A9"}
    assert fields(losses) == [
        "$.roles",
        "$.roles[1].business_details.name",
        "$.roles[1].business_details.website",
    ]


@pytest.mark.parametrize(
    ("role", "sides"),
    [
        ("CPO", {"credentials": "SENDER", "locations": "SENDER", "tokens": "RECEIVER", "commands": "RECEIVER"}),
        ("EMSP", {"credentials": "SENDER", "locations": "RECEIVER", "tokens": "SENDER", "commands": "SENDER"}),
    ],
)
def test_the_endpoints_of_2_1_1_are_on_the_side_of_their_party(role: str, sides: dict[str, str]) -> None:
    """V2."""
    details = {
        "version": "2.1.1",
        "endpoints": [{"identifier": name, "url": f"https://v.example/{name}"} for name in sides],
    }
    up = newest("version_details", details, Known(role=role))
    assert {entry["identifier"]: entry["role"] for entry in up["endpoints"]} == sides
    assert told("version_details", up) == (details, [])
    twice = up | {"endpoints": [*up["endpoints"], up["endpoints"][1] | {"role": "RECEIVER"}]}
    assert told("version_details", twice)[0] == details


def test_an_authorization_names_no_token_in_2_1_1() -> None:
    """K3."""
    info = {"allowed": "ALLOWED", "token": kept("token", "token_nomad"), "authorization_reference": "ref"}
    assert told("authorization_info", info) == (
        {"allowed": "ALLOWED"},
        [Loss(f"$.{name}", "does not exist in OCPI 2.1.1") for name in ("token", "authorization_reference")],
    )


def test_the_connectors_of_a_question_are_passed_on() -> None:
    """LocationReferences lost connector_ids after 2.1.1."""
    question = {"location_id": "ZUIDPLEIN", "evse_uids": ["ZP-1"], "connector_ids": ["1"]}
    assert told("location_references", newest("location_references", question)) == (question, [])
