"""How people write the values of OCPI, in a cell of a file and in a field of a form. Pure.

`read` turns text that is not empty into the value of the object, or raises ValueError with the rest of a sentence that
begins with the name of the column; `write` is the way back.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from roaming.ocpi.schema.values import format_time, parse_time
from roaming.own_objects import hours

LIST_MARK = "|"

_NUMBER = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?", re.ASCII)
_THOUSANDS = re.compile(r"-?[1-9][0-9]{0,2},[0-9]{3}", re.ASCII)
_YES, _NO = ("yes", "true", "1"), ("no", "false", "0")
_LANGUAGE_AND_TEXT = re.compile(r"([A-Za-z]{2})\s*:\s*(.+)", re.DOTALL)
_FEWEST, _MOST = 5, 7  # decimals of a coordinate
_LONGEST = 40  # of a text in a sentence


@dataclass(frozen=True)
class Spelling:
    """`choices` are the values there are, where a person chooses one, or several with `many`; `yes_no` chooses between
    these, `long` takes several lines."""

    read: Callable[[str], Any]
    write: Callable[[Any], str]
    choices: tuple[str, ...] = ()
    many: bool = False
    yes_no: bool = False
    long: bool = False


def _yes_no(text: str) -> bool:
    if text.lower() not in (*_YES, *_NO):
        raise ValueError(f"must be yes or no, not {_shown(text)}")
    return text.lower() in _YES


def _number(text: str) -> Decimal:
    """With a point, or with the comma of some spreadsheets where it can mean nothing else."""
    if not _NUMBER.fullmatch(text) or _THOUSANDS.fullmatch(text):
        raise ValueError(f"must be a number such as 0.35, not {_shown(text)}")
    return Decimal(text.replace(",", "."))


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 12:
        raise ValueError(f"must be a whole number, not {_shown(text)}")
    return int(text)


def _plain(number: Any) -> str:
    """Without exponent, and without zeros that say nothing."""
    text = f"{Decimal(number):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _coordinate(text: str) -> str:
    """Degrees with as many decimals as OCPI wants."""
    number = _number(text)
    exponent = number.as_tuple().exponent
    places = min(max(-exponent if isinstance(exponent, int) else 0, _FEWEST), _MOST)
    return f"{number:.{places}f}"


def _moment(text: str) -> str:
    """A date, or a date and a time, of which those without a zone are UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"must be a time in UTC such as 2027-01-01T00:00:00Z, not {_shown(text)}") from None
    try:
        return format_time(found if found.tzinfo else found.replace(tzinfo=UTC))
    except OverflowError:
        raise ValueError(f"must be a time that exists in UTC, not {_shown(text)}") from None


def _told_moment(value: str) -> str:
    return format_time(parse_time(value))


def _texts(text: str) -> list[dict[str, str]]:
    found = []
    for part in text.split(LIST_MARK):
        match = _LANGUAGE_AND_TEXT.fullmatch(part.strip())
        if match is None:
            raise ValueError(f"must be a language and a text such as “en: Night tariff”, not {_shown(part.strip())}")
        found.append({"language": match[1].lower(), "text": match[2].strip()})
    return found


def _told_texts(value: Iterable[dict[str, str]]) -> str:
    return f" {LIST_MARK} ".join(f"{one['language']}: {one['text']}" for one in value)


def _code(known: Iterable[str]) -> Callable[[str], str]:
    """One of the known codes in its own letter case, or as it was written: validation knows whether others may be."""
    spelled = {code.upper(): code for code in known}
    return lambda text: spelled.get(text.upper(), text)


def one_of(choices: Iterable[str]) -> Spelling:
    chosen = tuple(choices)
    return Spelling(_code(chosen), str, choices=chosen)


def some_of(choices: Iterable[str]) -> Spelling:
    chosen = tuple(choices)
    code = _code(chosen)
    return Spelling(
        lambda text: [code(part) for part in parts_of(text)], LIST_MARK.join, choices=tuple(chosen), many=True
    )


def parts_of(text: str) -> list[str]:
    """The entries of a list in a cell."""
    return [part.strip() for part in text.split(LIST_MARK) if part.strip()]


def _shown(text: str) -> str:
    return f"“{text[:_LONGEST]}…”" if len(text) > _LONGEST else f"“{text}”"


TEXT = Spelling(str, str)
CAPITALS = Spelling(str.upper, str)
YES_NO = Spelling(_yes_no, lambda value: "yes" if value else "no", yes_no=True)
NUMBER = Spelling(_number, _plain)
WHOLE = Spelling(_whole, _plain)
COORDINATE = Spelling(_coordinate, str)
MOMENT = Spelling(_moment, _told_moment)
TEXTS = Spelling(_texts, _told_texts, long=True)
IDS = Spelling(parts_of, LIST_MARK.join)
HOURS = Spelling(hours.read, hours.write, long=True)
