"""Sentences for people, put one after the other: what partners say often lacks the full stop at its end."""

_ENDS = (".", "!", "?", "…", ".”", "!”", "?”")


def ended(text: str) -> str:
    """The sentence with a full stop where it has no end; nothing stays nothing."""
    text = text.rstrip()
    return text if not text or text.endswith(_ENDS) else f"{text}."


def joined(*texts: object) -> str:
    """One paragraph of them, each ended; errors stand for what they say, and empty ones are left out."""
    return " ".join(filter(None, (ended(str(text)) for text in texts)))
