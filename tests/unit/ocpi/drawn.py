"""Objects of every kind, drawn from the structs themselves: what the tables allow, and no more than the tables say.

Hypothesis chooses a seed and how rich the object is; drawing each of its hundred fields by itself would be too slow.
"""

from collections.abc import Sequence
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import strategies as st
from msgspec import inspect

from roaming.ocpi.schema import shapes, validation, values

Json = dict[str, Any]

_TEXTS = {
    values.COUNTRY_CODE: ["NL", "de"],
    values.COUNTRY: ["NLD", "USA", "UKR", "BE", "ZZZ"],
    values.CURRENCY: ["EUR", "SEK"],
    values.LANGUAGE: ["en", "nl"],
    values.PARTY_ID: ["VLT", "n0m"],
    values.HUB_PARTY_ID: ["NLHUB"],
    values.TOKEN: ["t", "!" * 64],
    values.HTTP_URL: ["https://polder.example/ocpi/x?y=1", "http://10.0.0.7:8080"],
    values.LINK: ["https://polder.example/logo.svg", "polder.example", "https://straße.example/ü", ""],
    values.CURRENCY_ANY_CASE: ["EUR", "eur"],
    values.LINK_ASCII: ["https://polder.example/logo.svg", "polder.example", ""],
    values.LATITUDE: ["51.886920", "-3.1234567", "90.000000"],
    values.LONGITUDE: ["4.488330", "-0.0000001", "180.000000"],
    values.LATITUDE_6: ["51.886920", "-0.000001"],
    values.LONGITUDE_6: ["4.488330", "-179.999999"],
    values.CLOCK: ["00:00", "08:30", "23:59"],
}
# Enumerations that are open, by the name of their field: what every version knows, and what only some or none do.
_OPEN = {
    "standard": (["CHADEMO", "IEC_62196_T2"], ["CHAOJI", "MCS"]),
    "connector_standard": (["CHADEMO", "IEC_62196_T2"], ["CHAOJI", "MCS"]),
    "facilities": (["HOTEL", "WIFI"], ["TRAM_STOP"]),
    "capabilities": (["RESERVABLE"], ["PED_TERMINAL"]),
    "parking_restrictions": (["DISABLED"], ["TAXIS"]),
    "parking_type": (["ON_STREET"], ["ON_DRIVEWAY"]),
    "category": (["CARBON_DIOXIDE"], ["OTHER"]),
    "type": (["RFID", "OTHER"], ["APP_USER", "EMAID"]),
    "identifier": (["credentials", "locations", "tokens", "x-vendor"], []),
    "vehicle_types": (["VAN"], []),
}
_INSTANTS = ["2026-03-29T01:30:00Z", "2026-10-25T00:30:00", "2024-02-29T23:59:59.5Z", "2026-01-01T00:00:00.123Z"]
_NUMBERS = [0, 1, -3, Decimal("0.1234"), Decimal("12345678.90"), Decimal("1E+2")]
_ASCII = "Aa0 -_<\"'*#"
_PRINTABLE = _ASCII + "éßØ€中\u0301Ω"


def objects(version: str, kind: str = "", *, plain: bool = False) -> st.SearchStrategy[tuple[str, Json]]:
    """Kinds and objects of them, with fields that mean nothing in this version but something in another.

    Of one kind, if it is given. `plain` leaves those out, and what other versions cannot say: unknown values, empty
    texts, fractions of seconds.
    """

    def draw(kind: str, seed: int, richness: int) -> tuple[str, Json]:
        return kind, _drawn(version, kind, seed, richness / 4, plain)

    kinds = [kind] if kind else list(validation.STRUCTS[version])
    return st.builds(draw, st.sampled_from(kinds), st.integers(0, 2**32), st.integers(0, 4))


def whole(version: str, kind: str) -> Json:
    """A plain object of that kind with all of its fields; always the same one."""
    return _drawn(version, kind, 1, 1.0, plain=True)


def _drawn(version: str, kind: str, seed: int, richness: float, plain: bool) -> Json:
    for attempt in range(2000):  # rules between fields are not drawn but waited for
        value = _Drawing(Random(f"{seed} {attempt}"), richness, plain).of(_shape(version, kind), "")
        if _keeps_the_rules(version, kind, value):
            return dict(value)
    raise AssertionError(f"No {kind} of {version} keeps its rules.")


def _shape(version: str, kind: str) -> inspect.Type:
    return shapes.of(validation.STRUCTS[version][kind])


def _keeps_the_rules(version: str, kind: str, value: Json) -> bool:
    """Only rules between fields may be broken by what was drawn."""
    try:
        validation.validate(version, kind, value)
    except validation.Invalid as error:
        assert not list(shapes.violations(_shape(version, kind), value)), str(error)
        return False
    return True


class _Drawing:
    def __init__(self, random: Random, richness: float, plain: bool) -> None:
        self.random = random
        self.richness = richness
        self.plain = plain

    def one(self, choices: Sequence[Any]) -> Any:
        return self.random.choice(choices)

    def of(self, shape: inspect.Type, name: str) -> Any:
        if isinstance(shape, inspect.UnionType):
            return self.of(shape.types[0], name)
        if isinstance(shape, inspect.StructType):
            return self.object(shape)
        if isinstance(shape, inspect.VarTupleType):
            return self.list(shape, name)
        if isinstance(shape, inspect.LiteralType):
            return self.one(sorted(map(str, shape.values)))
        if isinstance(shape, inspect.BoolType):
            return self.one([True, False])
        if isinstance(shape, inspect.IntType):
            return self.one([shape.ge or 0, (shape.ge or 0) + 1, shape.le])
        if isinstance(shape, inspect.StrType):
            return self.text(shape, name)
        return self.checked(shape.cls) if isinstance(shape, inspect.CustomType) else self.unknown()

    def object(self, shape: inspect.StructType) -> Json:
        drawn: Json = {}
        for field in shape.fields:
            if self.plain and isinstance(field.type, inspect.AnyType):
                continue
            if field.required or self.random.random() < self.richness:
                drawn[field.encode_name] = self.of(field.type, field.encode_name)
            elif not self.plain and self.random.random() < self.richness:
                drawn[field.encode_name] = None
        if self.random.random() < self.richness:
            drawn["x_vendor"] = self.unknown()
        return drawn

    def list(self, shape: inspect.VarTupleType, name: str) -> list[Any]:
        drawn = [self.of(shape.item_type, name) for _ in range(self.one([shape.min_length or 0, 1, 2]))]
        if name != "endpoints":
            return drawn
        return list({entry["identifier"]: entry for entry in drawn}.values())

    def text(self, shape: inspect.StrType, name: str) -> str:
        if shape.pattern in _TEXTS:
            return str(self.one(_TEXTS[shape.pattern]))
        if (shape.min_length, shape.max_length) == (1, 255) and name in _OPEN:
            everywhere, elsewhere = _OPEN[name]
            return str(self.one(everywhere if self.plain else [*everywhere, *elsewhere, "THING_OF_TOMORROW"]))
        letters = _ASCII if self.plain or shape.pattern == values.ASCII else _PRINTABLE
        longest = shape.max_length or 30
        least = max(shape.min_length or 0, int(self.plain))
        size = self.one([least, self.random.randint(least, longest), longest])
        return "".join(self.random.choices(letters, k=size))

    def checked(self, kind: Any) -> Any:
        if kind is values.Number:
            return self.one(_NUMBERS)
        if kind is values.Instant:
            return self.one(_INSTANTS[:1] if self.plain else _INSTANTS)
        return self.one(["2024-02-29", "2026-10-14"] if kind is values.Day else ["Europe/Amsterdam", "Asia/Tokyo"])

    def unknown(self) -> Any:
        return self.one([1, "text", None, True, [1, {"a": None}], {"deep": [Decimal("1.10")]}])
