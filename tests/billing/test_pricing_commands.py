"""`manage.py price` and `verify_cdr`: files in, prices out, and a code that tells; no database."""

import json
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.unit.pricing.cases import Json, cdr, element, energy, flat, period, tariff

OWED = tariff(element(flat("0.50", vat="21"), energy("0.40", vat="21")))
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


def test_a_cdr_of_2_1_1_is_read_as_it_is(tmp_path: Path) -> None:
    charge = {**CHARGE, "stop_date_time": CHARGE["end_date_time"], "total_cost": 4.5}
    del charge["end_date_time"]
    assert json.loads(printed("price", cdr=file_of(tmp_path, charge), json=True))["total_time"] == "1"
    assert "Every total agrees with ours: 4.5" in printed("verify_cdr", file_of(tmp_path, charge))


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
        "Explained by without=FLAT: The flat fee was not billed.",
    ]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", "malformed_json at $: The file is empty."),
        ("[]", "several_objects at $: There are 0 objects; one is read."),
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
        (case(1, timezone="Mars"), 1, None),  # nothing depends on it
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
