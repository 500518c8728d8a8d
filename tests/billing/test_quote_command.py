"""`manage.py quote`: no test here opens a database."""

import json
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

WIRE = Path(__file__).resolve().parents[1] / "wire"
AC22 = str(WIRE / "tariff_ac22.json")  # 0.35 a session, 0.39 a kWh, 1.20 an hour of parking, 21 % VAT


def quoted(tariff: str = AC22, **changed: str) -> str:
    asked = {"energy": "22", "start": "2027-03-28T01:30:00+01:00", "duration": "2:30", "power": "11"} | changed
    out = StringIO()
    flags = [f"--{name}" if not value else f"--{name}={value}" for name, value in asked.items()]
    call_command("quote", tariff, *flags, stdout=out)
    return out.getvalue()


def refusal(tariff: str = AC22, **changed: str) -> tuple[int, str]:
    with pytest.raises(CommandError) as refused:
        quoted(tariff, **changed)
    return refused.value.returncode, str(refused.value)


def test_a_price_is_told_with_its_lines_and_reasons() -> None:
    told = quoted(timezone="Europe/Amsterdam", version="2.2.1").splitlines()
    assert told[0] == "9.53 EUR before tax, 11.53 EUR after tax"
    assert told[1].startswith("22 kWh by tariff AC22, 2027-03-28 01:30:00 CET to 2027-03-28 05:00:00 CEST, full from ")
    assert [line.split() for line in told if line.startswith("2027")] == [
        ["2027-03-28", "01:30:00", "CET", "FLAT", "once", "0.35", "0.35", "0.4235"],
        ["2027-03-28", "01:30:00", "CET", "ENERGY", "22", "kWh", "22", "kWh", "0.39/kWh", "8.58", "10.3818"],
        ["2027-03-28", "04:30:00", "CEST", "PARKING_TIME", "0.5", "h", "0.5", "h", "1.20/h", "0.60", "0.726"],
    ]
    assert told.count("    Element 1 applies always.") == 3
    assert told[-1] == "Note: No component prices charging time: 2 h cost nothing."


def test_as_json_amounts_are_exact_texts() -> None:
    told = json.loads(quoted(json=""))
    assert (told["total_cost_excl_vat"], told["total_cost_incl_vat"]) == ("9.53", "11.5313")
    assert told["rounded"]["total_cost_incl_vat"] == "11.53"
    assert [(line["dimension"], line["billed"]) for line in told["lines"]] == [
        ("FLAT", "1"),
        ("ENERGY", "22"),
        ("PARKING_TIME", "0.5"),
    ]


def test_prices_of_an_older_version_are_before_tax() -> None:
    assert "does not say whether its prices include tax" in quoted(version="2.3.0")
    assert "does not say" not in quoted(version="2.2.1")


def test_a_tariff_is_read_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(Path(AC22).read_bytes())))
    assert quoted("-") == quoted()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"energy": "a lot"}, "not_a_number at $.energy_kwh: “energy_kwh” is 'a lot', not a number."),
        (
            {"energy": "28"},
            "too_much_energy at $.energy_kwh: At 11 kW no more than 27.5 kWh can be charged in 2:30:00.",
        ),
        ({"power": "0"}, "bad_power at $.max_power_kw: The power is not a number of kW above 0."),
        ({"duration": "2.5"}, "bad_duration at $.duration: '2.5' is not hours and minutes as 2:30."),
        ({"start": "today"}, "bad_time at $.starts_at: 'today' is not a time as 2027-03-28T01:30Z."),
        ({"start": "2027-03-28T01:30"}, "bad_time at $.starts_at: The start is not a time with its zone"),
        ({"start": "2025-03-28T01:30Z"}, "no_active_tariff at $.starts_at: Tariff AC22 is not valid then."),
        ({"timezone": "Mars/Olympus"}, "time_zone_unknown at $.time_zone: 'Mars/Olympus' is no IANA time zone."),
    ],
)
def test_input_that_cannot_be_used_is_a_sentence(changed: dict[str, str], sentence: str) -> None:
    code, said = refusal(**changed)
    assert code == 2
    assert said.startswith(f"quote: {sentence}")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "malformed_json at $: The file is empty."),
        (b"\xff", "malformed_json at $: The file is not UTF-8"),
        (b"[]", "no_object at $: There is no object."),
        (b"{}", "missing_field at $.id: “id” is missing."),
        (b'{"id": "A", "currency": "EUR", "elements": [{}]}', "missing_field at $.elements[0].price_components"),
    ],
)
def test_a_file_that_is_no_tariff_is_a_sentence(tmp_path: Path, body: bytes, sentence: str) -> None:
    path = tmp_path / "tariff.json"
    path.write_bytes(body)
    code, said = refusal(str(path), version="2.2.1")
    assert code == 2
    assert said.startswith(f"{path}: {sentence}")


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    code, said = refusal(str(tmp_path / "none.json"))
    assert (code, said.split(": ")[1]) == (2, "unreadable_file at $")
