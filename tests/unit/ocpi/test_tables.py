"""What the tables of the specification say of every field, in every version: there or not, how often, how long.

One whole object of each kind is bent in one place at a time, and put right again.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from msgspec import inspect

from roaming.ocpi.schema import shapes, validation
from roaming.ocpi.schema.validation import Invalid
from tests.unit.ocpi import tables
from tests.unit.ocpi.bending import DELETE
from tests.unit.ocpi.tables import Place

EVERY_KIND = pytest.mark.parametrize(("version", "kind"), tables.kinds())

# Optional by the table, but wanted by another field of the whole object: which lacks then, and the sentence for it.
_WANTED = {
    "location $.publish_allowed_to[0].type": ("$.publish_allowed_to[0].type", "is required when uid is given"),
    "location $.publish_allowed_to[0].issuer": (
        "$.publish_allowed_to[0].issuer",
        "is required when visual_number is given",
    ),
    "cdr $.credit_reference_id": ("$.credit_reference_id", "is required when credit is true"),
    "start_session $.evse_uid": ("$.evse_uid", "is required when connector_id is given"),
}
_HOURS = "must have either regular_hours or twentyfourseven"
_WANTED_211 = {
    "location $.opening_times.regular_hours": ("$.opening_times", _HOURS),
    "session $.location.opening_times.regular_hours": ("$.location.opening_times", _HOURS),
    "cdr $.location.opening_times.regular_hours": ("$.location.opening_times", _HOURS),
}


def wanted(version: str, kind: str, path: str) -> list[tuple[str, str]]:
    """What is wrong with the whole object when an optional field is not there: mostly nothing."""
    found = (_WANTED_211 if version == "2.1.1" else _WANTED).get(f"{kind} {path}")
    return [found] if found else []


@contextmanager
def bent(place: Place, value: object) -> Iterator[None]:
    """That place with something else in it, or with nothing."""
    kept = place.holder[place.key]
    if value is DELETE:
        del place.holder[place.key]
    else:
        place.holder[place.key] = value
    yield
    place.holder[place.key] = kept


def faults(version: str, kind: str, value: object) -> list[tuple[str, str]]:
    """What is wrong, if anything."""
    try:
        validation.validate(version, kind, value)
    except Invalid as refusal:
        return [(violation.path, violation.message) for violation in refusal.violations]
    return []


@EVERY_KIND
def test_an_object_with_all_the_fields_of_its_table_is_valid(version: str, kind: str) -> None:
    assert faults(version, kind, tables.whole(version, kind)) == []


@EVERY_KIND
def test_the_structs_read_the_fields_of_the_tables_and_no_others(version: str, kind: str) -> None:
    listed = {place.path for place in tables.places(version, kind, tables.whole(version, kind))}
    assert set(read(shapes.of(validation.STRUCTS[version][kind]), "$")) - {"$"} == listed


def read(shape: inspect.Type, path: str) -> Iterator[str]:
    """The paths of all that a struct reads; what it takes as an unknown field is not read."""
    if isinstance(shape, inspect.UnionType):
        yield from read(shape.types[0], path)
    elif not isinstance(shape, inspect.AnyType):
        yield path
    if isinstance(shape, inspect.VarTupleType):
        yield from read(shape.item_type, f"{path}[0]")
    if isinstance(shape, inspect.StructType):
        for field in shape.fields:
            yield from read(field.type, f"{path}.{field.encode_name}")


@EVERY_KIND
def test_a_text_may_be_as_long_as_its_table_says_and_no_longer(version: str, kind: str) -> None:
    """T80, T81, T82, T84."""
    value = tables.whole(version, kind)
    for place in tables.places(version, kind, value):
        limit = tables.bound(place.field)
        if limit is None or place.field.mark in ("*", "+"):
            continue
        fine, too_long = at_the_limit(version, place, limit)
        assert (len(fine), len(too_long)) == (limit, limit + 1)
        with bent(place, fine):
            assert faults(version, kind, value) == [], place.path
        with bent(place, too_long):
            found = faults(version, kind, value)
        assert [path for path, _ in found] == [place.path]
        if is_plain(place):
            assert found[0][1] == f"must be at most {limit} characters, has {limit + 1}"


def is_plain(place: Place) -> bool:
    """Whether any text may stand there that is not too long."""
    return bool(re.fullmatch("[cs][0-9]+", place.field.type)) and place.field.name not in tables.SPELLED


def is_ascii(version: str, place: Place) -> bool:
    """Whether its letters are those of ASCII only; a version number that nobody knows is not looked into."""
    field = place.field
    return field.name != "version" and (version == "2.1.1" or field.type[0] == "c" or field.name == "token")


def at_the_limit(version: str, place: Place, limit: int) -> tuple[str, str]:
    """The longest text that fits, and one that is a character longer."""
    field = place.field
    if field.name in tables.SPELLED:
        return tables.SPELLED[field.name][1:]
    letter = "x" if is_ascii(version, place) else "é"
    return {
        "time": ("2026-03-29T01:30:00.1234Z", "2026-03-29T01:30:00.12345Z"),
        "url": ("https://volta.example/".ljust(255, "x"), "https://volta.example/".ljust(256, "x")),
        "clock": ("12:00", "12:000"),
        "day": ("2026-02-28", "2026-02-280"),
    }.get(field.type, (letter * limit, letter * (limit + 1)))


@EVERY_KIND
def test_a_ci_string_is_ascii_and_so_is_every_text_of_2_1_1(version: str, kind: str) -> None:
    """T80, T81."""
    value = tables.whole(version, kind)
    for place in tables.places(version, kind, value):
        if is_plain(place) and place.field.mark not in ("*", "+"):
            with bent(place, "é"):
                found = faults(version, kind, value)
            assert [path for path, _ in found] == ([place.path] if is_ascii(version, place) else [])


@EVERY_KIND
def test_a_whole_number_has_no_more_digits_than_its_table_says(version: str, kind: str) -> None:
    """T83, T90."""
    value = tables.whole(version, kind)
    for place in tables.places(version, kind, value):
        if place.field.type in DIGITS:
            low, high = DIGITS[place.field.type]
            for number in (low - 1, low, high, high + 1):
                with bent(place, number):
                    found = faults(version, kind, value)
                sentence = f"must be a whole number from {low} to {high}"
                assert found == ([] if low <= number <= high else [(place.path, sentence)])


DIGITS = {"int1": (1, 7), "int5": (0, 99_999), "int": (0, 2_147_483_647)}


@EVERY_KIND
def test_what_a_table_requires_must_be_there_and_the_rest_may_lack(version: str, kind: str) -> None:
    """T64, T88."""
    value = tables.whole(version, kind)
    for place in tables.places(version, kind, value):
        if place.field.mark == "[]":
            continue
        with bent(place, DELETE):
            absent = faults(version, kind, value)
        with bent(place, None):
            null = faults(version, kind, value)
        if place.field.required:
            assert absent[0] == (place.path, "is required")
            assert null[0] == (place.path, "is required, it cannot be null")
        else:
            assert absent == null == wanted(version, kind, place.path)


@EVERY_KIND
def test_a_list_may_be_empty_where_its_table_says_so(version: str, kind: str) -> None:
    """T88."""
    value = tables.whole(version, kind)
    for place in tables.places(version, kind, value):
        if place.field.mark in ("*", "+"):
            with bent(place, []):
                found = faults(version, kind, value)
            refused = [(place.path, "must have at least one entry")]
            assert found == (refused if place.field.mark == "+" else wanted(version, kind, place.path))


@EVERY_KIND
def test_one_is_no_list_and_a_list_is_not_one(version: str, kind: str) -> None:
    """T88."""
    value = tables.whole(version, kind)
    for place in tables.places(version, kind, value):
        many = place.field.mark in ("*", "+")
        with bent(place, place.holder[place.key][0] if many else [place.holder[place.key]]):
            found = faults(version, kind, value)
        assert (place.path, many) in [(path, message.startswith("must be a list, not ")) for path, message in found]
