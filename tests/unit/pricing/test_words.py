"""Tariffs in words: what a driver reads, in four languages, and the spec's examples."""

import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from billing.pricing import Tariff, read_tariff
from billing.pricing.words import LANGUAGES, UnknownLanguage, describe
from roaming.ocpi.schema import wire

FOLDER = Path(os.environ.get("OCPI_EXAMPLES") or "nowhere")
Json = dict[str, Any]
WEEK = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]


def component(kind: str = "ENERGY", price: Any = "0.25", step: int = 1, **changes: Any) -> Json:
    return {"type": kind, "price": price, "step_size": step, **changes}


def element(*components: Json, **restrictions: Any) -> Json:
    return {"price_components": list(components or (component(),)), "restrictions": restrictions}


def tariff(*elements: Json, **changes: Any) -> Tariff:
    whole = {"id": "T1", "currency": "EUR", "tax_included": "N/A", "elements": list(elements or (element(),))}
    return read_tariff({**whole, **changes})


def told(*elements: Json, locale: str = "en", **changes: Any) -> list[str]:
    """Without the line about tax, which has tests of its own."""
    return [line.replace("\u00a0", " ") for line in describe(tariff(*elements, **changes), locale)[:-1]]


REST = element(component(price="0.40"))


@pytest.mark.parametrize(
    ("restrictions", "words"),
    [
        ({"start_time": "08:00", "end_time": "20:00", "day_of_week": WEEK[:5]}, "08:00–20:00 on weekdays"),
        ({"start_time": "20:00", "end_time": "00:00"}, "20:00–24:00"),
        ({"start_time": "22:00", "end_time": "06:00"}, "22:00–06:00"),
        ({"start_time": "12:30"}, "from 12:30"),
        ({"end_time": "12:30"}, "until 12:30"),
        ({"day_of_week": WEEK[5:]}, "at the weekend"),
        ({"day_of_week": ["FRIDAY", "MONDAY"]}, "on Monday and Friday"),
        ({"day_of_week": WEEK[1:4]}, "from Tuesday to Thursday"),
        ({"start_date": "2025-06-01"}, "from 1 June 2025"),
        ({"end_date": "2025-09-01"}, "up to and including 31 August 2025"),
        ({"start_date": "2025-12-24", "end_date": "2025-12-25"}, "on 24 December 2025"),
        ({"max_kwh": 10}, "for the first 10 kWh"),
        ({"min_kwh": "10.5"}, "after the first 10.5 kWh"),
        ({"min_kwh": 10, "max_kwh": 20}, "between 10 and 20 kWh"),
        ({"max_duration": 1800}, "in the first 30 minutes"),
        ({"min_duration": 3600}, "after the first 60 minutes"),
        ({"min_duration": 90, "max_duration": 7200}, "between 90 seconds and 2 hours after the start"),
        ({"max_power": 16}, "at less than 16 kW"),
        ({"min_power": "3.7"}, "at 3.7 kW or more"),
        ({"min_current": 16, "max_current": 32}, "at 16 A to less than 32 A"),
    ],
)
def test_a_condition_stands_behind_its_price(restrictions: Json, words: str) -> None:
    line = f"Energy: €0.25 per kWh {words}, otherwise €0.40 per kWh."
    assert told(element(**restrictions), REST) == [line]


@pytest.mark.parametrize(
    ("restrictions"),
    [{}, {"day_of_week": WEEK}, {"start_time": "00:00", "end_time": "00:00"}, {"min_kwh": 0}, {"min_duration": 0}],
)
def test_what_restricts_nothing_is_not_told(restrictions: Json) -> None:
    assert told(element(**restrictions), REST) == ["Energy: €0.25 per kWh."]


def test_prices_that_never_meet_stand_side_by_side() -> None:
    week = element(day_of_week=WEEK[:5]), element(component(price=1), day_of_week=WEEK[5:])
    assert told(*week) == ["Energy: €0.25 per kWh on weekdays; €1.00 per kWh at the weekend."]


def test_what_is_left_open_is_free() -> None:
    assert told(element(max_kwh=5)) == ["Energy: €0.25 per kWh for the first 5 kWh, otherwise free of charge."]


def test_each_thing_paid_for_has_its_line_in_the_order_of_the_tariff() -> None:
    assert told(
        element(component("PARKING_TIME", 5), start_time="08:00", end_time="20:00"),
        element(component("FLAT", 1), component("TIME", 2)),
        element(component("ENERGY"), component("PARKING_TIME", 1)),
    ) == [
        "Parking without charging: €5.00 per hour 08:00–20:00, otherwise €1.00 per hour.",
        "Session fee: €1.00.",
        "Charging time: €2.00 per hour.",
        "Energy: €0.25 per kWh.",
    ]


def test_reservations_are_told_apart_from_charging() -> None:
    assert told(
        element(component("FLAT", 4), component("TIME", 6, 600), reservation="RESERVATION_EXPIRES"),
        element(component("FLAT", 2), component("TIME", 3), component("ENERGY"), reservation="RESERVATION"),
        element(),
    ) == [
        "Fee for a reservation that expires: €4.00.",
        "Time of a reservation that expires: €6.00 per hour, billed per started 10 minutes.",
        "Reservation fee: €2.00.",
        "Reserved time: €3.00 per hour.",
        "Energy: €0.25 per kWh.",
    ]


def test_a_condition_nobody_knows_is_never_left_out_as_if_there_were_none() -> None:
    assert told(element(booking="BOOKING"), REST) == [
        "Energy: €0.40 per kWh.",
        "Further prices depend on a condition that is not known here: booking.",
    ]


@pytest.mark.parametrize(
    ("kind", "step", "words"),
    [
        ("TIME", 0, ""),
        ("TIME", 1, ""),
        ("TIME", 60, ", billed per started minute"),
        ("TIME", 90, ", billed per started 90 seconds"),
        ("TIME", 900, ", billed per started 15 minutes"),
        ("TIME", 3600, ", billed per started hour"),
        ("TIME", 7200, ", billed per started 2 hours"),
        ("ENERGY", 1, ""),
        ("ENERGY", 60, ", billed per started 60 Wh"),
        ("ENERGY", 1000, ", billed per started kWh"),
        ("ENERGY", 5000, ", billed per started 5 kWh"),
        ("FLAT", 900, ""),
    ],
)
def test_steps_are_told_where_they_matter(kind: str, step: int, words: str) -> None:
    line = told(element(component(kind, 2, step)))[0]
    assert line.partition("€2.00")[2].removeprefix(" per hour").removeprefix(" per kWh") == f"{words}."


def test_a_step_of_all_prices_is_told_once_and_none_of_what_is_free() -> None:
    free, paid = element(component("TIME", 0, 60), max_duration=600), element(component("TIME", 2, 900))
    assert told(free, paid) == [
        "Charging time: free of charge in the first 10 minutes, otherwise €2.00 per hour. Billed per started 15 "
        "minutes."
    ]
    other = element(component("TIME", 3, 60), max_duration=1200)
    assert told(free, other, paid) == [
        "Charging time: free of charge in the first 10 minutes, otherwise €3.00 per hour in the first 20 minutes, "
        "billed per started minute, otherwise €2.00 per hour, billed per started 15 minutes."
    ]


@pytest.mark.parametrize(
    ("said", "first", "second", "lines"),
    [
        ("N/A", None, None, ["Energy: €0.25 per kWh.", "Session fee: €1.00.", "No VAT applies."]),
        ("NO", None, None, ["Energy: €0.25 per kWh.", "Session fee: €1.00.", "Prices are without VAT."]),
        (None, 21, 21, ["Energy: €0.25 per kWh.", "Session fee: €1.00.", "Prices are without VAT; 21% VAT is added."]),
        (
            "NO",
            "5.2",
            20,
            ["Energy: €0.25 per kWh (plus 5.2% VAT).", "Session fee: €1.00 (plus 20% VAT).", "Prices are without VAT."],
        ),
        ("YES", None, None, ["Energy: €0.25 per kWh.", "Session fee: €1.00.", "Prices include VAT."]),
        ("YES", 21, 21, ["Energy: €0.25 per kWh.", "Session fee: €1.00.", "Prices include 21% VAT."]),
        (
            "YES",
            21,
            None,
            ["Energy: €0.25 per kWh (including 21% VAT).", "Session fee: €1.00.", "Prices include VAT."],
        ),
    ],
)
def test_tax_is_told_once_or_with_each_price(said: str | None, first: Any, second: Any, lines: list[str]) -> None:
    one = element(component(vat=first), component("FLAT", 1, vat=second))
    assert list(describe(tariff(one, tax_included=said))) == lines


def test_least_and_most_of_a_session() -> None:
    limits: Json = {"min_price": {"before_taxes": "0.5", "after_taxes": "0.605"}, "max_price": {"excl_vat": 10}}
    assert told(**limits)[1:] == [
        "A session costs at least €0.50 without VAT (€0.605 with VAT).",
        "A session costs at most €10.00.",
    ]


def test_free_charging_is_said_and_has_no_tax() -> None:
    assert told(element(component("FLAT", 0), component())) == [
        "Session fee: free of charge.",
        "Energy: €0.25 per kWh.",
    ]
    assert describe(tariff(element(component("FLAT", 0)))) == ("Charging is free of charge.",)
    assert told(element(component("PARKING_TIME", 5))) == [
        "Charging is free of charge.",
        "Parking without charging: €5.00 per hour.",
    ]


def test_free_charging_with_a_least_price_is_not_free() -> None:
    assert describe(tariff(element(component(price=0)), min_price={"before_taxes": 1})) == (
        "Energy: free of charge.",
        "A session costs at least €1.00.",
    )


@pytest.mark.parametrize(
    ("starts", "ends", "line"),
    [
        ("2025-01-01T00:00:00Z", None, "Valid from 1 January 2025, 00:00 UTC."),
        (None, "2019-06-30T23:59:59Z", "Valid until 30 June 2019, 23:59 UTC."),
        (
            "2025-01-01T00:00:00Z",
            "2026-01-01T00:00:00Z",
            "Valid from 1 January 2025, 00:00 UTC until 1 January 2026, 00:00 UTC.",
        ),
    ],
)
def test_validity_comes_last(starts: str | None, ends: str | None, line: str) -> None:
    assert describe(tariff(start_date_time=starts, end_date_time=ends))[-1] == line


@pytest.mark.parametrize(
    ("price", "currency", "words"),
    [("0.2567", "EUR", "€0.2567"), (50, "JPY", "JP¥50"), ("1.5", "KWD", "KWD 1.500"), ("-0.1", "EUR", "-€0.10")],
)
def test_money_keeps_its_digits(price: Any, currency: str, words: str) -> None:
    assert told(element(component(price=price)), currency=currency) == [f"Energy: {words} per kWh."]


def test_numbers_that_were_made_up_are_told_all_the_same() -> None:
    assert told(element(component(price="1E+40"), min_duration="1E+40"))[0].count("0") > 60
    assert "0.0000000001 " in told(element(component(price=Decimal("1E-10"))))[0]


IN_ALL = [
    element(component(price="0.35", step=1000), start_time="08:00", end_time="20:00", day_of_week=WEEK[:5]),
    element(component(price="0.20"), day_of_week=["SATURDAY"], max_kwh="7.5"),
    element(component("PARKING_TIME", 6, 900), min_duration=7200),
]
LINES = {
    "en": [
        "Energy: €0.35 per kWh 08:00–20:00 on weekdays, billed per started kWh; €0.20 per kWh on Saturday for the "
        "first 7.5 kWh, otherwise free of charge.",
        "Parking without charging: €6.00 per hour after the first 2 hours, otherwise free of charge. Billed per "
        "started 15 minutes.",
        "A session costs at least €0.50 without VAT.",
        "Prices include VAT.",
        "Valid from 1 June 2025, 00:00 UTC.",
    ],
    "nl": [
        "Energie: € 0,35 per kWh 08:00–20:00 uur op werkdagen, afgerekend per begonnen kWh; € 0,20 per kWh op zaterdag "
        "voor de eerste 7,5 kWh, anders gratis.",
        "Parkeren zonder te laden: € 6,00 per uur na de eerste 2 uur, anders gratis. Afgerekend per begonnen 15 "
        "minuten.",
        "Een laadsessie kost minstens € 0,50 exclusief btw.",
        "Prijzen zijn inclusief btw.",
        "Geldig vanaf 1 juni 2025, 00:00 UTC.",
    ],
    "de": [
        "Energie: 0,35 € pro kWh 08:00–20:00 Uhr von Montag bis Freitag, abgerechnet je angefangene kWh; 0,20 € pro "
        "kWh am Samstag für die ersten 7,5 kWh, sonst kostenlos.",
        "Parken ohne zu laden: 6,00 € pro Stunde nach den ersten 2 Stunden, sonst kostenlos. Abgerechnet je "
        "angefangene 15 Minuten.",
        "Ein Ladevorgang kostet mindestens 0,50 € ohne Mehrwertsteuer.",
        "Preise einschließlich Mehrwertsteuer.",
        "Gültig ab 1. Juni 2025, 00:00 UTC.",
    ],
    "fr": [
        "Énergie : 0,35 € par kWh de 08:00 à 20:00 du lundi au vendredi, facturé par kWh entamé ; 0,20 € par kWh le "
        "samedi pour les 7,5 premiers kWh, sinon gratuit.",
        "Stationnement sans charge : 6,00 € par heure à partir de 2 heures après le début, sinon gratuit. Facturé par "
        "tranche entamée de 15 minutes.",
        "Une session coûte au moins 0,50 € hors TVA.",
        "Prix TVA comprise.",
        "Valable à partir du 1 juin 2025, 00:00 UTC.",
    ],
}


@pytest.mark.parametrize("locale", LANGUAGES)
def test_every_language_tells_the_same(locale: str) -> None:
    changes = {"tax_included": "YES", "min_price": {"before_taxes": "0.5"}, "start_date_time": "2025-06-01T00:00:00Z"}
    lines = describe(tariff(*IN_ALL, **changes), locale)
    assert [line.replace("\u00a0", " ") for line in lines] == LINES[locale]


@pytest.mark.parametrize(("locale", "price"), [("de-AT", "€ 0,25"), ("de_CH", "EUR 0.25"), ("en_US", "€0.25")])
def test_a_country_has_its_way_of_writing(locale: str, price: str) -> None:
    assert price in told(locale=locale)[0]


@pytest.mark.parametrize("locale", ["xx", "", "es", "en-", "../de"])
def test_a_language_without_words_is_refused(locale: str) -> None:
    with pytest.raises(UnknownLanguage, match="only en, nl, de, fr"):
        describe(tariff(), locale)


EXAMPLES = {
    "tariff_10_025kwh_parking_start": (
        "Session fee: €0.50 (plus 20% VAT).",
        "Energy: €0.25 per kWh (plus 10% VAT).",
        "Parking without charging: €2.00 per hour (plus 20% VAT), billed per started 15 minutes.",
        "Prices are without VAT.",
    ),
    "tariff_14_step_size": (
        "Charging time: €1.20 per hour 00:00–17:00, billed per started 30 minutes; €2.40 per hour 17:00–20:00, billed "
        "per started 15 minutes; €2.40 per hour 20:00–24:00, billed per started 15 minutes.",
        "Parking without charging: €1.00 per hour 00:00–17:00; €1.00 per hour 17:00–20:00, otherwise free of charge. "
        "Billed per started 15 minutes.",
        "Prices are without VAT.",
    ),
    "tariff_4_complex": (
        "Session fee: €2.50 (plus 15% VAT).",
        "Charging time: €1.00 per hour (plus 20% VAT) at less than 32 A, billed per started 15 minutes; €2.00 per hour "
        "(plus 20% VAT) on weekdays at 32 A or more, billed per started 10 minutes; €1.25 per hour (plus 20% VAT) at "
        "the weekend at 32 A or more, billed per started 10 minutes.",
        "Parking without charging: €5.00 per hour (plus 10% VAT) 09:00–18:00 on weekdays; €6.00 per hour (plus 10% "
        "VAT) 10:00–17:00 on Saturday, otherwise free of charge. Billed per started 5 minutes.",
        "Prices are without VAT.",
    ),
    "tariff_5_free_of_charge": ("Charging is free of charge.",),
    "tariffrestriction_example_max_duration": (
        "Energy: free of charge in the first 30 minutes, otherwise €0.25 per kWh in the first 60 minutes, otherwise "
        "€0.40 per kWh.",
        "Prices are without VAT; 20% VAT is added.",
    ),
}


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the specification's examples are not given: OCPI_EXAMPLES")
@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_of_the_specification_read_like_this(version: str, name: str) -> None:
    assert describe(read_tariff(wire.decode((FOLDER / version / f"{name}.json").read_bytes()))) == EXAMPLES[name]


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the specification's examples are not given: OCPI_EXAMPLES")
@pytest.mark.parametrize("locale", LANGUAGES)
def test_every_example_of_the_specification_has_words(locale: str) -> None:
    for path in sorted(FOLDER.glob("*/tariff*.json")):
        value: Any = wire.decode(path.read_bytes())
        one = value.get("data", value)
        one = one[0] if isinstance(one, list) else one
        if "id" in one:  # the other one is a PATCH
            lines = describe(read_tariff(one), locale)
            assert lines and all(line.endswith(".") and "{" not in line for line in lines), path
