"""One map for the whole product: which word and which tone a state has on screen."""

TONES: dict[str, dict[str, str]] = {
    "cdr": {"received": "info", "accepted": "good", "held": "warn", "rejected": "bad", "settled": "quiet"},
    "push": {
        "waiting": "neutral",
        "delivered": "good",
        "retrying": "warn",
        "dead": "bad",
        "lapsed": "quiet",
        "dropped": "quiet",
    },
    "pull": {
        "waiting": "neutral",
        "running": "info",
        "paused": "warn",
        "finished": "good",
        "failed": "bad",
        "stopped": "quiet",
    },
    "command": {
        "asked": "info",
        "accepted": "info",
        "succeeded": "good",
        "failed": "bad",
        "refused": "warn",
        "unanswered": "bad",
        "timed_out": "bad",
        "canceled": "warn",
    },
    "agreement": {"draft": "neutral", "active": "good", "ended": "quiet"},
    "dispute": {"open": "info", "accepted": "good", "rejected": "bad", "withdrawn": "quiet"},
    "invoice": {"draft": "neutral", "issued": "info"},
    "attempt": {"under_way": "info", "done": "good", "failed": "bad"},
    "step": {
        "waiting": "neutral",
        "under_way": "info",
        "done": "good",
        "failed": "bad",
        "unsettled_tokens": "warn",
        "token_refused": "bad",
    },
    "exchange": {"ok": "good", "refused": "bad", "failed": "bad"},
    "call": {"done": "good", "refused": "bad", "unanswered": "bad"},
    "connection": {"planned": "neutral", "registered": "good", "suspended": "warn", "offline": "bad"},
    "breaker": {"closed": "good", "probing": "warn", "open": "bad"},
    "client": {"connected": "good", "offline": "bad", "planned": "neutral", "suspended": "warn"},
    "conformance": {"waiting": "neutral", "running": "info", "finished": "good", "stopped": "warn"},
    "check": {"failed": "bad", "warning": "warn", "passed": "good", "skipped": "quiet", "not_applicable": "quiet"},
    "booking": {
        "pending": "info",
        "accepted": "good",
        "reserved": "good",
        "fulfilled": "quiet",
        "canceled": "quiet",
        "declined": "bad",
        "rejected": "bad",
        "failed": "bad",
        "no_show": "warn",
        "unknown": "neutral",
    },
    "authorization": {
        "allowed": "good",
        "blocked": "warn",
        "expired": "warn",
        "no_credit": "warn",
        "not_allowed": "warn",
        "unknown_token": "warn",
        "not_enough": "bad",
        "invalid": "bad",
        "failed": "bad",
    },
    "terminal": {"assigned": "good", "unassigned": "neutral", "deactivated": "quiet"},
    "capture": {"success": "good", "partial_success": "warn", "failed": "bad"},
    "invoice_record": {"complete": "good", "incomplete": "warn", "withdrawn": "quiet"},
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
    "standing": {"open": "warn", "decided": "quiet", "withdrawn": "quiet"},
    "verdict": {"within": "good", "outside": "warn", "unpriceable": "warn"},
    "person": {"active": "good", "inactive": "quiet"},
}
_WORDS = {"outoforder": "Out of order", "ok": "OK", "cdr": "CDR", "evse": "EVSE", "vat": "VAT"}


def tone(kind: str, value: str) -> str:
    """The tone of a state, "neutral" for one the map does not know (a partner's own)."""
    return TONES[kind].get(value.lower(), "neutral")


def word(value: str) -> str:
    """How a state is written: `Out of order`."""
    return _WORDS.get(value.lower(), value.replace("_", " ").capitalize())
