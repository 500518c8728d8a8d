"""Bodies: what counts as JSON, how it is written, and when two deliveries are the same."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roaming.ocpi.schema import wire
from roaming.ocpi.schema.wire import NotJson
from tests.wire import load, raw


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "The body is empty."),
        (b" \r\n ", "The body is empty."),
        (b'{"a": ', "The body is not JSON: Expecting value at line 1, column 7."),
        (b'{"a": 1} trailing', "The body is not JSON: Extra data at line 1, column 10."),
        (b"{'a': 1}", "The body is not JSON: Expecting property name enclosed in double quotes at line 1, column 2."),
        (b'{"a": NaN}', "The body is not JSON: NaN is no number."),
        (b'{"a": [Infinity]}', "The body is not JSON: Infinity is no number."),
        (b'{"a": -Infinity}', "The body is not JSON: -Infinity is no number."),
        (b'{"a": 1, "b": 2, "a": 1}', "The body has the key 'a' twice in one object."),
        (b'{"x": {"\\u00e9": 1, "\xc3\xa9": 2}}', "The body has the key '\\xe9' twice in one object."),
        (b'{"a": "\xff"}', "The body is not UTF-8: byte 7 cannot be read."),
        (b'{"a": "\xed\xa0\x80"}', "The body is not UTF-8: byte 7 cannot be read."),
        (b'{"a": "line\nbreak"}', "The body is not JSON: Invalid control character at at line 1, column 12."),
        (b'{"a": "\\ud800"}', "The body has half a surrogate pair, which is no character."),
        (b'[{"\\udc00": 1}]', "The body has half a surrogate pair, which is no character."),
        (b'"\\ud800"', "The body has half a surrogate pair, which is no character."),
        (b'{"a": 1e99999999999999999999999}', "The body has a number with an exponent beyond all measure."),
        (b"[" * 65 + b"]" * 65, "The body is nested deeper than 64 levels."),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "The body is nested deeper than 64 levels."),
        (b"[" * 20_000 + b"]" * 20_000, "The body is nested deeper than 64 levels."),
        (b"[" * 20_000, "The body is nested deeper than 64 levels."),
    ],
)
def test_what_is_not_json_is_refused_with_a_sentence(body: bytes, sentence: str) -> None:
    with pytest.raises(NotJson) as refusal:
        wire.decode(body)
    assert str(refusal.value) == sentence


def test_a_byte_order_mark_is_skipped_once_and_in_front() -> None:
    assert wire.decode(b"\xef\xbb\xbf{}") == {}
    for broken in (b"\xef\xbb\xbf" * 2 + b"{}", b"{}\xef\xbb\xbf"):
        with pytest.raises(NotJson):
            wire.decode(broken)


def test_sixty_four_levels_are_fine() -> None:
    assert wire.decode(b"[" * 64 + b"]" * 64) is not None


def test_many_brackets_side_by_side_are_not_deep() -> None:
    assert wire.decode(b"[" + b",".join([b'{"a":[]}'] * 500) + b"]") == [{"a": []}] * 500


def test_numbers_keep_every_digit() -> None:
    value = wire.decode(b'{"a": 0.1234, "b": 12345678901234.567890123450, "c": 4.00, "d": 7, "e": 1e2, "f": -0.0}')
    assert isinstance(value, dict)
    assert {key: str(number) for key, number in value.items()} == {
        "a": "0.1234",
        "b": "12345678901234.567890123450",
        "c": "4.00",
        "d": "7",
        "e": "1E+2",
        "f": "-0.0",
    }
    assert [type(value[key]) for key in "ad"] == [Decimal, int]


@pytest.mark.parametrize("number", ["1e400", "9" * 21, "9" * 5000, "-" + "1" * 9999, "0." + "1" * 400])
def test_a_monstrous_number_is_read_for_validation_to_refuse(number: str) -> None:
    assert wire.decode(f'{{"price": {number}}}'.encode()) == {"price": Decimal(number)}


def test_a_monstrous_number_somewhere_leaves_the_whole_numbers_beside_it_what_they_are() -> None:
    value = wire.decode(b'{"x_vendor": ' + b"9" * 5000 + b', "width": 512, "big": ' + b"8" * 4300 + b"}")
    assert isinstance(value, dict)
    assert [type(item) for item in value.values()] == [Decimal, int, int]
    assert value["width"] == 512


def test_duplicate_keys_are_found_beside_a_monstrous_number() -> None:
    with pytest.raises(NotJson, match="twice"):
        wire.decode(b'{"a": 1, "a": 2, "n": ' + b"9" * 5000 + b"}")


def test_nul_in_a_text_is_json() -> None:
    assert wire.decode(b'{"name": "a\\u0000b"}') == {"name": "a\0b"}


def test_a_surrogate_pair_is_one_character() -> None:
    assert wire.decode(b'"\\ud83d\\udd0c"') == "🔌"


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"null", b"4", b"true"])
def test_any_json_value_is_read(body: bytes) -> None:
    assert wire.encode(wire.decode(body)) == body


def test_writing_is_compact_and_keeps_digits() -> None:
    value = {"a": Decimal("4.00"), "b": [Decimal("0.3900"), 7, None, True], "naam": "Köln \U0001f50c", "nul": "\0"}
    assert wire.encode_text(value) == '{"a":4.00,"b":[0.3900,7,null,true],"naam":"Köln \U0001f50c","nul":"\\u0000"}'


def test_times_are_written_in_utc_with_z() -> None:
    summer = timezone(timedelta(hours=2))
    value = {
        "at": datetime(2026, 10, 25, 2, 30, tzinfo=summer),
        "list": [datetime(2026, 10, 25, 1, 0, 0, 250_999, tzinfo=UTC)],
        "deep": [{"at": datetime(2026, 1, 1, tzinfo=UTC), "n": Decimal("1.0")}],
    }
    assert wire.encode(value) == (
        b'{"at":"2026-10-25T00:30:00Z","list":["2026-10-25T01:00:00.250Z"],'
        b'"deep":[{"at":"2026-01-01T00:00:00Z","n":1.0}]}'
    )
    assert wire.encode(datetime(2026, 1, 1, tzinfo=UTC)) == b'"2026-01-01T00:00:00Z"'


def test_a_naive_time_is_not_written() -> None:
    with pytest.raises(ValueError, match="without zone"):
        wire.encode({"at": datetime(2026, 1, 1)})  # noqa: DTZ001  # the point of the test


@pytest.mark.parametrize("name", ["location_zuidplein", "cdr_ac22", "token_nomad", "tariff_ac22", "session_finished"])
def test_a_body_read_and_written_is_the_same_text(name: str) -> None:
    assert wire.decode(wire.encode(load(name))) == load(name)
    assert b"0.3900" in wire.encode(load("cdr_ac22"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"n": Decimal("4.0")}, {"n": 4}),
        ({"n": Decimal("4.00")}, {"n": Decimal("4.0")}),
        ({"n": 400}, {"n": Decimal("4E+2")}),
        ({"n": 0}, {"n": Decimal("-0.00")}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"a": 1, "b": None, "c": []}, {"a": 1}),
        ({"x": {"a": None, "l": []}}, {"x": {}}),
        ({"at": "2026-10-14T08:03:20"}, {"at": "2026-10-14T08:03:20.000Z"}),
        ({"at": "2026-10-14T08:03:20.5Z"}, {"at": "2026-10-14T08:03:20.500Z"}),
        (
            {"id": "c-1", "country_code": "nl", "party_id": "vlt"},
            {"id": "C-1", "country_code": "NL", "party_id": "VLT"},
        ),
        ({"uid": "04a2"}, {"uid": "04A2"}),
    ],
)
def test_the_same_content_in_another_spelling_is_the_same_delivery(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert wire.canonical(one) == wire.canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"n": Decimal("4.0")}, {"n": Decimal("4.01")}),
        ({"n": 4}, {"n": "4"}),
        ({"n": 1}, {"n": True}),
        ({"n": 0}, {"n": False}),
        ({"l": [1, 2]}, {"l": [2, 1]}),
        ({"l": [None]}, {"l": []}),
        ({"at": "2026-10-14T08:03:20Z"}, {"at": "2026-10-14T08:03:21Z"}),
        ({"name": "Zuidplein"}, {"name": "ZUIDPLEIN"}),
        ({"token": {"uid": "04a2"}}, {"token": {"uid": "04A2"}}),
        ({"n": Decimal("0.1234567890123456789012345678901")}, {"n": Decimal("0.1234567890123456789012345678902")}),
        ({"n": int("9" * 300)}, {"n": int("9" * 299 + "8")}),
        ({"n": Decimal("1e400")}, {"n": Decimal("1e401")}),
    ],
)
def test_other_content_is_another_delivery(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert wire.canonical(one) != wire.canonical(other)


def test_what_is_ignored_is_ignored_at_the_top_only() -> None:
    first, again = load("cdr_ac22"), load("cdr_ac22")
    again["last_updated"] = "2026-10-15T00:00:00Z"
    assert wire.canonical(first) != wire.canonical(again)
    assert wire.canonical(first, ignore=frozenset({"last_updated"})) == wire.canonical(
        again, ignore=frozenset({"last_updated"})
    )
    again["tariffs"][0]["last_updated"] = "2026-10-15T00:00:00Z"
    assert wire.canonical(first, ignore=frozenset({"last_updated"})) != wire.canonical(
        again, ignore=frozenset({"last_updated"})
    )


def test_comparing_does_not_change_what_it_compares() -> None:
    value = load("cdr_ac22")
    wire.canonical(value, ignore=frozenset({"last_updated"}))
    assert value == load("cdr_ac22")


@settings(deadline=None)
@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        wire.encode(wire.decode(body))
    except NotJson as refusal:
        assert str(refusal).startswith("The body")


@settings(deadline=None)
@given(st.integers(0, 400))
def test_a_truncated_body_is_refused(length: int) -> None:
    with pytest.raises(NotJson):
        wire.decode(raw("tariff_ac22")[:length])
