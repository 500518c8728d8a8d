"""The constrained types of OCPI (section 1.8): text, identifiers, numbers and times, ready for msgspec structs.

Text is constrained by ``msgspec.Meta``; what a pattern cannot say (numbers, instants, calendar days, time zones) is
checked by a function that msgspec calls for that type, see ``CHECKS``.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import available_timezones

from msgspec import Meta

# An amount must fit a numeric(24,8) column after rounding; more decimals are binary noise of the sender, kept as sent.
MAX_NUMBER = Decimal(9_999_999_999_999_999)
MAX_DECIMALS = 32
MAX_INT = 2_147_483_647

ASCII = r"\A[\x20-\x7e]*\Z"
PRINTABLE = r"\A[^\x00-\x1f\x7f-\x9f\ud800-\udfff]*\Z"
COUNTRY_CODE = r"\A[A-Za-z]{2}\Z"
COUNTRY = r"\A[A-Za-z]{2,3}\Z"
CURRENCY = r"\A[A-Z]{3}\Z"
CURRENCY_ANY_CASE = r"\A[A-Za-z]{3}\Z"
LANGUAGE = r"\A[A-Za-z][A-Za-z]\Z"  # spelled apart from COUNTRY_CODE, which has another sentence
PARTY_ID = r"\A[A-Za-z0-9]{3}\Z"
HUB_PARTY_ID = r"\A[A-Za-z]{2}[A-Za-z0-9]{3}\Z"
TOKEN = r"\A[\x21-\x7e]*\Z"
HTTP_URL = r"\A[Hh][Tt][Tt][Pp][Ss]?://[\x21\x23-\x2e\x30-\x3b\x3d\x40-\x7e]+(?:[/?#][\x21-\x7e]*)?\Z"
# A link that people see may lack its scheme, be empty or be written in any script; javascript: and the like never pass.
_VISIBLE = r"\x00-\x20\x7f-\xa0\ud800-\udfff<>\""
LINK = rf"\A(?:(?:[Hh][Tt][Tt][Pp][Ss]?://)?[^{_VISIBLE}:/?#]+(?::[0-9]+)?(?:[/?#][^{_VISIBLE}]*)?)?\Z"
_VISIBLE_ASCII = r"\x21\x23-\x3b\x3d\x3f-\x7e"
_HOST_ASCII = r"\x21\x24-\x2e\x30-\x39\x3b\x3d\x40-\x7e"
LINK_ASCII = rf"\A(?:(?:[Hh][Tt][Tt][Pp][Ss]?://)?[{_HOST_ASCII}]+(?::[0-9]+)?(?:[/?#][{_VISIBLE_ASCII}]*)?)?\Z"
LATITUDE = r"\A-?(?:90\.0{5,7}|[0-8]?[0-9]\.[0-9]{5,7})\Z"
LONGITUDE = r"\A-?(?:180\.0{5,7}|(?:1[0-7][0-9]|[0-9]{1,2})\.[0-9]{5,7})\Z"
LATITUDE_6 = LATITUDE.replace("{5,7}", "{6}")
LONGITUDE_6 = LONGITUDE.replace("{5,7}", "{6}")
CLOCK = r"\A(?:[01][0-9]|2[0-3]):[0-5][0-9]\Z"

# What is said to a partner whose text does not match.
SENTENCES = {
    ASCII: "must be printable ASCII",
    PRINTABLE: "must be printable text without control characters",
    COUNTRY_CODE: "must be a country code of two letters",
    COUNTRY: "must be a country of three letters (ISO 3166-1 alpha-3)",
    CURRENCY: "must be a currency of three capital letters (ISO 4217)",
    CURRENCY_ANY_CASE: "must be a currency of three letters (ISO 4217)",
    LANGUAGE: "must be a language of two letters (ISO 639-1)",
    PARTY_ID: "must be a party id of three letters or digits",
    HUB_PARTY_ID: "must be a country code and a party id, such as NLHUB",
    TOKEN: "must be printable ASCII without spaces",
    HTTP_URL: "must be an absolute http(s) URL",
    LINK: "must be an http(s) URL",
    LINK_ASCII: "must be an http(s) URL in printable ASCII",
    LATITUDE: "must be degrees from -90 to 90 with a point and 5 to 7 decimals",
    LONGITUDE: "must be degrees from -180 to 180 with a point and 5 to 7 decimals",
    LATITUDE_6: "must be degrees from -90 to 90 with a point and 6 decimals",
    LONGITUDE_6: "must be degrees from -180 to 180 with a point and 6 decimals",
    CLOCK: "must be a time of day as HH:MM",
}

CountryCode = Annotated[str, Meta(pattern=COUNTRY_CODE)]
PartyId = Annotated[str, Meta(pattern=PARTY_ID)]
HubPartyId = Annotated[str, Meta(pattern=HUB_PARTY_ID)]
Id36 = Annotated[str, Meta(min_length=1, max_length=36, pattern=ASCII)]
Id39 = Annotated[str, Meta(min_length=1, max_length=39, pattern=ASCII)]
Ci4 = Annotated[str, Meta(max_length=4, pattern=ASCII)]
Ci25 = Annotated[str, Meta(max_length=25, pattern=ASCII)]
Ci32 = Annotated[str, Meta(max_length=32, pattern=ASCII)]
Ci36 = Annotated[str, Meta(max_length=36, pattern=ASCII)]
Ci39 = Annotated[str, Meta(max_length=39, pattern=ASCII)]
Ci48 = Annotated[str, Meta(max_length=48, pattern=ASCII)]
Ci255 = Annotated[str, Meta(max_length=255, pattern=ASCII)]
Str4 = Annotated[str, Meta(max_length=4, pattern=PRINTABLE)]
Str10 = Annotated[str, Meta(max_length=10, pattern=PRINTABLE)]
Str12 = Annotated[str, Meta(max_length=12, pattern=PRINTABLE)]
Str16 = Annotated[str, Meta(max_length=16, pattern=PRINTABLE)]
Str20 = Annotated[str, Meta(max_length=20, pattern=PRINTABLE)]
Str45 = Annotated[str, Meta(max_length=45, pattern=PRINTABLE)]
Str50 = Annotated[str, Meta(max_length=50, pattern=PRINTABLE)]
Str64 = Annotated[str, Meta(max_length=64, pattern=PRINTABLE)]
Str100 = Annotated[str, Meta(max_length=100, pattern=PRINTABLE)]
Str255 = Annotated[str, Meta(max_length=255, pattern=PRINTABLE)]
Str512 = Annotated[str, Meta(max_length=512, pattern=PRINTABLE)]
Str5000 = Annotated[str, Meta(max_length=5000, pattern=PRINTABLE)]
Text = Annotated[str, Meta(pattern=PRINTABLE)]

# A list that must not be empty, marked + in the tables (T88), and a text that must not.
NON_EMPTY = Meta(min_length=1)

# An open enumeration: any value is kept and passed on.
OpenEnum = Annotated[str, Meta(min_length=1, max_length=255, pattern=PRINTABLE)]

CredentialsToken = Annotated[str, Meta(min_length=1, max_length=64, pattern=TOKEN)]
Currency = Annotated[str, Meta(pattern=CURRENCY)]
CiCurrency = Annotated[str, Meta(pattern=CURRENCY_ANY_CASE)]
Country = Annotated[str, Meta(pattern=COUNTRY)]
Language = Annotated[str, Meta(pattern=LANGUAGE)]
HttpUrl = Annotated[str, Meta(max_length=255, pattern=HTTP_URL)]
Link = Annotated[str, Meta(max_length=255, pattern=LINK)]
Latitude = Annotated[str, Meta(max_length=10, pattern=LATITUDE)]
Longitude = Annotated[str, Meta(max_length=11, pattern=LONGITUDE)]
ClockTime = Annotated[str, Meta(pattern=CLOCK)]
Weekday = Annotated[int, Meta(ge=1, le=7)]
Int = Annotated[int, Meta(ge=0, le=MAX_INT)]
Int5 = Annotated[int, Meta(ge=0, le=99_999)]

INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?Z?", re.ASCII
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def json_type(value: object) -> str:
    """Name the JSON type of a decoded value, with its article: "a string", "null"."""
    if value is None:
        return "null"
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean"}
    return names.get(type(value), "a number")


def parse_time(value: object) -> datetime:
    """Read an OCPI DateTime (T82) as an aware UTC datetime; no designator means UTC.

    Raises ValueError with a sentence for anything else: an offset, a date alone, 30 February, second 60, a number.
    """
    text = _text(value, "a timestamp")
    if len(text) > 25 or not INSTANT.fullmatch(text):
        raise ValueError("must be a UTC timestamp such as 2026-03-29T01:30:00Z, at most 25 characters, without offset")
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("must be a timestamp that exists in the calendar") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def format_time(at: datetime) -> str:
    """Write an aware datetime as OCPI DateTime in UTC with Z; milliseconds only when there are any.

    Finer fractions are cut, because 25 characters hold no more. Raises ValueError for a naive datetime.
    """
    if at.tzinfo is None:
        raise ValueError("a time without zone cannot be written as OCPI DateTime")
    at = at.astimezone(UTC)
    milliseconds = at.microsecond // 1000
    return at.replace(tzinfo=None).isoformat(timespec="milliseconds" if milliseconds else "seconds") + "Z"


def _number(value: object) -> Decimal:
    kind = type(value)
    if kind is not int and kind is not Decimal:
        raise ValueError(f"must be a number, not {json_type(value)}")
    number = Decimal(value)  # type: ignore[arg-type]  # int or Decimal, see above
    if number.is_nan():
        raise ValueError("must be a number, not NaN")
    if len(str(number)) <= 16 and -MAX_NUMBER <= number <= MAX_NUMBER and -16 <= number.adjusted() <= 16:
        return number  # nearly every number; the rest is only the slower way to say the same
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or exponent > 16 or not -MAX_NUMBER <= number <= MAX_NUMBER:
        raise ValueError("must have at most 16 digits before the decimal point")
    if exponent < -MAX_DECIMALS:
        raise ValueError(f"must have at most {MAX_DECIMALS} decimals")
    return number


def _text(value: object, what: str) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(f"must be {what}, not {json_type(value)}")


def _day(value: object) -> str:
    text = _text(value, "a date")
    if not _DAY.fullmatch(text):
        raise ValueError("must be a date as YYYY-MM-DD")
    try:
        date.fromisoformat(text)
    except ValueError:
        raise ValueError("must be a date that exists in the calendar") from None
    return text


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(value: object) -> str:
    text = _text(value, "a time zone")
    if text not in _zones():
        raise ValueError("must be an IANA time zone such as Europe/Amsterdam")
    return text


if TYPE_CHECKING:
    Number = Decimal
    Instant = datetime
    Day = str
    TimeZone = str
else:

    class _ReadsAs(type):
        """Makes msgspec take the plain result of the check function for an instance of the marker class."""

        result: type

        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, cls.result)

    class Number(metaclass=_ReadsAs):
        """A JSON number, read as Decimal with all its digits."""

        result = Decimal

    class Instant(metaclass=_ReadsAs):
        """An OCPI DateTime, read as an aware UTC datetime."""

        result = datetime

    class Day(metaclass=_ReadsAs):
        """A local calendar day, kept as text."""

        result = str

    class TimeZone(metaclass=_ReadsAs):
        """A known IANA zone, kept as text."""

        result = str


CHECKS: dict[Any, Callable[[object], object]] = {Number: _number, Instant: parse_time, Day: _day, TimeZone: _zone}


def check(kind: Any, value: object) -> object:
    """The ``dec_hook`` of every conversion: the value as Decimal, datetime or text; ValueError with a sentence."""
    return CHECKS[kind](value)
