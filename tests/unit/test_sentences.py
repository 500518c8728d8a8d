"""Sentences put together, and times in words."""

from datetime import timedelta

import pytest

from roaming.kernel.sentences import ended, joined, span


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("computer says no", "computer says no."),
        ("It does.", "It does."),
        ("Does it?", "Does it?"),
        ("And so on…", "And so on…"),
        ("They said “no.”", "They said “no.”"),
        ("computer says no \n", "computer says no."),
        ("", ""),
    ],
)
def test_a_sentence_ends_once(text: str, told: str) -> None:
    assert ended(text) == told


def test_sentences_do_not_run_together_and_nothing_leaves_no_gap() -> None:
    assert joined(ValueError("computer says no"), "", "Everything is as before.") == (
        "computer says no. Everything is as before."
    )


@pytest.mark.parametrize(
    ("minutes", "told"),
    [
        (0, "0 minutes"),
        (1.9, "1 minute"),
        (59, "59 minutes"),
        (60, "1 hour"),
        (72 * 60 - 1, "71 hours"),
        (72 * 60, "3 days"),
    ],
)
def test_a_time_is_told_in_the_unit_that_people_would_use(minutes: float, told: str) -> None:
    assert span(timedelta(minutes=minutes)) == told
