"""Locations between OCPI 2.1.1 and the newest shape: what is guessed, what is dropped, how it is spelled."""

import copy
from typing import Any

import pytest

from roaming.ocpi.schema import transforms, validation
from roaming.ocpi.schema.zones import zone_of
from tests.unit.ocpi import oldest
from tests.unit.ocpi.bending import violations
from tests.unit.ocpi.oldest import AT, fields, kept, newest, told

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("country", "latitude", "longitude", "zone"),
    [
        ("NLD", "51.886920", "4.488330", "Europe/Amsterdam"),
        ("BE", "3.729944", "51.047599", "Europe/Brussels"),
        ("ESP", "28.123000", "-15.436000", "Atlantic/Canary"),
        ("UKR", "46.482000", "30.723000", "Europe/Kyiv"),
        ("USA", "34.052000", "-118.243000", "America/Los_Angeles"),
        ("ZZZ", "0.000000", "0.000000", "UTC"),
        ("USA", "89.999999", "-179.999999", "America/Nome"),
    ],
)
def test_a_location_without_zone_gets_the_one_of_its_place(
    country: str, latitude: str, longitude: str, zone: str
) -> None:
    """L12."""
    place = oldest.location(country=country, coordinates={"latitude": latitude, "longitude": longitude})
    del place["time_zone"]
    assert newest("location", place)["time_zone"] == zone


@pytest.mark.parametrize("odd", ["nan", "inf", "-inf", "1e999", "north", "", None, 7, [], "9" * 400])
def test_a_place_that_is_nowhere_has_the_first_zone_of_its_country(odd: object) -> None:
    assert zone_of("ESP", odd, "-15.436000") == zone_of("ESP", "28.123000", odd) == zone_of("ESP") == "Europe/Madrid"


@pytest.mark.parametrize(
    ("kind", "parking"),
    [("ON_STREET", "ON_STREET"), ("PARKING_LOT", "PARKING_LOT"), ("OTHER", None), ("UNKNOWN", None)],
)
def test_the_type_of_a_location_comes_back(kind: str, parking: str | None) -> None:
    up = newest("location", oldest.location(type=kind))
    assert up.get("parking_type") == parking
    assert up["publish"] is True
    validation.validate("2.3.0", "location", up)
    assert told("location", up) == (oldest.location(type=kind), [])


@pytest.mark.parametrize(
    ("stored", "patch", "sent"),
    [("OTHER", "ON_STREET", "ON_STREET"), ("ON_STREET", "UNKNOWN", "UNKNOWN"), ("OTHER", "UNKNOWN", "UNKNOWN")],
)
def test_a_patch_changes_the_type_of_a_location(stored: str, patch: str, sent: str) -> None:
    before = newest("location", oldest.location(type=stored))
    merged = transforms.merge_patch("location", before, newest("location", {"type": patch}))
    assert told("location", merged)[0]["type"] == sent


def test_a_type_that_2_2_1_has_no_word_for_is_taken_away_by_one_that_it_has() -> None:
    before = newest("location", oldest.location(type="OTHER"))
    assert before["type"] == "OTHER"
    merged = transforms.merge_patch("location", before, newest("location", {"type": "ON_STREET"}))
    assert (merged["parking_type"], "type" in merged) == ("ON_STREET", False)


def test_a_patch_leaves_zone_and_publication_alone() -> None:
    assert newest("location", {"name": "Zuid"}) == {"name": "Zuid"}
    assert newest("evse", {"status": "REMOVED"}) == {"status": "REMOVED"}


def test_regular_hours_are_not_always() -> None:
    regular = [{"weekday": 1, "period_begin": "08:00", "period_end": "20:00"}]
    up = newest("location", oldest.location(opening_times={"regular_hours": regular}))
    assert up["opening_times"] == {"twentyfourseven": False, "regular_hours": regular}


def test_what_2_1_1_cannot_say_about_a_location_is_dropped_and_written_down() -> None:
    place = kept("location", "location_zuidplein") | {
        "name": "Łódź – Straße",
        "address": "A" * 44 + "ß",
        "postal_code": None,
        "parking_type": "ALONG_MOTORWAY",
        "opening_times": {
            "twentyfourseven": True,
            "regular_hours": [{"weekday": 1, "period_begin": "08:00", "period_end": "20:00"}],
        },
        "coordinates": {"latitude": "51.8869249", "longitude": "4.48833"},
        "last_updated": "2026-10-14T08:00:00.250Z",
        "help_phone": "+31101234567",
    }
    place["evses"] = place["evses"][:1]
    place["evses"][0] |= {"capabilities": ["RFID_READER", "PED_TERMINAL"]}
    place["evses"][0]["connectors"] = [
        place["evses"][0]["connectors"][0] | {"power_type": "AC_2_PHASE_SPLIT", "tariff_ids": ["AC22", "B"]},
        place["evses"][0]["connectors"][0] | {"id": "2", "standard": "GBT_AC"},
    ]
    validation.validate("2.3.0", "location", place)
    untouched = copy.deepcopy(place)
    back, losses = told("location", place)
    assert place == untouched
    assert back["name"] == "Lodz - Strasse"
    assert back["address"] == "A" * 44 + "s"
    assert (back["type"], back["postal_code"]) == ("OTHER", "")
    assert back["opening_times"] == {"twentyfourseven": True}
    assert back["coordinates"] == {"latitude": "51.886925", "longitude": "4.488330"}
    assert back["last_updated"] == "2026-10-14T08:00:00Z"
    [evse] = back["evses"]
    assert evse["capabilities"] == ["RFID_READER"]
    [connector] = evse["connectors"]
    assert (connector["power_type"], connector["tariff_id"]) == ("AC_1_PHASE", "AC22")
    assert {"voltage", "amperage"} <= connector.keys()
    assert fields(losses) == [
        "$.help_phone",
        "$.state",
        "$.facilities",
        "$.opening_times.regular_hours",
        "$.evses[0].capabilities",
        "$.evses[0].connectors[0].max_electric_power",
        "$.evses[0].connectors[0].power_type",
        "$.evses[0].connectors[0].tariff_ids",
        "$.evses[0].connectors[1].max_electric_power",
        "$.evses[0].connectors[1]",
        "$.parking_type",
        "$.postal_code",
        "$.name",
        "$.address",
        "$.address",
        "$.coordinates.latitude",
        "$.last_updated",
    ]
    assert losses[12].why == "has letters that OCPI 2.1.1 cannot write, sent as Lodz - Strasse"
    assert losses[16].why == "is sent in whole seconds, as all times in OCPI 2.1.1"


@pytest.mark.parametrize(
    ("letters", "sent"),
    [("Ærø", "AEro"), ("naïve “café”", 'naive "cafe"'), ("Ελλάδα", "??????"), ("5 €", "5 EUR"), ("e\u0301", "e")],
)
def test_letters_are_spelled_as_well_as_ascii_can(letters: str, sent: str) -> None:
    """T81."""
    assert told("token", kept("token", "token_nomad") | {"issuer": letters})[0]["issuer"] == sent


@pytest.mark.parametrize(("tariffs", "sent"), [(["A", "B"], {"tariff_id": "A"}), ([], {}), (None, {"tariff_id": None})])
def test_a_connector_has_one_tariff_in_2_1_1(tariffs: list[str] | None, sent: Json) -> None:
    """L8."""
    up = newest("connector", oldest.connector()) | {"tariff_ids": tariffs}
    back, losses = told("connector", up)
    assert {name: back[name] for name in ("tariff_id",) if name in back} == sent
    assert fields(losses) == (["$.tariff_ids"] if tariffs else [])


def test_the_tariff_of_a_connector_can_be_taken_away_by_patch() -> None:
    assert newest("connector", {"tariff_id": None}) == {"tariff_ids": None}
    assert transforms.downgrade("2.1.1", "connector", {"tariff_ids": [], "last_updated": AT})[0] == {
        "tariff_id": None,
        "last_updated": AT,
    }


def test_losses_are_named_by_where_things_stood_before_others_went() -> None:
    place = newest("location", oldest.location())
    [evse] = place["evses"]
    [plug] = evse["connectors"]
    place["evses"] = [
        evse | {"uid": "A", "connectors": [plug | {"standard": "MCS"}]},  # goes on the way to 2.2.1
        evse | {"uid": "B", "connectors": [plug | {"standard": "CHAOJI"}]},  # goes on the way to 2.1.1
        evse
        | {
            "uid": "C",
            "floor_level": "é",
            "capabilities": ["PED_TERMINAL"],
            "connectors": [
                plug | {"standard": "SAE_J3400"},
                plug | {"id": "2", "standard": "CHAOJI"},
                plug | {"id": "3", "max_electric_power": 7, "terms_and_conditions": "https://volta.example/é"},
            ],
        },
    ]
    back, losses = told("location", place)
    assert [(evse["uid"], [plug["id"] for plug in evse["connectors"]]) for evse in back["evses"]] == [("C", ["3"])]
    assert fields(losses) == [
        "$.evses[0].connectors[0]",
        "$.evses[0]",
        "$.evses[2].connectors[0]",
        "$.evses[1].connectors[0]",
        "$.evses[1]",
        "$.evses[2].capabilities",
        "$.evses[2].connectors[1]",
        "$.evses[2].connectors[2].max_electric_power",
        "$.evses[2].connectors[2].terms_and_conditions",
        "$.evses[2].floor_level",
    ]


@pytest.mark.parametrize("name", ["exceptional_openings", "exceptional_closings"])
def test_a_period_that_is_shorter_than_a_second_is_not_told(name: str) -> None:
    moment = {"period_begin": "2026-10-14T08:00:00.100Z", "period_end": "2026-10-14T08:00:00.900Z"}
    second = {"period_begin": "2026-10-14T08:00:00", "period_end": "2026-10-14T08:00:01Z"}
    hours = {"twentyfourseven": True, name: [moment, second]}
    back, losses = told("location", newest("location", oldest.location()) | {"opening_times": hours})
    assert back["opening_times"][name] == [second]
    assert losses == [
        (f"$.opening_times.{name}[0]", "is shorter than the second that times in OCPI 2.1.1 have"),
    ]


@pytest.mark.parametrize(
    ("link", "sent"),
    [
        ("https://straße.example/größe?q=é#ü", "https://strasse.example/gr%C3%B6%C3%9Fe?q=%C3%A9#%C3%BC"),
        ("https://münchen.example:8443/%C3%A9", "https://xn--mnchen-3ya.example:8443/%C3%A9"),
        ("münchen.example/é", "xn--mnchen-3ya.example/%C3%A9"),
        ("https://volta.example/" + "é" * 60, ""),
    ],
)
def test_a_link_is_sent_as_clients_write_it_or_not_at_all(link: str, sent: str) -> None:
    """T81, T84: one that is cut would lead elsewhere."""
    up = newest("location", oldest.location()) | {"operator": {"name": "Volta", "website": link}}
    validation.validate("2.3.0", "location", up)
    back, losses = told("location", up)
    assert back["operator"]["website"] == sent
    assert losses == [
        ("$.operator.website", f"has letters that OCPI 2.1.1 cannot write, sent as {sent or 'nothing'}"),
    ]


def test_a_link_of_2_1_1_is_ascii() -> None:
    """T81."""
    value = oldest.location(operator={"name": "Volta", "website": "https://straße.example/"})
    assert violations("2.1.1", "location", value) == [
        ("$.operator.website", "must be an http(s) URL in printable ASCII")
    ]
