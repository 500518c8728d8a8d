"""Fields that mean nothing in the version they come in, and something in a later one."""

from typing import Any

from roaming.ocpi.schema import transforms, validation
from tests.unit.ocpi import oldest
from tests.unit.ocpi.oldest import newest
from tests.wire import load

Json = dict[str, Any]


def test_a_field_of_a_later_version_stays_if_it_is_what_that_version_means_and_goes_if_not() -> None:
    fine = newest("location", oldest.location(state="Zuid-Holland", help_phone="+31", x_vendor={"a": [1]}))
    assert (fine["state"], fine["help_phone"], fine["x_vendor"]) == ("Zuid-Holland", "+31", {"a": [1]})
    evse = oldest.evse(parking=[{"parking_id": 7}], accepted_service_providers=["Nomad"])
    odd = newest("location", oldest.location(state=5, parking_places="many", publish="no", evses=[evse]))
    assert not {"state", "parking_places"} & odd.keys()
    assert odd["publish"] is True
    assert odd["evses"][0]["accepted_service_providers"] == ["Nomad"]
    assert "parking" not in odd["evses"][0]
    validation.validate("2.3.0", "location", odd)


def test_the_same_holds_between_2_2_1_and_2_3_0() -> None:
    up = transforms.upgrade("2.2.1", "cdr", load("cdr_ac22") | {"booking_id": {"a": 1}, "x_vendor": 1})
    assert "booking_id" not in up
    assert up["x_vendor"] == 1
    price = {"excl_vat": 1, "before_taxes": "much", "taxes": "none"}
    session = transforms.upgrade("2.2.1", "session", load("session_finished") | {"total_cost": price})
    assert session["total_cost"] == {"before_taxes": 1}
    limit = transforms.upgrade("2.2.1", "tariff", load("tariff_kaal") | {"min_price": price})
    assert limit["min_price"] == {"before_taxes": 1, "taxes": "none"}


def test_a_connector_of_2_1_1_is_not_misled_by_later_names() -> None:
    up = newest("connector", oldest.connector(max_voltage="high", tariff_ids=["X"]))
    assert (up["max_voltage"], up["tariff_ids"]) == (230, ["AC22"])
