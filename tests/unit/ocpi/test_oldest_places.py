"""Sessions and CDRs of OCPI 2.1.1 carry their location, later ones name it."""

from typing import Any

import pytest

from roaming.ocpi.schema import transforms, validation
from roaming.ocpi.schema.known import NOTHING, Known
from roaming.ocpi.schema.transforms import NotExpressible
from tests.unit.ocpi import oldest
from tests.unit.ocpi.oldest import fields, kept, newest, told

Json = dict[str, Any]


def test_a_session_has_the_ids_of_its_location() -> None:
    up = newest("session", oldest.session())
    assert (up["location_id"], up["evse_uid"], up["connector_id"]) == ("ZUIDPLEIN", "ZP-1", "1")


@pytest.mark.parametrize("evses", [None, []])
def test_a_session_without_evse_says_so(evses: list[Json] | None) -> None:
    """T87."""
    up = newest("session", oldest.session(location=oldest.location(evses=evses)))
    assert (up["evse_uid"], up["connector_id"]) == ("#NA", "#NA")
    back, _ = told("session", up, Known(location=lambda _: newest("location", oldest.location())))
    assert "evses" not in back["location"]


def test_the_location_in_a_session_is_the_one_we_have_with_one_evse_and_one_connector() -> None:
    place = kept("location", "location_zuidplein")
    asked = []

    def location(identifier: str) -> Json:
        asked.append(identifier)
        return place

    session = kept("session", "session_running") | {"evse_uid": "zp-2", "connector_id": "2"}
    back, _ = told("session", session, Known(location=location))
    assert asked == [session["location_id"]]
    [evse] = back["location"]["evses"]
    assert (evse["uid"], [connector["id"] for connector in evse["connectors"]]) == ("ZP-2", ["2"])
    assert place == kept("location", "location_zuidplein")


def test_a_session_at_an_unknown_location_goes_back_with_the_one_it_came_with_or_not_at_all() -> None:
    up = newest("session", oldest.session())
    assert told("session", up) == (oldest.session(), [])
    del up["location_in_2_1_1"]
    with pytest.raises(NotExpressible, match="session, and ZUIDPLEIN / ZP-1 / 1 is not known here"):
        transforms.downgrade("2.1.1", "session", up, NOTHING)


def test_a_session_at_an_evse_that_we_have_not_heard_of_goes_back_with_the_location_it_came_with() -> None:
    elsewhere = newest("location", oldest.location(evses=[oldest.evse(uid="ZP-2")]))
    assert told("session", newest("session", oldest.session()), Known(location=lambda _: elsewhere)) == (
        oldest.session(),
        [],
    )


@pytest.mark.parametrize("came", [7, {}, oldest.location(id="OTHER"), oldest.location(type="MOON")])
def test_a_location_that_somebody_slipped_in_is_not_passed_on(came: object) -> None:
    session = kept("session", "session_running") | {"location_in_2_1_1": came}
    with pytest.raises(NotExpressible):
        transforms.downgrade("2.1.1", "session", session, NOTHING)
    cdr = kept("cdr", "cdr_ac22")
    cdr["cdr_location"]["location_in_2_1_1"] = came
    back, _ = told("cdr", cdr)
    assert back["location"]["type"] == "UNKNOWN"
    assert "location_in_2_1_1" not in back["location"]


@pytest.mark.parametrize("changes", [{"evse_uid": "ZP-9"}, {"connector_id": "9"}])
def test_a_session_at_an_evse_that_the_location_lacks_cannot_be_told(changes: Json) -> None:
    session, place = kept("session", "session_running") | changes, kept("location", "location_zuidplein")
    with pytest.raises(NotExpressible, match=r"session, and ZUIDPLEIN / .+ is not known"):
        transforms.downgrade("2.1.1", "session", session, Known(location=lambda _: place))


def test_a_private_location_is_told_only_to_whoever_charged_there() -> None:
    private = kept("location", "location_zuidplein") | {"publish": False}
    with pytest.raises(NotExpressible, match=r"\$.publish is false: in OCPI 2.1.1 every location is shown"):
        transforms.downgrade("2.1.1", "location", private)
    back, _ = told("session", kept("session", "session_running"), Known(location=lambda _: private))
    assert back["location"]["id"] == "ZUIDPLEIN"


def test_a_cdr_keeps_the_location_it_came_with() -> None:
    """D5."""
    cdr = oldest.cdr(location=oldest.location(x_vendor=[1], operator={"name": "Volta"}))
    up = newest("cdr", cdr)
    assert up["cdr_location"] | {"location_in_2_1_1": None} == {
        "id": "ZUIDPLEIN",
        "name": "Zuidplein",
        "address": "Zuidplein 120",
        "city": "Rotterdam",
        "postal_code": "3083 CW",
        "country": "NLD",
        "coordinates": {"latitude": "51.886920", "longitude": "4.488330"},
        "evse_uid": "ZP-1",
        "evse_id": "NL*VLT*EZP1",
        "connector_id": "1",
        "connector_standard": "IEC_62196_T2",
        "connector_format": "SOCKET",
        "connector_power_type": "AC_3_PHASE",
        "location_in_2_1_1": None,
    }
    assert told("cdr", up) == (cdr, [])


def test_a_cdr_without_evse_is_one_all_the_same() -> None:
    """D10, T87."""
    up = newest("cdr", oldest.cdr(location=oldest.location(evses=[])))
    place = up["cdr_location"]
    assert (place["evse_uid"], place["evse_id"], place["connector_id"]) == ("#NA", "#NA", "#NA")
    validation.validate("2.3.0", "cdr", up)


def test_a_newer_cdr_gets_a_location_as_far_as_it_tells_of_one() -> None:
    back, losses = told("cdr", kept("cdr", "cdr_dc150"))
    assert back["location"] == {
        "id": "ZUIDPLEIN",
        "type": "UNKNOWN",
        "address": "Zuidplein 120",
        "city": "Rotterdam",
        "postal_code": "",
        "country": "NLD",
        "coordinates": {"latitude": "51.886920", "longitude": "4.488330"},
        "evses": [
            {
                "uid": "ZP-2",
                "evse_id": "NL*VLT*EZP2",
                "status": "UNKNOWN",
                "connectors": [
                    {
                        "id": "1",
                        "standard": "IEC_62196_T2_COMBO",
                        "format": "CABLE",
                        "power_type": "DC",
                        "voltage": 0,
                        "amperage": 0,
                        "last_updated": "2026-10-25T00:42:00Z",
                    }
                ],
                "last_updated": "2026-10-25T00:42:00Z",
            }
        ],
        "last_updated": "2026-10-25T00:42:00Z",
    }
    assert (
        "$.cdr_location",
        "lacks what OCPI 2.1.1 wants: its type and status are sent as UNKNOWN, voltage and amperage as 0",
    ) in losses


def test_a_cdr_of_a_plug_or_power_that_2_1_1_lacks_arrives() -> None:
    cdr = kept("cdr", "cdr_ac22")
    cdr["cdr_location"] |= {"connector_standard": "NEMA_14_50", "connector_power_type": "AC_2_PHASE"}
    back, losses = told("cdr", cdr)
    [connector] = back["location"]["evses"][0]["connectors"]
    assert (connector["standard"], connector["power_type"]) == ("IEC_62196_T2", "AC_1_PHASE")
    assert {"$.cdr_location.connector_standard", "$.cdr_location.connector_power_type"} <= set(fields(losses))


def test_words_that_a_location_of_2_1_1_was_ahead_with_are_not_sent_to_another_partner() -> None:
    """T85."""
    ahead = oldest.evse(capabilities=["RFID_READER", "LEVITATION"], connectors=[oldest.connector(standard="GBT_AC")])
    place = oldest.location(facilities=["SAUNA", "HOTEL"], evses=[ahead])
    known = oldest.location(facilities=["HOTEL"], evses=[oldest.evse()])
    for kind, path in [("session", "$"), ("cdr", "$.cdr_location")]:
        back, losses = told(kind, newest(kind, getattr(oldest, kind)(location=place)))
        assert back["location"] == known
        assert {
            f"{path}.location_in_2_1_1.facilities",
            f"{path}.location_in_2_1_1.evses[0].capabilities",
            f"{path}.location_in_2_1_1.evses[0].connectors[0].standard",
        } <= set(fields(losses))
