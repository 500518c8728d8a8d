"""Values made to fit the narrower types of an older version: letters of ASCII only, whole seconds, six decimals.

Walks an object along the struct of that version, so that only its own fields are touched and unknown ones stay.
"""

import re
import unicodedata
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import inspect

from . import shapes
from .losses import Json, Losses
from .values import ASCII, INSTANT, LATITUDE_6, LINK_ASCII, LONGITUDE_6, Instant, check

# Letters that are not one of ASCII with a mark.
_SPELLED = {"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"}
_SPELLED |= {"đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i", "€": "EUR", "’": "'", "‘": "'"}
_SPELLED |= {"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-", "—": "-", "‐": "-", "•": "-", "·": "-"}
_DEGREES = re.compile(r"-?[0-9]{1,3}\.[0-9]{5,7}")
_AFTER_HOST = re.compile("([/?#:])")
_SAFE_IN_LINKS = "/?#:@!$&'()*+,;=%-._~[]|{}\\^`"
_SIX_DECIMALS = Decimal("0.000001")


def narrowed(struct: Any, value: Json, losses: Losses, path: str, names: dict[str, str]) -> Json:
    """A copy that fits; every text or place that had to change is a loss, and the fractions of seconds are one.

    `names` are the fields that the newer object calls otherwise; the losses name those.
    """
    if _fits_already(struct, value):
        return value
    found = _Narrowing(losses, names).of(shapes.of(struct), value, path)
    assert isinstance(found, dict)
    return found


def _fits_already(struct: Any, value: Json) -> bool:
    """The fast pass, which nearly every whole object gets through."""
    try:
        msgspec.convert(value, struct, dec_hook=_whole_seconds)
    except msgspec.ValidationError:
        return False
    return True


def _whole_seconds(kind: Any, value: object) -> object:
    if kind is Instant and "." in str(value):
        raise ValueError("has a fraction")
    return check(kind, value)


class _Narrowing:
    def __init__(self, losses: Losses, names: dict[str, str]) -> None:
        self.losses = losses
        self.names = names
        self.told_of_fractions = False

    def of(self, shape: inspect.Type, value: Any, path: str) -> Any:
        if isinstance(shape, inspect.UnionType):
            return value if value is None else self.of(shape.types[0], value, path)
        if isinstance(shape, inspect.StructType) and isinstance(value, dict):
            return value | {
                name: self.of(field.type, value[name], f"{path}.{self.names.get(name, name)}")
                for field in shape.fields
                if (name := field.encode_name) in value
            }
        if isinstance(shape, inspect.VarTupleType) and isinstance(value, list):
            return [self.of(shape.item_type, item, f"{path}[{index}]") for index, item in enumerate(value)]
        return self.of_text(shape, value, path) if isinstance(value, str) else value

    def _note(self, path: str, why: str) -> None:
        """What is narrowed is what the steps left over."""
        self.losses.note(self.losses.before(path), why)

    def of_text(self, shape: inspect.Type, value: str, path: str) -> str:
        if isinstance(shape, inspect.CustomType) and shape.cls is Instant:
            return self.of_instant(value, path)
        if isinstance(shape, inspect.StrType) and shape.pattern in (LATITUDE_6, LONGITUDE_6):
            return self.of_degrees(value, path)
        if isinstance(shape, inspect.StrType) and shape.pattern == LINK_ASCII:
            return self.of_link(value, shape.max_length, path)
        if isinstance(shape, inspect.StrType) and shape.pattern == ASCII:
            return self.of_letters(value, shape.max_length, path)
        return value

    def of_instant(self, value: str, path: str) -> str:
        if "." not in value or not INSTANT.fullmatch(value):
            return value
        if not self.told_of_fractions:
            self._note(path, f"is sent in whole seconds, as all times in OCPI {self.losses.version}")
            self.told_of_fractions = True
        return value.partition(".")[0] + "Z"

    def of_degrees(self, value: str, path: str) -> str:
        if not _DEGREES.fullmatch(value):
            return value
        degrees = Decimal(value).quantize(_SIX_DECIMALS, ROUND_HALF_EVEN)
        if degrees != Decimal(value):
            self._note(path, f"is sent with 6 decimals, as OCPI {self.losses.version} wants it")
        return str(degrees)

    def of_link(self, value: str, longest: int | None, path: str) -> str:
        if value.isascii():
            return value
        spelled = _in_percents(value)
        if longest is not None and len(spelled) > longest:
            spelled = ""  # a link that is cut leads elsewhere
        self._note(path, f"has letters that OCPI {self.losses.version} cannot write, sent as {spelled or 'nothing'}")
        return spelled

    def of_letters(self, value: str, longest: int | None, path: str) -> str:
        spelled = value if value.isascii() else "".join(map(_in_ascii, value))
        if spelled != value:
            self._note(path, f"has letters that OCPI {self.losses.version} cannot write, sent as {spelled}")
        if longest is not None and len(spelled) > longest:
            spelled = spelled[:longest]
            self._note(path, f"may have {longest} characters in OCPI {self.losses.version}, sent as {spelled}")
        return spelled


def _in_percents(link: str) -> str:
    """The same address as every client writes it on the wire."""
    scheme, mark, rest = link.partition("://") if "://" in link else ("", "", link)
    host, *others = _AFTER_HOST.split(rest, maxsplit=1)
    try:
        host = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        host = quote(host)
    return f"{scheme}{mark}{host}{quote(''.join(others), safe=_SAFE_IN_LINKS)}"


def _in_ascii(letter: str) -> str:
    if letter.isascii():
        return letter
    plain = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
    return _SPELLED.get(letter) or plain or ("" if unicodedata.combining(letter) else "?")
