"""OCPI read otherwise, one question at a time."""

from collections.abc import Iterable, Iterator

from billing.pricing import policy_words
from billing.pricing.explaining.question import Candidate, Explanation, Kind, Question, again
from billing.pricing.policy import READINGS

# What is rounded, the likeliest first.
_OF_STEPS = {
    "written_hours": Kind.STEP_SIZE,
    "step_size_scope": Kind.STEP_SIZE,
    "step_size_volume": Kind.STEP_SIZE,
    "time_step": Kind.STEP_SIZE,
    "parking_used": Kind.STEP_SIZE,
    "rounding": Kind.ROUNDING,
}
_DO_NOT_CHANGE_TOTALS = frozenset({"unknown_tariff", "tax_without_rate"})


def of_steps(question: Question) -> Iterator[Candidate]:
    yield from _of(question, _OF_STEPS)


def others(question: Question) -> Iterator[Candidate]:
    yield from _of(question, [name for name in READINGS if name not in _OF_STEPS and name not in _DO_NOT_CHANGE_TOTALS])


def _of(question: Question, names: Iterable[str]) -> Iterator[Candidate]:
    for name in names:
        ours = getattr(question.policy, name)
        for value in READINGS[name]:
            if value is not ours:
                kind, policy = _OF_STEPS.get(name, Kind.READING), question.policy.but(**{name: value})
                sentence = f"Another reading gives this total. {policy_words.instead(name, value, of=ours)}."
                yield Candidate(Explanation(kind, f"{name}={value}", sentence), again(question, policy=policy))
