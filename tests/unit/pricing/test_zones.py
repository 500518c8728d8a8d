"""In which zone the hours of a tariff are meant: given, of the Location, of the CDR, by coordinates, by the country.

UTC is nobody's default: what cannot be known is refused.
"""

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from billing.pricing import Place, TimeZoneUnknown, Unreadable, price, read_cdr, read_tariff
from tests.unit.pricing.cases import Json, cdr, element, energy, excl, money, period, priced, refused, tariff, total

NIGHT = tariff(element(energy("0.10"), start_time="19:00", end_time="07:00"), element(energy("0.40")))
TOKYO, SYDNEY = {"time_zone": "Asia/Tokyo"}, Place(time_zone="Australia/Sydney")
AMSTERDAM = {"latitude": "52.370216", "longitude": "4.895168"}
GHENT = {"latitude": "51.047599", "longitude": "3.729944"}
GHENT_SWAPPED = {"latitude": "3.729944", "longitude": "51.047599"}  # as in the CDR example of the specification
NEW_YORK = {"latitude": "40.712776", "longitude": "-74.005974"}
NOWHERE = ("time_zone_unknown", "$.cdr_location")


def charged(place: Json | None = None, **fields: Any) -> Json:
    return cdr(period("12:00", ENERGY="10"), cdr_location=place, **fields)


def zone(charge: Json, **how: Any) -> str | None:
    local = priced(charge, NIGHT, **how).usage.moments[0].local
    assert local is not None
    assert isinstance(local.tzinfo, ZoneInfo)
    return local.tzinfo.key


@pytest.mark.parametrize(
    ("place", "how", "expected"),
    [
        ({**TOKYO, "country": "NLD"}, {"time_zone": "America/New_York", "location": SYDNEY}, "America/New_York"),
        (TOKYO, {"location": SYDNEY}, "Australia/Sydney"),
        (TOKYO, {"location": Place(country="NLD")}, "Asia/Tokyo"),
        (TOKYO, {"time_zone": ""}, "Asia/Tokyo"),
        ({**TOKYO, "coordinates": AMSTERDAM, "country": "NLD"}, {}, "Asia/Tokyo"),
        ({"coordinates": NEW_YORK, "country": "NLD"}, {}, "America/New_York"),
        ({"coordinates": NEW_YORK}, {"location": Place(coordinates=AMSTERDAM)}, "Europe/Amsterdam"),
        ({"coordinates": AMSTERDAM}, {"location": Place(country="USA")}, "Europe/Amsterdam"),
        ({"country": "NLD"}, {}, "Europe/Amsterdam"),
        ({"country": "NLD"}, {"location": Place(country="BEL")}, "Europe/Brussels"),
    ],
)
def test_the_nearer_the_source_the_more_it_counts(place: Json, how: dict[str, Any], expected: str) -> None:
    assert zone(charged(place), **how) == expected


def test_a_location_of_the_oldest_version_counts_as_well() -> None:
    assert zone(charged(location={**TOKYO, "country": "BE"})) == "Asia/Tokyo"
    assert zone(charged(location={"country": "BE"})) == "Europe/Brussels"


@pytest.mark.parametrize(
    ("country", "expected"),
    [
        ("NLD", "Europe/Amsterdam"),
        ("NL", "Europe/Amsterdam"),
        ("nld", "Europe/Amsterdam"),
        ("BEL", "Europe/Brussels"),
        ("GBR", "Europe/London"),
        ("NOR", "Europe/Oslo"),
        ("FRA", "Europe/Paris"),  # its overseas departments are countries of their own
        ("IND", "Asia/Kolkata"),
        ("DEU", "Europe/Berlin"),  # and Büsingen, where clocks show the same
    ],
)
def test_a_country_with_one_time_is_enough(country: str, expected: str) -> None:
    assert zone(charged({"country": country})) == expected


def test_the_country_of_the_owner_is_the_last_resort() -> None:
    assert zone(charged(country_code="NL")) == "Europe/Amsterdam"
    assert zone(charged({"country": "BEL"}, country_code="NL")) == "Europe/Brussels"


@pytest.mark.parametrize("country", ["USA", "ESP", "PRT", "AUS", "XXX", "ZZ", "001", ""])
def test_a_country_with_several_times_is_not_enough(country: str) -> None:
    assert refused(lambda: zone(charged({"country": country}))) == NOWHERE
    if country:  # that of the CPO is no better guess where the place names its own
        assert refused(lambda: zone(charged({"country": country}, country_code="NL"))) == NOWHERE


@pytest.mark.parametrize(
    "coordinates",
    [
        {"latitude": "0", "longitude": "0.0"},
        {"latitude": "91", "longitude": "4.9"},
        {"latitude": "52", "longitude": "-180.1"},
        {"latitude": "nan", "longitude": "nan"},
        {"latitude": "inf", "longitude": "1e999"},
        {"latitude": "north", "longitude": "east"},
        {"latitude": None, "longitude": None},
        {"latitude": "52.37"},
        {},
        [],
        "52.37,4.89",
        GHENT_SWAPPED,
    ],
)
def test_coordinates_of_nowhere_are_passed_over(coordinates: object) -> None:
    assert refused(lambda: zone(charged({"coordinates": coordinates}))) == NOWHERE
    assert zone(charged({"coordinates": coordinates, "country": "BEL"})) == "Europe/Brussels"


def test_coordinates_may_be_texts_or_numbers() -> None:
    assert zone(charged({"coordinates": GHENT})) == "Europe/Brussels"
    assert zone(charged({"coordinates": {"latitude": 40.712776, "longitude": -74.005974}})) == "America/New_York"


@pytest.mark.parametrize("name", ["Europe", "Etc/Nowhere", "../../etc/passwd", "/etc/passwd", "x" * 5000, "\0", "CEST"])
def test_a_zone_that_does_not_exist_is_refused_even_where_another_could_be_guessed(name: str) -> None:
    place = {"coordinates": AMSTERDAM, "country": "NLD"}
    code = "time_zone_unknown"
    assert refused(lambda: zone(charged(place), time_zone=name)) == (code, "$.time_zone")
    assert refused(lambda: zone(charged({**place, "time_zone": name}))) == (code, "$.cdr_location.time_zone")
    assert refused(lambda: zone(charged(place), location=Place(time_zone=name))) == (code, "$.location.time_zone")


def test_without_any_place_there_is_no_local_time() -> None:
    with pytest.raises(TimeZoneUnknown):
        price(read_cdr(charged()), [read_tariff(NIGHT)])
    assert refused(lambda: zone(charged())) == NOWHERE


@pytest.mark.parametrize(
    "restrictions",
    [
        {"start_time": "19:00"},
        {"end_time": "07:00"},
        {"start_date": "2027-01-01"},
        {"end_date": "2027-01-01"},
        {"day_of_week": ["MONDAY"]},
    ],
)
def test_hours_dates_and_days_need_a_zone(restrictions: Json) -> None:
    owed = tariff(element(energy("0.10"), **restrictions), element(energy("0.40")))
    assert refused(lambda: priced(charged(), owed)) == NOWHERE


@pytest.mark.parametrize(
    ("restrictions", "price"),
    [
        ({"min_kwh": 0}, "1"),
        ({"max_duration": 3600}, "1"),
        ({"max_power": 22}, "4"),  # nothing tells the power
        ({"reservation": "RESERVATION"}, "4"),
        ({"end_time": "00:00"}, "1"),
    ],
)
def test_what_does_not_ask_for_the_time_needs_none(restrictions: Json, price: str) -> None:
    owed = tariff(element(energy("0.10"), **restrictions), element(energy("0.40")))
    assert excl(charged(), owed) == Decimal(price)


def test_utc_is_a_zone_like_others_where_it_is_named() -> None:
    """12:00 in UTC is 21:00 in Tokyo, and 08:00 in New York."""
    assert total(charged(), NIGHT, time_zone="UTC") == money("4", "4")
    assert total(charged(TOKYO), NIGHT) == money("1", "1")
    assert total(charged(), NIGHT, time_zone="America/New_York") == money("4", "4")


def test_a_country_that_is_no_text_is_refused() -> None:
    with pytest.raises(Unreadable):
        read_cdr(charged({"country": 31}))


def test_a_tariff_by_the_hour_that_prices_nothing_asks_for_no_zone() -> None:
    by_hour = tariff(element(energy("9"), start_time="08:00"), id="HOURS")
    plain = tariff(element(energy("1")), id="PLAIN")
    charge = cdr(period("09:00", "PLAIN", ENERGY="1"))
    assert priced(charge, by_hour, plain).total.excl == Decimal(1)
