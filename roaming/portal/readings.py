"""How OCPI is read where it leaves a choice, in words: chosen on the form of an agreement, shown on its page."""

from collections.abc import Mapping
from typing import Any

from django import forms

from billing import pricing
from billing.pricing.policy_words import WORDS

PREFIX = "reading_"


def told(readings: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Question and answer of each; what nobody knows comes last, as it stands there."""
    names = [*(name for name in WORDS if name in readings), *(name for name in readings if name not in WORDS)]
    return [_told(name, readings[name]) for name in names]


def _told(name: str, value: Any) -> tuple[str, str]:
    question, answers = WORDS.get(name, (name, {}))
    return question, answers.get(str(value), f"“{value}”, which is not known")


def fields(chosen: Mapping[str, Any]) -> dict[str, forms.ChoiceField]:
    """A select for each reading, the recommended answer first and without a value."""
    return {PREFIX + name: _field(name, chosen.get(name, "")) for name in pricing.READINGS}


def taken(cleaned: dict[str, Any]) -> dict[str, str]:
    """The readings among the values of a form, which they leave; what is recommended is not said."""
    names = [name for name in cleaned if name.startswith(PREFIX)]
    chosen = {name.removeprefix(PREFIX): cleaned.pop(name) for name in names}
    return pricing.departures({name: value for name, value in chosen.items() if value})


def _field(name: str, chosen: Any) -> forms.ChoiceField:
    question, answers = WORDS[name]
    others = [value for value in pricing.READINGS[name] if pricing.departures({name: value})]
    usual = "as the version of OCPI says"
    if len(others) < len(answers):
        [usual] = (words for value, words in answers.items() if value not in others)
    return forms.ChoiceField(
        label=question,
        choices=[("", usual), *((value, answers[value]) for value in others)],
        initial=chosen,
        required=False,
        error_messages={"invalid_choice": f"“%(value)s” is no reading of “{name}”."},
    )
