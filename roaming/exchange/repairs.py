"""What a person may repair in a push: anything but what it is about and what was charged, which our books say already.

A partner may refuse a CDR over the spelling of an address. It is sent again with another spelling then, and with every
amount as it was booked; an amount that is wrong is corrected forward, by a credit CDR.
"""

from collections.abc import Iterator
from typing import Any

from roaming.exchange.models import Push
from roaming.ocpi.schema import validation, wire
from roaming.ocpi.versions import NEWEST_SHAPE

_IDENTITY = frozenset({"country_code", "party_id", "id", "uid", "terminal_id"})
# What completes the identity.
_FURTHER_IDENTITY = {"token": frozenset({"type"}), "client_info": frozenset({"role"})}
# Kinds that tell amounts, or what happened: all that may be repaired in them, with everything below. What we do not
# know may be about money too.
REPAIRABLE: dict[str, tuple[str, ...]] = {
    "cdr": (
        "session_id",
        "authorization_reference",
        "cdr_location.name",
        "cdr_location.address",
        "cdr_location.city",
        "cdr_location.postal_code",
        "cdr_location.state",
        "cdr_location.coordinates",
        "meter_id",
        "remark",
        "invoice_reference_id",
        "booking_id",
        "last_updated",
    ),
    "session": (
        "auth_method",
        "authorization_reference",
        "location_id",
        "evse_uid",
        "connector_id",
        "meter_id",
        "status",
        "last_updated",
    ),
    "tariff": ("tariff_alt_text", "tariff_alt_url", "energy_mix", "last_updated"),
    "invoice_reconciliation_record": ("last_updated",),
    "financial_advice_confirmation": ("capture_status_message", "last_updated"),
    "command_result": ("message",),
    "charging_profile_result": (),
    "clear_profile_result": (),
    "active_charging_profile_result": (),
}


class CannotRepair(Exception):
    """The push is not repaired so; `violations` are sentences that each name what is wrong, with its path."""

    def __init__(self, *violations: str) -> None:
        super().__init__(" ".join(violations))
        self.violations = violations


def told(kind: str) -> str:
    """Which fields of such an object may be repaired, in a sentence."""
    if kind not in REPAIRABLE:
        return "Everything may be repaired but what says which object it is."
    if not REPAIRABLE[kind]:
        return "Nothing may be repaired in it: it says what happened. Send it again, or drop it."
    return f"Only {', '.join(REPAIRABLE[kind])} may be repaired; everything else stays as our books have it."


def checked(push: Push, text: str) -> str:
    """The JSON `text` that a person wrote in place of the body of `push`, as it is stored. Raises CannotRepair."""
    if not push.body:
        raise CannotRepair(f"{push} has no body that could be repaired.")
    before, after = _read(push.body), _read(text)
    broken = [f"{violation}." for violation in _invalid(push, after)]
    broken += [_kept(push.kind, name) for name in _differing(before, after) if not _may_change(push.kind, name)]
    if broken:
        raise CannotRepair(*broken)
    if wire.canonical(before) == wire.canonical(after):
        raise CannotRepair("The body says the same as before; send it again without a repair.")
    return wire.encode_text(after)


def _read(text: str) -> dict[str, Any]:
    try:
        value = wire.decode(text.encode(errors="replace"))
    except wire.NotJson as error:
        raise CannotRepair(str(error)) from None
    if not isinstance(value, dict):
        raise CannotRepair("The body is no JSON object.")
    return value


def _invalid(push: Push, value: dict[str, Any]) -> list[validation.Violation]:
    """What is wrong with the object in the newest shape, each with its path."""
    try:
        if push.method == "PATCH":
            validation.validate_patch(NEWEST_SHAPE, push.kind, value)
        else:
            validation.validate(NEWEST_SHAPE, push.kind, value)
    except validation.Invalid as error:
        return error.violations
    return []


def _differing(before: dict[str, Any], after: dict[str, Any], within: str = "") -> Iterator[str]:
    """Names of what differs, as deliveries compare: "cdr_location.name"; lists are one thing each."""
    for name in sorted(before.keys() | after.keys()):
        one, other = before.get(name), after.get(name)
        if wire.canonical({name: one}) == wire.canonical({name: other}):
            continue
        if isinstance(one, dict) and isinstance(other, dict):
            yield from _differing(one, other, f"{within}{name}.")
        else:
            yield f"{within}{name}"


def _may_change(kind: str, name: str) -> bool:
    if _identifies(kind, name):
        return False
    open_to_all = REPAIRABLE.get(kind)
    return open_to_all is None or any(name == one or name.startswith(f"{one}.") for one in open_to_all)


def _identifies(kind: str, name: str) -> bool:
    return name in _IDENTITY or name in _FURTHER_IDENTITY.get(kind, ())


def _kept(kind: str, name: str) -> str:
    if _identifies(kind, name):
        return f"$.{name} says which object it is and stays as it is."
    return f"$.{name} stays as our books have it."
