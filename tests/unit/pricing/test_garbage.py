"""What is wrong is refused, with a code for programs and the path of the field; nothing wrong becomes a price."""

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from billing import pricing
from billing.pricing import Cdr
from billing.pricing.reading import MAX_PERIODS
from tests.unit.pricing.cases import (
    AMSTERDAM,
    UNCOUNTABLE,
    Json,
    at,
    cdr,
    changed,
    element,
    energy,
    period,
    priced,
    refused,
    tariff,
    time,
)

HOUR = cdr(period("09:00", ENERGY="10", TIME="1"), zone=AMSTERDAM)
VOLUME = "$.charging_periods[0].dimensions[0].volume"
PRICE = "$.elements[0].price_components[0].price"
VAT = "$.elements[0].price_components[0].vat"
STEP = "$.elements[0].price_components[0].step_size"
RESTRICTIONS = "$.elements[0].restrictions"
FAIR = tariff(element(energy("0.40", vat="21"), start_time="09:00", end_time="22:00", min_kwh=0))
NOT_NUMBERS = ["", "abc", "1,5", "0x10", "--1", "1e", "12 kWh", "1_0", " 5 ", "5\n", "+5", "１０", "٣", "."]


def refused_cdr(data: Any) -> tuple[str, str]:
    return refused(lambda: priced(data, FAIR))


def refused_tariff(data: Any) -> tuple[str, str]:
    return refused(lambda: priced(HOUR, data))


@pytest.mark.parametrize("path", [VOLUME, "$.charging_periods[0].dimensions[1].volume"])
@pytest.mark.parametrize("text", UNCOUNTABLE)
def test_a_volume_that_cannot_be_counted_with_is_named(path: str, text: str) -> None:
    assert refused_cdr(changed(HOUR, path, text)) == ("not_a_number", path)
    assert refused_cdr(changed(HOUR, path, Decimal(text))) == ("not_a_number", path)


@pytest.mark.parametrize("kind", ["MAX_POWER", "CURRENT", "STATE_OF_CHARGE", "RESERVATION_TIME", "PARKING_TIME"])
def test_that_holds_for_what_nobody_pays_for_as_well(kind: str) -> None:
    volumes: dict[str, Any] = {kind: Decimal("Infinity")}
    charge = cdr(period("09:00", **volumes))
    assert refused_cdr(charge) == ("not_a_number", VOLUME)


@pytest.mark.parametrize("path", [PRICE, VAT, STEP, f"{RESTRICTIONS}.min_kwh"])
@pytest.mark.parametrize("text", UNCOUNTABLE)
def test_a_number_of_a_tariff_that_cannot_be_counted_with_is_named(path: str, text: str) -> None:
    assert refused_tariff(changed(FAIR, path, text)) == ("not_a_number", path)
    assert refused_tariff(changed(FAIR, path, Decimal(text))) == ("not_a_number", path)


@pytest.mark.parametrize("text", NOT_NUMBERS)
def test_a_text_that_is_no_number_is_named(text: str) -> None:
    charge = changed(HOUR, VOLUME, text)
    assert refused_cdr(charge) == ("not_a_number", VOLUME)
    body, decoder = json.dumps(charge, default=str).encode(), msgspec.json.Decoder(pricing.Cdr)
    assert refused(lambda: pricing.decode_cdr(body, decoder)) == ("not_a_number", VOLUME)
    for path in (PRICE, VAT, STEP):
        assert refused_tariff(changed(FAIR, path, text)) == ("not_a_number", path)


def test_a_binary_fraction_has_lost_digits_already() -> None:
    assert refused_cdr(changed(HOUR, VOLUME, 0.1 + 0.2)) == ("wrong_type", VOLUME)


def test_a_number_of_thousands_of_digits_is_only_a_wrong_number() -> None:
    assert refused_cdr(changed(HOUR, VOLUME, 10**5000)) == ("not_a_number", VOLUME)
    assert refused_tariff(changed(FAIR, PRICE, 10**5000)) == ("not_a_number", PRICE)
    assert refused_cdr(changed(HOUR, VOLUME, Decimal("0." + "1" * 41))) == ("not_a_number", VOLUME)


def test_numbers_that_do_not_fit_each_other_are_refused_as_well() -> None:
    """Each can be counted with; their sum would have 160 digits."""
    charge = cdr(period("09:00", ENERGY="1e40", TIME="1e-40"))
    owed = tariff(element(energy("1e40"), time("1e-40")))
    assert refused(lambda: priced(charge, owed)) == ("number_out_of_range", "$")


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("$.currency", None, "wrong_type"),
        ("$.currency", 978, "wrong_type"),
        ("$.start_date_time", "garbage", "bad_time"),
        ("$.start_date_time", "2027-02-29T09:00:00Z", "bad_time"),
        ("$.start_date_time", "2027-03-15T25:00:00Z", "bad_time"),
        ("$.start_date_time", "2027-03-15", "bad_time"),
        ("$.start_date_time", 1_800_000_000, "bad_time"),
        ("$.start_date_time", None, "bad_time"),
        ("$.start_date_time", "0001-01-01T00:00:00Z", "bad_time"),  # no local time west of Greenwich
        ("$.end_date_time", "9999-12-31T23:59:59Z", "bad_time"),  # nor east of it
        ("$.stop_date_time", "9999-12-31T23:59:59Z", "bad_time"),
        ("$.end_date_time", ["2027-03-15T09:00:00Z"], "bad_time"),
        ("$.charging_periods[0].start_date_time", "9999-12-31T23:59:59Z", "bad_time"),
        ("$.charging_periods", [], "no_periods"),
        ("$.charging_periods", None, "wrong_type"),
        ("$.charging_periods", 5, "wrong_type"),
        ("$.charging_periods", {"0": {}}, "wrong_type"),
        ("$.charging_periods[0]", None, "wrong_type"),
        ("$.charging_periods[0].dimensions", "ENERGY", "wrong_type"),
        ("$.charging_periods[0].dimensions[0]", 10, "wrong_type"),
        ("$.charging_periods[0].dimensions[0].type", 1, "wrong_type"),
        (VOLUME, None, "wrong_type"),
        (VOLUME, True, "wrong_type"),
        (VOLUME, [10], "wrong_type"),
        ("$.charging_periods[0].tariff_id", 12, "wrong_type"),
        ("$.cdr_location", "here", "wrong_type"),
        ("$.cdr_location.time_zone", 1, "wrong_type"),
    ],
)
def test_a_wrong_value_of_a_cdr_is_named(path: str, value: object, code: str) -> None:
    assert refused_cdr(changed(HOUR, path, value)) == (code, path)


@pytest.mark.parametrize("value", [5, {}, "text", True, [5], {"0": {}}])
def test_wrong_periods_beside_a_time_without_zone_are_named_as_well(value: object) -> None:
    """A time without zone is read a second time."""
    charge = changed(changed(HOUR, "$.start_date_time", "2027-03-15T09:00:00"), "$.charging_periods", value)
    code, path = refused_cdr(charge)
    assert (code, path.removesuffix("[0]")) == ("wrong_type", "$.charging_periods")


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("$.id", 1, "wrong_type"),
        ("$.currency", None, "missing_field"),
        ("$.elements", None, "missing_field"),
        ("$.elements", {}, "wrong_type"),
        ("$.elements", [], "no_elements"),
        ("$.elements[0]", [], "wrong_type"),
        ("$.elements[0].price_components", "free", "wrong_type"),
        ("$.elements[0].price_components[0]", 1, "wrong_type"),
        ("$.elements[0].price_components[0].type", "SERVICE", "unknown_dimension"),
        ("$.elements[0].price_components[0].type", [], "unknown_dimension"),
        ("$.elements[0].price_components[0].type", None, "missing_field"),
        (PRICE, None, "missing_field"),
        (PRICE, 0.4, "wrong_type"),  # a binary fraction has lost digits already
        (PRICE, float("nan"), "wrong_type"),
        (PRICE, False, "wrong_type"),
        (VAT, -1, "negative_vat"),
        (VAT, [], "wrong_type"),
        (STEP, Decimal("1.5"), "bad_step_size"),
        (STEP, "0.5", "bad_step_size"),
        (STEP, -1, "bad_step_size"),
        (STEP, True, "wrong_type"),
        (RESTRICTIONS, [], "wrong_type"),
        (f"{RESTRICTIONS}.start_time", "25:00", "bad_time"),
        (f"{RESTRICTIONS}.start_time", "24:01", "bad_time"),
        (f"{RESTRICTIONS}.start_time", "09:60", "bad_time"),
        (f"{RESTRICTIONS}.start_time", "9h", "bad_time"),
        (f"{RESTRICTIONS}.start_time", "09:00:30", "bad_time"),
        (f"{RESTRICTIONS}.start_time", "9" * 5000 + ":00", "bad_time"),
        (f"{RESTRICTIONS}.start_time", "٠٩:٠٠", "bad_time"),
        (f"{RESTRICTIONS}.start_time", 900, "wrong_type"),
        (f"{RESTRICTIONS}.start_date", "2027-02-29", "bad_time"),
        (f"{RESTRICTIONS}.start_date", "20270301", "bad_time"),
        (f"{RESTRICTIONS}.start_date", "2027-W09-1", "bad_time"),
        (f"{RESTRICTIONS}.end_date", 20270301, "wrong_type"),
        (f"{RESTRICTIONS}.day_of_week", "MONDAY", "wrong_type"),
        (f"{RESTRICTIONS}.max_duration", "an hour", "not_a_number"),
        ("$.tax_included", "MAYBE", "bad_value"),
        ("$.tax_included", True, "bad_value"),
        ("$.min_price", 5, "wrong_type"),
        ("$.start_date_time", "2027-03-15", "bad_time"),
        ("$.end_date_time", 5, "bad_time"),
    ],
)
def test_a_wrong_value_of_a_tariff_is_named(path: str, value: object, code: str) -> None:
    assert refused_tariff(changed(FAIR, path, value)) == (code, path)


def test_a_day_that_is_none_is_named_by_its_place() -> None:
    owed = changed(FAIR, f"{RESTRICTIONS}.day_of_week", ["MONDAY", "monday"])
    assert refused_tariff(owed) == ("bad_value", f"{RESTRICTIONS}.day_of_week[1]")


def test_a_limit_without_amount_names_the_amount() -> None:
    assert refused_tariff({**FAIR, "min_price": {}}) == ("missing_field", "$.min_price.before_taxes")
    assert refused_tariff({**FAIR, "max_price": {"excl_vat": "x"}}) == ("not_a_number", "$.max_price.excl_vat")


@pytest.mark.parametrize("data", [None, 5, "text", [], True])
def test_what_is_no_object_is_refused(data: object) -> None:
    assert refused(lambda: pricing.read_cdr(data)) == ("wrong_type", "$")
    assert refused(lambda: pricing.read_tariff(data)) == ("wrong_type", "$")
    assert refused(lambda: pricing.read_billed(data)) == ("wrong_type", "$")
    assert refused(lambda: pricing.read_tariff(data, path="$.tariffs[3]")) == ("wrong_type", "$.tariffs[3]")


@pytest.mark.parametrize("name", ["currency", "start_date_time"])
def test_what_is_missing_is_named(name: str) -> None:
    assert refused_cdr({key: value for key, value in HOUR.items() if key != name}) == ("missing_field", f"$.{name}")


@pytest.mark.parametrize(
    ("charge", "expected"),
    [
        (cdr(period("09:00", TIME="-1")), ("negative_time", "$.charging_periods[0].dimensions[0]")),
        (
            cdr(period("09:00", TIME="1"), period("10:00", ENERGY="1", PARKING_TIME="-0.1")),
            ("negative_time", "$.charging_periods[1].dimensions[1]"),
        ),
        (cdr(period("09:00", RESERVATION_TIME="-1")), ("negative_time", "$.charging_periods[0].dimensions[0]")),
        (cdr(period("09:00", MOONLIGHT="1")), ("unknown_dimension", "$.charging_periods[0].dimensions[0]")),
        (cdr(period("09:00", energy="1")), ("unknown_dimension", "$.charging_periods[0].dimensions[0]")),
        (
            cdr(period("10:00", TIME="1"), period("09:59:59", TIME="1"), start_date_time=at("09:00")),
            ("periods_out_of_order", "$.charging_periods[1].start_date_time"),
        ),
        (cdr(period("09:00", "OTHER", TIME="1")), ("unknown_tariff", "$.charging_periods[0].tariff_id")),
        (cdr(period("09:00", TIME="1"), currency="SEK"), ("currency_differs", "$.currency")),
    ],
)
def test_what_can_be_read_but_not_priced_is_named(charge: Json, expected: tuple[str, str]) -> None:
    assert refused(lambda: priced(charge, tariff(element(time("1"))))) == expected


def test_without_a_tariff_there_is_no_price() -> None:
    assert refused(lambda: priced(HOUR)) == ("no_tariff", "$.tariffs")


def test_without_a_valid_tariff_there_is_no_price() -> None:
    owed = {**FAIR, "end_date_time": at("09:00")}
    assert refused_tariff(owed) == ("no_active_tariff", "$.tariffs")
    assert refused_tariff({**FAIR, "start_date_time": at("09:00:01")}) == ("no_active_tariff", "$.tariffs")


def test_there_are_only_so_many_periods() -> None:
    one = pricing.read_cdr(HOUR).periods[0]
    data = {"currency": "EUR", "start_date_time": at("09:00"), "charging_periods": [one] * (MAX_PERIODS + 1)}
    assert refused(lambda: pricing.read_cdr(data)) == ("too_many_periods", "$.charging_periods")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b'{"currency":"\xff"}',
        b'{"currency":',
        b'{"x":' + b"[" * 100_000,
        b'{"currency":"EUR","start_date_time":"2027-03-15T09:00:00","x":' + b"[" * 900 + b"]" * 900 + b"}",
    ],
)
def test_bytes_that_are_no_json_are_refused(body: bytes) -> None:
    assert refused(lambda: pricing.decode_cdr(body, msgspec.json.Decoder(Cdr))) == ("malformed_json", "$")
