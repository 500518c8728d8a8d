"""Between the version a partner speaks and the newest shape, in which everything inside is kept.

Neighbouring versions know each other, nobody else does: going from 2.2.1 to 2.3.0 is one step, and a version below
2.2.1 is one more entry in ``STEPS``. Transforms work on decoded JSON, so unknown fields pass untouched; they never
change their input, but the result may share parts with it.
"""

from typing import Any

from . import from_221, to_221
from .losses import Loss, NotExpressible

__all__ = ["NEWEST", "Loss", "NotExpressible", "downgrade", "merge_patch", "upgrade"]

NEWEST = "2.3.0"

# Oldest first; each goes to the next one, the last to NEWEST.
STEPS = {"2.2.1": (from_221.upgrade, to_221.downgrade)}

Json = dict[str, Any]


def upgrade(version: str, kind: str, value: Json) -> Json:
    """A valid object, or PATCH body, of this version in the newest shape.

    Amounts keep their exact value: in a Price, no ``incl_vat`` becomes no taxes, and any other one tax named VAT with
    the difference, also when that is 0. Raises KeyError for an unknown version.
    """
    result = dict(value)
    for step in _steps_above(version):
        result = STEPS[step][0](kind, result)
    return result


def downgrade(version: str, kind: str, value: Json) -> tuple[Json, list[Loss]]:
    """A valid object of the newest shape as this version spells it, and everything it could not say.

    Raises NotExpressible when the object cannot exist in that version at all, KeyError for an unknown version.
    """
    result, losses = dict(value), []
    for step in reversed(_steps_above(version)):
        result, lost = STEPS[step][1](kind, result)
        losses += lost
    return result, losses


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


def _steps_above(version: str) -> list[str]:
    if version == NEWEST:
        return []
    versions = list(STEPS)
    if version not in versions:
        raise KeyError(version)
    return versions[versions.index(version) :]
