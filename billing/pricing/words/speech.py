"""One language as it is spoken: its phrases, and numbers, money, days and times in its way of writing."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date, get_day_names
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, format_percent

from billing.pricing.conditions import hours
from billing.pricing.words.dutch import DUTCH
from billing.pricing.words.english import ENGLISH
from billing.pricing.words.french import FRENCH
from billing.pricing.words.german import GERMAN
from billing.pricing.words.phrases import Phrases

LANGUAGES: dict[str, Phrases] = {"en": ENGLISH, "nl": DUTCH, "de": GERMAN, "fr": FRENCH}
# Dates of English without a country are written as in Europe.
_HOMES = {"en": "en_GB"}
_HOUR, _MINUTE = 3600, 60
# A currency without a sign of its own stands apart from the amount: KWD 1.500.
_LETTER_BEFORE_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)")


class UnknownLanguage(ValueError):
    """There are no phrases in it."""


class Speech:
    """A language, spoken as in a country where the locale names one: `de`, `de_AT`, `de-AT`."""

    def __init__(self, locale: str) -> None:
        try:
            self._locale = Locale.parse(_HOMES.get(locale, locale).replace("-", "_"))
            self.says = LANGUAGES[self._locale.language]
        except (UnknownLocaleError, ValueError, KeyError):
            raise UnknownLanguage(f"There are no words for {locale!r}, only {', '.join(LANGUAGES)}.") from None

    def money(self, amount: Decimal, currency: str) -> str:
        """With all its digits, at least those of the currency."""
        text = format_currency(amount, currency.upper(), locale=self._locale, decimal_quantization=False)
        return _LETTER_BEFORE_DIGIT.sub("\u00a0", text)

    def number(self, value: Decimal | int) -> str:
        return format_decimal(value, locale=self._locale, decimal_quantization=False)

    def percent(self, rate: Decimal) -> str:
        return format_percent(rate / 100, locale=self._locale, decimal_quantization=False)

    def duration(self, seconds: Decimal) -> str:
        """Always several of a unit, because the words around are plural: 60 minutes, 2 hours."""
        whole = int(seconds)
        for phrase, length in ((self.says.hours, _HOUR), (self.says.minutes, _MINUTE)):
            if whole == seconds and whole % length == 0 and whole > length:
                return phrase.format(self.number(whole // length))
        return self.says.seconds.format(self.number(seconds))

    def step(self, energy: bool, size: int) -> str:
        """What is billed when it has begun: `per started 15 minutes`; nothing for one that nobody notices."""
        if size <= 1:
            return ""
        one = "kWh" if energy and size == 1000 else {_HOUR: "hour", _MINUTE: "minute"}.get(0 if energy else size)
        if one is not None:
            return self.says.billed.format(self.says.steps[one])
        if not energy:
            return self.says.billed.format(self.says.step.format(self.duration(Decimal(size))))
        watts = f"{self.number(size)} Wh" if size % 1000 else f"{self.number(size // 1000)} kWh"
        return self.says.billed.format(self.says.step.format(watts))

    def days(self, days: tuple[int, ...]) -> str:
        if days == (0, 1, 2, 3, 4):
            return self.says.weekdays
        if days == (5, 6):
            return self.says.weekend
        names = [str(get_day_names("wide", locale=self._locale)[day]) for day in days]
        if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
            return self.says.day_range.format(names[0], names[-1])
        return self.says.days.format(self.both([self.says.each_day.format(name) for name in names]))

    def both(self, names: list[str]) -> str:
        return format_list(names, locale=self._locale)

    def date(self, day: date) -> str:
        return format_date(day, format="long", locale=self._locale)

    def moment(self, at: datetime) -> str:
        """`30 June 2019, 23:59 UTC`; seconds of the last minute are left out."""
        at = at.astimezone(UTC)
        return f"{self.date(at.date())}, {hours(at.hour * 60 + at.minute)} UTC"
