"""One field bent at a time: what the tables refuse, in which words, and what they allow."""

from decimal import Decimal

import pytest

from roaming.ocpi.schema import validation
from tests.unit.ocpi.bending import changed, violations

# The field, what stands there, and the sentence; with its own path where the fault is deeper inside.
REFUSED: dict[tuple[str, str], list[tuple[str, object, str]]] = {
    ("token", "token_nomad"): [
        ("issuer", 7, "must be a string, not a number"),
        ("uid", "", "must not be empty"),
        ("uid", "Grüße", "must be printable ASCII"),
        ("uid", "a\x7fb", "must be printable ASCII"),
        ("uid", "abc\n", "must be printable ASCII"),
        ("valid", "true", "must be true or false, not a string"),
        ("valid", 1, "must be true or false, not a number"),
        ("type", 4, "must be one of AD_HOC_USER, APP_USER, OTHER, RFID"),
        ("language", "deu", "must be a language of two letters (ISO 639-1)"),
        ("country_code", "DEU", "must be a country code of two letters"),
        ("party_id", "NOMAD", "must be a party id of three letters or digits"),
        ("energy_contract", [], "must be an object, not a list"),
    ],
    ("location", "location_zuidplein"): [
        ("name", "two\nlines", "must be printable text without control characters"),
        ("name", "nul\x00", "must be printable text without control characters"),
        ("name", "n" * 1000000, "must be at most 255 characters, has 1000000"),
        ("country", "N", "must be a country of three letters (ISO 3166-1 alpha-3)"),
        ("coordinates.latitude", "51.88", "must be degrees from -90 to 90 with a point and 5 to 7 decimals"),
        ("coordinates.latitude", "91.000000", "must be degrees from -90 to 90 with a point and 5 to 7 decimals"),
        ("coordinates.latitude", "51,886920", "must be degrees from -90 to 90 with a point and 5 to 7 decimals"),
        ("coordinates.latitude", Decimal("51.886920"), "must be a string, not a number"),
        ("coordinates.longitude", "181.000000", "must be degrees from -180 to 180 with a point and 5 to 7 decimals"),
        ("time_zone", "Europe/Zuidplein", "must be an IANA time zone such as Europe/Amsterdam"),
        ("time_zone", "../../etc/passwd", "must be an IANA time zone such as Europe/Amsterdam"),
        ("time_zone", "CEST", "must be an IANA time zone such as Europe/Amsterdam"),
        ("time_zone", 1, "must be a time zone, not a number"),
        ("evses", {}, "must be a list, not an object"),
        ("evses.1.connectors.1.max_voltage", "500", "must be a whole number, not a string"),
        ("evses.1.connectors.1.max_voltage", True, "must be a whole number, not a boolean"),
        ("evses.1.connectors.1.max_voltage", Decimal("500.0"), "must be a whole number without a decimal point"),
        ("evses.1.connectors.1.max_voltage", 10**20, "must be a whole number from 0 to 2147483647"),
        ("operator.website", "javascript:alert(1)", "must be an http(s) URL"),
        ("operator.website", "see our website", "must be an http(s) URL"),
        ("opening_times.regular_hours.0.period_begin", "8:00", "must be a time of day as HH:MM"),
        ("opening_times.regular_hours.0.period_end", "25:00", "must be a time of day as HH:MM"),
        ("last_updated", "2026-02-30T00:00:00Z", "must be a timestamp that exists in the calendar"),
        (
            "last_updated",
            "2026-10-14",
            "must be a UTC timestamp such as 2026-03-29T01:30:00Z, at most 25 characters, without offset",
        ),
        ("last_updated", 1791964800, "must be a timestamp, not a number"),
    ],
    ("tariff", "tariff_ac22"): [
        ("currency", "eur", "must be a currency of three capital letters (ISO 4217)"),
        ("elements.0.price_components.0.price", "0.35", "must be a number, not a string"),
        ("elements.0.price_components.0.price", False, "must be a number, not a boolean"),
        (
            "elements.0.price_components.0.price",
            Decimal("1E+400"),
            "must have at most 16 digits before the decimal point",
        ),
        ("elements.0.price_components.0.price", Decimal("1E-400"), "must have at most 32 decimals"),
        (
            "elements.0.price_components.0.price",
            Decimal("0E+400"),
            "must have at most 16 digits before the decimal point",
        ),
        ("elements.0.price_components.0.price", 10**19, "must have at most 16 digits before the decimal point"),
        ("elements.0.price_components.0.price", Decimal("0." + "1" * 40), "must have at most 32 decimals"),
        ("elements.0.price_components.0.step_size", Decimal("1.5"), "must be a whole number without a decimal point"),
        (
            "elements.0.restrictions",
            {"start_date": "2026-02-30"},
            "$.elements[0].restrictions.start_date must be a date that exists in the calendar",
        ),
        (
            "elements.0.restrictions",
            {"start_date": "20260228"},
            "$.elements[0].restrictions.start_date must be a date as YYYY-MM-DD",
        ),
        (
            "elements.0.restrictions",
            {"start_date": 20260228},
            "$.elements[0].restrictions.start_date must be a date, not a number",
        ),
    ],
    ("tariff", "tariff_dc150"): [
        ("min_price", 1, "must be an object, not a number"),
    ],
    ("session", "session_running"): [
        ("kwh", "11.4", "must be a number, not a string"),
        ("total_cost", Decimal("4.8072"), "must be an object, not a number"),
    ],
    ("credentials", "credentials_nomad"): [
        ("url", "ocpi.nomad.example/versions", "must be an absolute http(s) URL"),
        ("url", "ftp://nomad.example/", "must be an absolute http(s) URL"),
        ("url", "https://", "must be an absolute http(s) URL"),
        ("token", "has space", "must be printable ASCII without spaces"),
        ("token", "ta\tb", "must be printable ASCII without spaces"),
    ],
}


def json_path(dotted: str) -> str:
    return "$" + "".join(f"[{step}]" if step.isdigit() else f".{step}" for step in dotted.split("."))


@pytest.mark.parametrize(
    ("kind", "name", "path", "value", "sentence"),
    [(kind, name, *row) for (kind, name), rows in REFUSED.items() for row in rows],
)
def test_one_fault_is_named_with_its_path(kind: str, name: str, path: str, value: object, sentence: str) -> None:
    """T80 to T84, T88, T90."""
    whole = sentence if sentence.startswith("$") else f"{json_path(path)} {sentence}"
    assert [" ".join(found) for found in violations("2.2.1", kind, changed(name, path, value))] == [whole]


@pytest.mark.parametrize(
    ("kind", "name", "path", "value"),
    [
        ("token", "token_nomad", "visual_number", ""),
        ("token", "token_nomad", "unknown_field", {"deep": [None, {"x": "\0"}]}),
        ("token", "token_nomad", "uid", "0004 a*b/c#~"),
        ("token", "token_nomad", "country_code", "de"),
        ("location", "location_zuidplein", "name", "<script>alert('x')</script> \"quoted\" 🔌"),
        ("location", "location_zuidplein", "country", "NL"),
        ("location", "location_zuidplein", "coordinates.latitude", "-90.00000"),
        ("location", "location_zuidplein", "coordinates.longitude", "-179.999999"[:11]),
        ("location", "location_zuidplein", "time_zone", "America/Argentina/Buenos_Aires"),
        ("location", "location_zuidplein", "last_updated", "2026-10-14T08:03:20"),
        ("location", "location_zuidplein", "last_updated", "2026-10-14T08:03:20.125Z"),
        ("location", "location_zuidplein", "operator.website", "www.volta.example/laden?x=1#top"),
        ("location", "location_zuidplein", "operator.website", ""),
        ("location", "location_zuidplein", "operator.website", "HTTPS://münchen.example:8443/größe"),
        ("location", "location_zuidplein", "help_phone", 5),
        ("tariff", "tariff_ac22", "elements.0.price_components.0.price", Decimal("-0.1234")),
        ("tariff", "tariff_ac22", "elements.0.price_components.0.price", Decimal("0.30000000000000004")),
        ("tariff", "tariff_ac22", "elements.0.price_components.0.price", 9_999_999_999_999_999),
        ("tariff", "tariff_ac22", "elements.0.price_components.0.price", Decimal("5E+3")),
        ("tariff", "tariff_ac22", "currency", "XXX"),
        ("tariff", "tariff_ac22", "end_date_time", "2020-01-01T00:00:00Z"),
        ("session", "session_running", "evse_uid", "#NA"),
        ("session", "session_running", "kwh", -3),
        ("cdr", "cdr_ac22", "currency", "USD"),
        ("cdr", "cdr_ac22", "end_date_time", "1970-01-01T00:00:00Z"),
    ],
)
def test_what_the_tables_allow_is_accepted(kind: str, name: str, path: str, value: object) -> None:
    validation.validate("2.2.1", kind, changed(name, path, value))
