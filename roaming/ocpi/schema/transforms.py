"""Between the version a partner speaks and the newest shape, in which everything inside is kept.

Neighbouring versions know each other, nobody else does: from 2.1.1 to 2.3.0 there are two steps. Transforms work on
decoded JSON, so unknown fields pass untouched; they never change their input, but the result may share parts with it.
"""

from typing import Any

from . import foreign, from_211, from_221, times, to_211, to_221
from .known import NOTHING, Known
from .losses import Loss, Losses, NotExpressible
from .validation import STRUCTS

__all__ = ["NEWEST", "Loss", "NotExpressible", "downgrade", "merge_patch", "upgrade"]

NEWEST = "2.3.0"

# Oldest first; each goes to the next one, the last to NEWEST.
STEPS = {
    "2.1.1": (from_211.upgrade, to_211.downgrade),
    "2.2.1": (from_221.upgrade, to_221.downgrade),
}

Json = dict[str, Any]


def upgrade(version: str, kind: str, value: Json, known: Known = NOTHING) -> Json:
    """A valid object, or PATCH body, of this version in the newest shape.

    Amounts keep their exact value: in a Price, no ``incl_vat`` becomes no taxes, and any other one tax named VAT with
    the difference, also when that is 0. Times are spelled one way (T82). ``known`` says what 2.1.1 leaves out. Raises
    Invalid when 2.1.1 names a token that nobody knows, KeyError for an unknown version and for a kind that it does not
    have.
    """
    steps = _steps_above(version, kind)
    result = foreign.without_misfits(STRUCTS[version][kind], STRUCTS[NEWEST][kind], dict(value)) if steps else value
    for step in steps:
        result = STEPS[step][0](kind, result, known)
    return dict(times.unified(STRUCTS[NEWEST][kind], result))


def downgrade(version: str, kind: str, value: Json, known: Known = NOTHING) -> tuple[Json, list[Loss]]:
    """A valid object of the newest shape as this version spells it, and everything it could not say.

    Raises NotExpressible when the object cannot exist in that version at all, KeyError for an unknown version and for
    a kind that it does not have.
    """
    result, steps = dict(value), list[Losses]()
    for step in reversed(_steps_above(version, kind)):
        result, lost = STEPS[step][1](kind, result, known)
        steps.append(lost)
    return result, [
        Loss(_at_first(path, steps[:number]), why) for number, lost in enumerate(steps) for path, why in lost
    ]


def _at_first(path: str, steps: list[Losses]) -> str:
    """The path in the newest object of what has this path after some steps down."""
    for step in reversed(steps):
        path = step.before(path)
    return path


def merge_patch(kind: str, stored: Json, patch: Json) -> Json:
    """The stored object after a PATCH of the same shape (T61 to T64); validate the result before keeping it.

    Named fields are replaced whole, null removes a field. Charging periods of a session are appended to those there
    are, and none leave them as they were (S1).
    """
    if kind == "session":
        patch = _with_all_periods(stored, patch)
    return {name: value for name, value in (stored | patch).items() if value is not None or name not in patch}


def _with_all_periods(stored: Json, patch: Json) -> Json:
    periods = patch.get("charging_periods")
    if not periods:
        return {name: value for name, value in patch.items() if name != "charging_periods"}
    if isinstance(periods, list):
        return patch | {"charging_periods": [*(stored.get("charging_periods") or []), *periods]}
    return patch


def _steps_above(version: str, kind: str) -> list[str]:
    if kind not in STRUCTS[version]:
        raise KeyError(kind)
    versions = list(STEPS)
    return versions[versions.index(version) :] if version != NEWEST else []
