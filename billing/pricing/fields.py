"""Reading JSON by hand: each field with its path, so that an error names what is wrong."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Clamped, Context, Decimal, DecimalException, Inexact, InvalidOperation, Overflow, Subnormal
from typing import Any, TypeVar

from billing.pricing.errors import Unreadable
from roaming.ocpi.schema.values import parse_time

T = TypeVar("T")
# Of a number in quotes; Decimal would take 1_0, spaces and the digits of other scripts as well.
_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
# Digits of a number, in front of its point or zeros behind it; what has more was made up.
MOST_DIGITS = 40
_COUNTABLE = Context(
    prec=MOST_DIGITS,
    Emax=MOST_DIGITS,
    Emin=-MOST_DIGITS,
    clamp=0,
    traps=[Inexact, Subnormal, Clamped, Overflow, InvalidOperation],
)

# The sum of two numbers; raises DecimalException where it is not countable.
add_countable = _COUNTABLE.add


class Fields:
    """The fields of one JSON object, each read with its path."""

    def __init__(self, data: Any, path: str) -> None:
        if not isinstance(data, Mapping):
            raise Unreadable("wrong_type", path, f"{named(path)} is not an object.")
        self._data = data
        self.path = path

    def given(self, name: str, read: Callable[[Any, str], T]) -> T | None:
        """None where the field is absent or null."""
        value = self._data.get(name)
        return None if value is None else read(value, f"{self.path}.{name}")

    def needed(self, name: str, read: Callable[[Any, str], T]) -> T:
        found = self.given(name, read)
        if found is None:
            raise Unreadable("missing_field", f"{self.path}.{name}", f"“{name}” is missing.")
        return found

    def text(self, name: str) -> str:
        return self.needed(name, text)

    def objects(self, name: str) -> Iterator["Fields"]:
        for index, item in enumerate(self.needed(name, listed)):
            yield Fields(item, f"{self.path}.{name}[{index}]")

    def said(self) -> Iterator[str]:
        """The names of fields that say something."""
        return (name for name, value in self._data.items() if value is not None and value != [])


def text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise Unreadable("wrong_type", path, f"{named(path)} is not a text.")
    return value


def listed(value: Any, path: str) -> list[Any]:
    if not isinstance(value, list):
        raise Unreadable("wrong_type", path, f"{named(path)} is not a list.")
    return value


def number(value: Any, path: str) -> Decimal:
    """Some partners quote their numbers, as the example of 2.1.1 does; a float has lost digits already."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise Unreadable("wrong_type", path, f"{named(path)} is not a number.")
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise Unreadable("not_a_number", path, f"{named(path)} is {shown(value)}, not a number.")
    found = Decimal(value)
    if not is_countable(found):
        raise not_countable(path)
    return found


def before_tax(cost: Fields) -> Decimal:
    """Of a price or a limit; 2.2.1 says excl_vat."""
    net = cost.given("before_taxes", number)
    if net is None:
        net = cost.given("excl_vat", number)
    return cost.needed("before_taxes", number) if net is None else net


def is_countable(number: Decimal) -> bool:
    """Finite, and neither too large, nor too near to zero, nor of too many digits."""
    try:
        _COUNTABLE.plus(number)
    except DecimalException:
        return False
    return number.is_finite()


def not_countable(path: str) -> Unreadable:
    sentence = f"{named(path)} is not a number of at most {MOST_DIGITS} digits that can be counted with."
    return Unreadable("not_a_number", path, sentence)


def moment(value: Any, path: str) -> datetime:
    try:
        return parse_time(value)
    except ValueError as error:
        raise Unreadable("bad_time", path, f"{named(path)} {error}.") from None


def shown(value: object) -> str:
    """A wrong value for a sentence: not all of a long one."""
    try:
        found = repr(value)
    except ValueError:  # an integer of thousands of digits
        return "too long a number"
    return found if len(found) <= 60 else f"{found[:60]}…"


def named(path: str) -> str:
    last = path.rpartition(".")[2]
    return "This" if last == "$" else f"“{last}”"
