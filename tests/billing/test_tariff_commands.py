"""`manage.py lint_tariff` and `describe_tariff`: files in, sentences and exit codes out, and no database."""

import json
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

GOOD = {
    "country_code": "NL",
    "party_id": "VLT",
    "id": "T1",
    "currency": "EUR",
    "elements": [{"price_components": [{"type": "ENERGY", "price": 0.25, "vat": 21, "step_size": 1}]}],
}
FLAWED = {**GOOD, "currency": "EUX"}
FLAW = "currency_unknown at {}: “EUX” is no currency of ISO 4217."


@pytest.fixture
def file(tmp_path: Path) -> Any:
    def write(value: Any, name: str = "tariff.json") -> str:
        path = tmp_path / name
        path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
        return str(path)

    return write


def lint(*arguments: str) -> tuple[int, str, str]:
    """Exit code, what was printed, and what was said of unusable input."""
    out, err, code = StringIO(), StringIO(), 0
    try:
        call_command("lint_tariff", *arguments, stdout=out, stderr=err, no_color=True)
    except SystemExit as end:
        code = int(end.code or 0)
    return code, out.getvalue(), err.getvalue()


def test_a_good_tariff_ends_with_0(file: Any) -> None:
    assert lint(file(GOOD)) == (0, "Nothing found.\n", "")
    assert lint(file(GOOD), "--json") == (0, "[]\n", "")


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (FLAWED, "$.currency"),
        ([GOOD, FLAWED], "$[1].currency"),
        ({"status_code": 1000, "data": FLAWED}, "$.data.currency"),
        ({"status_code": 1000, "data": [FLAWED]}, "$.data[0].currency"),
    ],
)
def test_a_problem_is_told_with_its_place_in_the_file_and_ends_with_1(file: Any, value: Any, place: str) -> None:
    name = file(value)
    assert lint(name) == (1, f"{name}: error {FLAW.format(place)}\n", "")
    code, out, _ = lint(name, "--json")
    assert (code, json.loads(out)) == (
        1,
        [
            {
                "file": name,
                "path": place,
                "code": "currency_unknown",
                "severity": "error",
                "message": "“EUX” is no currency of ISO 4217.",
            }
        ],
    )


def test_the_version_decides_what_is_asked(file: Any) -> None:
    name = file(GOOD)
    assert [lint(name, "--version", version)[0] for version in ("2.1.1", "2.2.1", "2.3.0")] == [0, 0, 1]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "malformed_json at $: The file is empty."),
        (b'{"id": ', "malformed_json at $: The file is not JSON: Expecting value at line 1, column 8."),
        (b"\xff\xfe", "malformed_json at $: The file is not UTF-8: byte 0 cannot be read."),
        (b"7", "wrong_type at $: This is not an object."),
        (b"[7]", "wrong_type at $[0]: This is not an object."),
        (b"[" * 100_000, "malformed_json at $: The file is nested deeper than 64 levels."),
    ],
)
def test_what_cannot_be_used_ends_with_2(file: Any, content: bytes, said: str) -> None:
    name = file(content)
    assert lint(name) == (2, "", f"{name}: {said}\n")


def test_other_files_are_looked_at_beside_one_that_cannot_be_used(file: Any, tmp_path: Path) -> None:
    name, gone = file(FLAWED), str(tmp_path / "gone.json")
    assert lint(gone, str(tmp_path), name) == (
        2,
        f"{name}: error {FLAW.format('$.currency')}\n",
        f"{gone}: unreadable_file at $: It cannot be read: No such file or directory.\n"
        f"{tmp_path}: unreadable_file at $: It cannot be read: Is a directory.\n",
    )


def test_standard_input_is_a_file_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(json.dumps(FLAWED).encode())))
    assert lint("-") == (1, f"-: error {FLAW.format('$.currency')}\n", "")


def test_a_file_that_cannot_be_used_is_an_entry_of_the_json_as_well(file: Any) -> None:
    bad, good = file(b"{", "bad.json"), file(GOOD)
    code, out, err = lint(bad, good, "--json")
    [entry] = json.loads(out)
    assert (code, entry["file"], entry["code"], entry["severity"]) == (2, bad, "malformed_json", "error")
    assert err.startswith(f"{bad}: malformed_json at $: ")


def test_words_of_a_tariff_go_by_its_version(file: Any) -> None:
    out = StringIO()
    silent = {name: value for name, value in GOOD.items() if name != "tax_included"}
    call_command("describe_tariff", file(silent), "--version", "2.2.1", stdout=out)
    assert "Prices are without VAT" in out.getvalue()


def test_a_tariff_is_told_in_words(file: Any) -> None:
    out = StringIO()
    call_command("describe_tariff", file([GOOD, {**GOOD, "id": "T2"}]), "--locale", "nl", stdout=out)
    lines = "Energie: €\u00a00,25 per kWh.\nPrijzen zijn exclusief btw; daar komt 21% btw bij.\n"
    assert out.getvalue() == f"T1:\n{lines}\nT2:\n{lines}"


@pytest.mark.parametrize(
    ("value", "locale", "said"),
    [
        ([GOOD, {"id": "T2"}], "en", "missing_field at $[1].currency: “currency” is missing."),
        (b"{", "en", "malformed_json at $: "),
        (GOOD, "xx", "There are no words for 'xx', only en, nl, de, fr."),
    ],
)
def test_what_cannot_be_told_ends_with_2(file: Any, value: Any, locale: str, said: str) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("describe_tariff", file(value), "--locale", locale)
    assert said in str(refused.value) and refused.value.returncode == 2
