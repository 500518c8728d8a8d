"""`manage.py price` and `verify_cdr`: files in, prices out, and a code that tells; no database."""

import json
from codecs import BOM_UTF8
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.unit.pricing.cases import Json, cdr, element, energy, flat, period, tariff

OWED = tariff(element(flat("0.50", vat="21"), energy("0.40", vat="21")))
AT_NIGHT = tariff(element(energy("0.30"), start_time="22:00", end_time="06:00"), element(energy("0.40")))
CHARGE = cdr(period("09:00", ENERGY="10"), tariffs=[OWED], total_cost={"before_taxes": 4.5})


def file_of(folder: Path, value: Any, name: str = "cdr.json") -> str:
    path = folder / name
    path.write_text(value if isinstance(value, str) else json.dumps(value, default=str))
    return str(path)


def printed(*arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


def refusal(*arguments: str, **options: Any) -> tuple[int, str]:
    with pytest.raises(CommandError) as caught:
        printed(*arguments, **options)
    return caught.value.returncode, str(caught.value)


def batch(capfdbinary: pytest.CaptureFixture[bytes], *arguments: str) -> tuple[int, list[Json]]:
    """Exit code and answers."""
    with pytest.raises(SystemExit) as left:
        call_command("price", *arguments)
    assert isinstance(left.value.code, int)
    return left.value.code, [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]


def test_a_cdr_is_priced_by_the_tariff_it_carries(tmp_path: Path) -> None:
    report = json.loads(printed("price", cdr=file_of(tmp_path, CHARGE), json=True))
    assert (report["total_cost_excl_vat"], report["total_cost_incl_vat"]) == ("4.5", "5.445")
    assert [line["reason"] for line in report["lines"]] == ["Element 1 applies always."] * 2


def test_other_tariffs_take_the_place_of_those_it_carries(tmp_path: Path) -> None:
    other = file_of(tmp_path, tariff(element(energy("1"))), "other.json")
    report = json.loads(printed("price", cdr=file_of(tmp_path, CHARGE), tariff=[other], json=True))
    assert report["total_cost_excl_vat"] == "10"
    assert report["total_cost_incl_vat"] is None  # 2.3.0 does not say what a price without a rate is after tax


def test_the_version_decides_what_a_missing_rate_means(tmp_path: Path) -> None:
    other = file_of(tmp_path, tariff(element(energy("1"))), "other.json")
    asked = {"cdr": file_of(tmp_path, CHARGE), "tariff": [other], "json": True}
    assert json.loads(printed("price", version="2.2.1", **asked))["total_cost_incl_vat"] == "10"
    assert json.loads(printed("price", version="2.1.1", **asked))["total_cost_incl_vat"] is None


NO_TAX = "Note: total_cost after tax was not compared: the CDR does not say it."


def test_a_cdr_of_2_1_1_is_read_as_it_is(tmp_path: Path) -> None:
    charge = {**CHARGE, "stop_date_time": CHARGE["end_date_time"], "total_cost": 4.5}
    del charge["end_date_time"]
    assert json.loads(printed("price", cdr=file_of(tmp_path, charge), json=True))["total_time"] == "1"
    assert printed("verify_cdr", file_of(tmp_path, charge)).splitlines() == [
        "What could be compared agrees with ours: 4.50 EUR before tax, 5.445 EUR after tax.",
        NO_TAX,
    ]


def test_a_reading_is_chosen_by_name(tmp_path: Path) -> None:
    stepped = tariff(element(energy("0.40", step=3000)))
    charge = file_of(tmp_path, cdr(period("09:00", ENERGY="10"), tariffs=[stepped]))
    assert json.loads(printed("price", cdr=charge, json=True))["billed_energy"] == "12"
    none = printed("price", cdr=charge, reading=["step_size_scope=none"], json=True)
    assert json.loads(none)["billed_energy"] == "10"
    code, said = refusal("price", cdr=charge, reading=["step=none"])
    assert (code, "“step” is no reading" in said) == (2, True)


def test_a_cdr_that_differs_is_found_with_its_explanation(tmp_path: Path) -> None:
    out = StringIO()
    with pytest.raises(SystemExit, match="1"):
        call_command("verify_cdr", file_of(tmp_path, CHARGE | {"total_cost": {"before_taxes": 4}}), stdout=out)
    assert out.getvalue().splitlines() == [
        "missing_component: total_cost before tax is 4.00 EUR, 0.50 less than ours of 4.50 EUR.",
        "Would be explained by without=FLAT: The flat fee was not billed.",
        NO_TAX,
    ]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", "malformed_json at $: The file is empty."),
        ("[]", "no_object at $: There is no object."),
        ({**CHARGE, "charging_periods": []}, "no_periods at $.charging_periods: There are no charging periods."),
        ({**CHARGE, "tariffs": None}, "no_tariff at $.tariffs: There is no tariff to price with."),
        ({**CHARGE, "tariffs": [{}]}, "missing_field at $.tariffs[0].id: “id” is missing."),
        ({**CHARGE, "currency": "SEK"}, "currency_differs at $.currency: Tariff FAIR is in EUR, the charge in SEK."),
    ],
)
@pytest.mark.parametrize("command", ["price", "verify_cdr"])
def test_what_cannot_be_used_names_file_code_and_path(tmp_path: Path, command: str, value: Any, said: str) -> None:
    path = file_of(tmp_path, value)
    arguments = ["price", f"--cdr={path}"] if command == "price" else ["verify_cdr", path]
    assert refusal(*arguments) == (2, f"{path}: {said}")


def test_whoever_asks_for_json_is_refused_in_json(tmp_path: Path) -> None:
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("price", cdr=file_of(tmp_path, "{}"), json=True, stdout=out)
    assert json.loads(out.getvalue())["error"]["path"] == "$.currency"


QUOTED = [period("09:00", ENERGY="10"), period("09:30", ENERGY="1")]
EMPTY = {**OWED, "elements": []}
QUOTED[1]["dimensions"][0]["volume"] = "1_0"
VOLUME = "charging_periods[1].dimensions[0].volume"


def case(number: int, **fields: Any) -> str:
    return json.dumps({"id": number, "tariff": OWED, "cdr": CHARGE, **fields}, default=str)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_batch_answers_line_by_line_in_order(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], jobs: str
) -> None:
    lines = [case(number) for number in range(1203)]
    lines[700] = '{"id": 700, "cdr": {"currency": "EUR"}}'
    code, answers = batch(capfdbinary, f"--batch={file_of(tmp_path, chr(10).join(lines))}", f"--jobs={jobs}")
    assert (code, [answer["id"] for answer in answers]) == (1, list(range(1203)))
    assert answers[700]["error"]["code"] == "missing_field"
    assert {answer["total_cost_excl_vat"] for answer in answers if "error" not in answer} == {"4.5"}
    assert "lines" not in answers[0]


def test_a_batch_explains_when_it_is_asked(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    code, [answer] = batch(capfdbinary, f"--batch={file_of(tmp_path, case(1))}", "--explain")
    assert (code, len(answer["lines"])) == (0, 2)


@pytest.mark.parametrize(
    ("line", "answered", "error"),
    [
        ("garbage", None, ("malformed_case", "$")),
        ("[1]", None, ("malformed_case", "$")),
        ('{"id": [1], "cdr": {}}', [1], ("malformed_case", "$")),
        ('{"id": "a"}', "a", ("missing_field", "$.cdr")),
        (case(1, tariff={"id": 5}), 1, ("wrong_type", "$.tariff.id")),
        (case(1, tariff=None, tariffs=[OWED, {}]), 1, ("missing_field", "$.tariffs[1].id")),
        (case(1, timezone="Mars"), 1, ("time_zone_unknown", "$.timezone")),  # though nothing depends on it
        (case(1, version="2.1"), 1, ("unknown_version", "$.version")),
        (case(1, version="2.2"), 1, None),
        (case(1, cdr={**CHARGE, "currency": "USD"}), 1, ("currency_differs", "$.cdr.currency")),
        (case(1, tariff=EMPTY), 1, ("no_elements", "$.tariff.elements")),
        (
            case(1, tariff=None, cdr={**CHARGE, "tariffs": [{**OWED, "elements": []}]}),
            1,
            ("no_elements", "$.cdr.tariffs[0].elements"),
        ),
        (case(1, tariff={**OWED, "end_date_time": "2020-01-01T00:00:00Z"}), 1, ("no_active_tariff", "$.tariff")),
        (case(1, tariff=AT_NIGHT), 1, ("time_zone_unknown", "$.cdr.cdr_location")),
        (
            case(1, tariff=AT_NIGHT, context={"location": {"time_zone": "Mars"}}),
            1,
            ("time_zone_unknown", "$.context.location.time_zone"),
        ),
        (case(1, cdr={**CHARGE, "charging_periods": QUOTED}), 1, ("not_a_number", f"$.cdr.{VOLUME}")),
        (case(1, context={"readings": {"flat": "twice"}}), 1, ("unknown_reading", "$.context.readings")),
        (case(1, version="2.2.1", tariff={**OWED, "tax_included": "YES"}), 1, None),
    ],
)
def test_a_wrong_case_is_answered_in_its_line(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], line: str, answered: object, error: object
) -> None:
    _, [answer] = batch(capfdbinary, f"--batch={file_of(tmp_path, line)}")
    found = (answer["error"]["code"], answer["error"]["path"]) if "error" in answer else None
    assert (answer["id"], found) == (answered, error)


def test_a_batch_is_read_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(f"{case(1)}\n\n{case(2)}\n".encode())))
    code, answers = batch(capfdbinary, "--batch=-")
    assert (code, [answer["id"] for answer in answers]) == (0, [1, 2])


def test_a_batch_that_is_not_there_is_a_sentence() -> None:
    code, said = refusal("price", batch="/nowhere/cases.jsonl")
    assert (code, said.split(": ")[1]) == (2, "unreadable_file at $")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--tariff=t.json"], "--tariff and --batch do not go together; each case says it for itself."),
        (["--timezone=Europe/Amsterdam"], "--timezone and --batch do not go together"),
        (["--no-reservation-expired"], "--reservation-expired and --batch do not go together"),
        (["--reading=flat=each", "--version=2.2.1"], "--version, --reading and --batch do not go together"),
        (["--jobs=-1"], "--jobs: 0 for all cores"),
    ],
)
def test_an_option_that_a_batch_would_pass_over_is_refused(options: list[str], said: str) -> None:
    code, sentence = refusal("price", "--batch=-", *options)
    assert code == 2
    assert said in sentence


def test_a_reading_that_is_given_twice_is_refused(tmp_path: Path) -> None:
    assert refusal("price", f"--cdr={file_of(tmp_path, CHARGE)}", "--reading=flat=each", "--reading=flat=once") == (
        2,
        "--reading: unknown_reading at $: “flat” is given twice.",
    )


def test_options_of_a_batch_are_refused_for_a_single_charge() -> None:
    assert refusal("price", "--cdr=-", "--jobs=2", "--explain") == (
        2,
        "--jobs, --explain and --cdr do not go together.",
    )


def test_a_batch_may_begin_with_a_byte_order_mark(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_bytes(BOM_UTF8 + case(1).encode())
    code, [answer] = batch(capfdbinary, f"--batch={path}")
    assert (code, answer["total_cost_excl_vat"]) == (0, "4.5")


@pytest.mark.parametrize("command", ["price", "verify_cdr"])
def test_a_zone_that_does_not_exist_is_refused_though_no_price_depends_on_it(tmp_path: Path, command: str) -> None:
    path = file_of(tmp_path, CHARGE)
    arguments = ["price", f"--cdr={path}"] if command == "price" else ["verify_cdr", path]
    code, sentence = refusal(*arguments, "--timezone=Nowhere/Bad")
    assert (code, sentence) == (2, f"{path}: time_zone_unknown at $.time_zone: 'Nowhere/Bad' is no IANA time zone.")


def verified(folder: Path, charge: Json, *options: str) -> tuple[int, str]:
    """Exit code and text."""
    out = StringIO()
    try:
        call_command("verify_cdr", file_of(folder, charge), *options, stdout=out)
    except SystemExit as left:
        assert isinstance(left.code, int)
        return left.code, out.getvalue()
    return 0, out.getvalue()


def test_nothing_that_was_not_compared_agrees(tmp_path: Path) -> None:
    bare = {name: value for name, value in CHARGE.items() if name != "total_cost"}
    assert verified(tmp_path, bare) == (1, "Note: There is no total_cost to hold against our price.\n")
    unrated = tariff(element(energy("0.45")))  # 2.3.0 does not say what that is after tax
    cost = {"before_taxes": 4.5, "taxes": [{"name": "VAT", "amount": 99}]}
    code, text = verified(tmp_path, {**CHARGE, "tariffs": [unrated], "total_cost": cost})
    assert (code, text.splitlines()) == (
        0,
        [
            "What could be compared agrees with ours: 4.50 EUR before tax, unknown EUR after tax.",
            "Note: total_cost after tax was not compared: the tariff does not say what ours would be.",
            "Note: Tariff FAIR has a price before tax without a VAT rate; what it is after tax is not said.",
        ],
    )


def test_the_smallest_unit_of_the_currency_is_let_pass(tmp_path: Path) -> None:
    for currency, price, right, wrong in (("JPY", "24.75", 248, 249), ("KWD", "0.2475", "2.475", "2.477")):
        owed = {**tariff(element(energy(price))), "currency": currency}
        for total, code in ((right, 0), (wrong, 1)):
            charge = {**CHARGE, "currency": currency, "tariffs": [owed], "total_cost": {"before_taxes": total}}
            assert verified(tmp_path, charge)[0] == code, (currency, total)
    assert refusal("verify_cdr", file_of(tmp_path, CHARGE), "--tolerance=-1") == (
        2,
        "--tolerance: negative_tolerance at $: -1 is below 0.",
    )


def test_a_seasonal_tariff_whose_prices_are_left_out_still_asks_for_the_day(tmp_path: Path) -> None:
    owed = tariff(element(energy("0.30"), start_date="2027-01-01", end_date="2027-06-01"), element(energy("0.40")))
    charge = {**CHARGE, "tariffs": [owed], "total_cost": {"before_taxes": 77}}
    code, text = verified(tmp_path, charge, "--timezone=Europe/Amsterdam")
    assert code == 1
    assert text.splitlines()[0] == "unexplained: total_cost before tax is 77.00 EUR, 74.00 more than ours of 3.00 EUR."
