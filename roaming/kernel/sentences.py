"""Sentences for people, put one after the other: what partners say often lacks the full stop at its end. And how long
something took, in words."""

from datetime import timedelta

_ENDS = (".", "!", "?", "…", ".”", "!”", "?”")


def ended(text: str) -> str:
    """The sentence with a full stop where it has no end; nothing stays nothing."""
    text = text.rstrip()
    return text if not text or text.endswith(_ENDS) else f"{text}."


def span(length: timedelta) -> str:
    """A time in words, rounded down: `40 minutes`, `1 hour`, `71 hours`, `3 days`."""
    minutes = int(length.total_seconds() // 60)
    if minutes < 60:
        return _counted(minutes, "minute")
    return _counted(minutes // 60, "hour") if minutes < 72 * 60 else _counted(minutes // 60 // 24, "day")


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"


def joined(*texts: object) -> str:
    """One paragraph of them, each ended; errors stand for what they say, and empty ones are left out."""
    return " ".join(filter(None, (ended(str(text)) for text in texts)))
