"""A tariff in words and what is wrong with it, for its page; both only shown."""

from dataclasses import dataclass
from typing import Any

from babel.core import Locale

from billing.pricing import Unreadable, read_tariff
from billing.pricing.linting import Problem, lint
from billing.pricing.words import LANGUAGES, describe
from roaming.kernel import clock
from roaming.tariffs.models import Tariff

_USUAL = "en"


@dataclass(frozen=True)
class Words:
    """`lines` is empty where the tariff cannot be read; `languages` are codes with their own names."""

    language: str
    lines: tuple[str, ...]
    languages: list[tuple[str, str]]


def words_of(data: dict[str, Any], asked: str | None) -> Words:
    """In the language that was asked for, if there are words in it."""
    language = asked if asked in LANGUAGES else _USUAL
    try:
        lines = describe(read_tariff(data), language)
    except Unreadable:
        lines = ()
    return Words(language, lines, [(code, Locale.parse(code).get_display_name() or code) for code in LANGUAGES])


def problems_of(tariff: Tariff) -> tuple[Problem, ...]:
    """As its CDRs come by the version that its platform speaks."""
    return lint(tariff.data, version=tariff.party.connection.version or None, at=clock.now())
