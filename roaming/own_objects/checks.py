"""Whether what a person wrote may be an object of ours: OCPI's rules, and some that we are held to ourselves. Pure."""

from collections.abc import Iterator
from typing import Any

from roaming.kernel.money import is_currency
from roaming.ocpi.schema import validation
from roaming.ocpi.schema.rules import Invalid, Violation
from roaming.ocpi.schema.values import parse_time
from roaming.ocpi.versions import NEWEST_SHAPE

Data = dict[str, Any]


def check(name: str, data: Data) -> None:
    """`name` is OCPI's kind, `data` in the newest shape. Raises Invalid with every violation."""
    validation.validate(NEWEST_SHAPE, name, data)
    if violations := list(_RULES[name](data)):
        raise Invalid(violations)


def _location(data: Data) -> Iterator[Violation]:
    if len(data["country"]) != 3:
        yield Violation("$.country", "must be a country of three letters (ISO 3166-1 alpha-3), as in NLD")


def _tariff(data: Data) -> Iterator[Violation]:
    if not is_currency(data["currency"]):
        yield Violation("$.currency", "must be a currency that there is (ISO 4217), as in EUR")
    starts, ends = data.get("start_date_time"), data.get("end_date_time")
    if starts and ends and parse_time(ends) <= parse_time(starts):
        yield Violation("$.end_date_time", "must be later than start_date_time")


def _token(data: Data) -> Iterator[Violation]:
    for name in ("contract_id", "issuer"):
        if not data[name].strip():
            yield Violation(f"$.{name}", "must not be empty")


_RULES = {"location": _location, "tariff": _tariff, "token": _token}
