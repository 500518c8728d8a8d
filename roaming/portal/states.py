"""One map for the whole product: which word and which tone a state has on screen."""

TONES: dict[str, dict[str, str]] = {
    "cdr": {"received": "info", "accepted": "good", "held": "warn", "rejected": "bad", "settled": "quiet"},
    "push": {"waiting": "neutral", "delivered": "good", "retrying": "warn", "dead": "bad"},
    "agreement": {"draft": "neutral", "active": "good", "ended": "quiet"},
    "dispute": {"open": "info", "accepted": "good", "rejected": "bad", "withdrawn": "quiet"},
    "invoice": {"draft": "neutral", "issued": "info"},
    "connection": {"planned": "neutral", "registered": "good", "suspended": "warn", "offline": "bad"},
    "session": {
        "active": "info",
        "completed": "quiet",
        "invalid": "bad",
        "pending": "neutral",
        "reservation": "neutral",
    },
    "evse": {
        "available": "good",
        "charging": "info",
        "reserved": "info",
        "blocked": "warn",
        "planned": "neutral",
        "inoperative": "bad",
        "outoforder": "bad",
        "removed": "quiet",
        "unknown": "neutral",
    },
    "token": {"valid": "good", "invalid": "bad"},
    "finding": {"note": "info", "holds": "warn", "error": "bad"},
    "verdict": {"within": "good", "outside": "warn", "unpriceable": "warn"},
    "person": {"active": "good", "inactive": "quiet"},
}
_WORDS = {"outoforder": "Out of order", "cdr": "CDR", "evse": "EVSE"}


def tone(kind: str, value: str) -> str:
    """The tone of a state, "neutral" for one the map does not know (a partner's own)."""
    return TONES[kind].get(value.lower(), "neutral")


def word(value: str) -> str:
    """How a state is written: `Out of order`."""
    return _WORDS.get(value.lower(), value.replace("_", " ").capitalize())
