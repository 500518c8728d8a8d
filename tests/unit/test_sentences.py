"""Sentences put together."""

import pytest

from roaming.kernel.sentences import ended, joined


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
