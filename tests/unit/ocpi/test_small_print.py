"""What the tables of OCPI say in passing of sessions, CDRs, places and prices."""

from decimal import Decimal
from typing import Any

import pytest

from roaming.ocpi import modules
from roaming.ocpi.schema import transforms, validation
from roaming.ocpi.schema.known import Known
from tests.wire import load

OF_SESSIONS = ("CURRENT", "ENERGY_EXPORT", "ENERGY_IMPORT", "POWER", "STATE_OF_CHARGE")


@pytest.mark.parametrize("kind", OF_SESSIONS)
def test_a_session_measures_more_than_a_bill_needs(kind: str) -> None:
    """S8: the oldest version has no words for it, and its loss is told."""
    measured = {"type": kind, "volume": Decimal("1.5")}
    session = load("session_running")
    session["charging_periods"][0]["dimensions"].append(measured)
    validation.validate("2.2.1", "session", session)
    newest = transforms.upgrade("2.2.1", "session", session)
    assert measured in newest["charging_periods"][0]["dimensions"]
    known = Known(location=lambda _: transforms.upgrade("2.2.1", "location", load("location_zuidplein")))
    told, losses = transforms.downgrade("2.1.1", "session", newest, known)
    assert measured not in told["charging_periods"][0]["dimensions"]
    assert any(kind in loss.why for loss in losses)


@pytest.mark.parametrize("compensated", [True, False])
def test_a_driver_who_is_to_be_paid_and_the_invoice_of_a_cdr_go_both_ways(compensated: bool) -> None:
    """D12."""
    cdr = load("cdr_ac22") | {"home_charging_compensation": compensated, "invoice_reference_id": "INV 2026-10"}
    validation.validate("2.2.1", "cdr", cdr)
    newest = transforms.upgrade("2.2.1", "cdr", cdr)
    assert (newest["home_charging_compensation"], newest["invoice_reference_id"]) == (compensated, "INV 2026-10")
    assert transforms.downgrade("2.2.1", "cdr", newest) == (cdr, [])


def test_a_place_to_park_is_one_of_its_location_and_an_evse_may_refer_to_it() -> None:
    """L9: older versions have none of it, and its loss is told."""
    place = {"id": "P1", "vehicle_types": ["VAN"], "restricted_to_type": False, "reservation_required": False}
    location: dict[str, Any] = transforms.upgrade("2.2.1", "location", load("location_zuidplein"))
    location["parking_places"] = [place, place | {"id": "P2"}]
    location["evses"][0]["parking"] = [{"parking_id": "p2", "evse_position": "LEFT"}]
    validation.validate("2.3.0", "location", location)
    told, losses = transforms.downgrade("2.2.1", "location", location)
    assert "parking_places" not in told and "parking" not in told["evses"][0]
    assert {"$.parking_places", "$.evses[0].parking"} <= {loss.field for loss in losses}


def test_no_tax_said_is_not_a_tax_of_nothing() -> None:
    """R5: an absent vat stays absent, and one of 0 stays 0."""
    tariff = load("tariff_ac22")
    first, *others = tariff["elements"][0]["price_components"]
    first.pop("vat", None)
    tariff["elements"][0]["price_components"] = [first, *({**one, "vat": 0} for one in others), {**first, "vat": 0}]
    newest = transforms.upgrade("2.2.1", "tariff", tariff)
    said = [component.get("vat") for component in newest["elements"][0]["price_components"]]
    assert said == [None, *([0] * (len(others) + 1))]
    assert transforms.downgrade("2.2.1", "tariff", newest) == (tariff, [])


def test_what_bookings_added_elsewhere_is_there() -> None:
    """B3: the booking of a CDR, prices that hold for bookings, and the time that was reserved in vain or overrun."""
    cdr = transforms.upgrade("2.2.1", "cdr", load("cdr_ac22")) | {"booking_id": "B-1"}
    times: list[Any] = [{"type": f"RESERVATION_{word}", "volume": 1} for word in ("EXPIRES", "OVERTIME")]
    cdr["charging_periods"][0]["dimensions"] += times
    validation.validate("2.3.0", "cdr", cdr)
    tariff = transforms.upgrade("2.2.1", "tariff", load("tariff_ac22"))
    for word in ("BOOKING", "BOOKING_EXPIRES", "BOOKING_CANCELLATION_FEES", "BOOKING_OVERTIME"):
        tariff["elements"][0]["restrictions"] = {"booking": word}
        validation.validate("2.3.0", "tariff", tariff)


@pytest.mark.parametrize(("field", "longest"), [("address", 255), ("state", 45)])
def test_places_have_the_lengths_of_the_second_edition(field: str, longest: int) -> None:
    """B4: not the shorter ones that the extension for bookings still prints."""
    location: dict[str, Any] = transforms.upgrade("2.2.1", "location", load("location_zuidplein"))
    validation.validate("2.3.0", "location", location | {field: "x" * longest})
    with pytest.raises(validation.Invalid, match=rf"\$\.{field} must be at most {longest} characters"):
        validation.validate("2.3.0", "location", location | {field: "x" * (longest + 1)})


def test_signed_values_are_as_long_as_the_second_edition_has_them() -> None:
    """B4."""
    value = {"nature": "Start", "plain_data": "p" * 5000, "signed_data": "s" * 5000}
    cdr = transforms.upgrade("2.2.1", "cdr", load("cdr_ac22"))
    validation.validate("2.3.0", "cdr", cdr | {"signed_data": {"encoding_method": "OCMF", "signed_values": [value]}})


@pytest.mark.parametrize("spelled", ["hubclientinfo", "clientinfo", "HubClientInfo", "ClientInfo"])
def test_hub_client_info_is_known_by_the_name_of_its_examples_too(spelled: str) -> None:
    """H0: we call it hubclientinfo and read either."""
    assert modules.known_as(spelled) == "hubclientinfo"
    assert [one.identifier for one in modules.MODULES if one.identifier.endswith("clientinfo")] == ["hubclientinfo"]
