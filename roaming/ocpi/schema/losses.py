"""What a downgrade could not carry over, and how it is written down."""

import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

Json = dict[str, Any]

_INDEX = re.compile(r"\[([0-9]+)\]")
# How many values of an enumeration a sentence names.
_NAMED = 10


class Loss(NamedTuple):
    """One thing a partner of an older version does not get: the JSON path in the newer object, and why."""

    field: str
    why: str


class NotExpressible(ValueError):
    """The whole object has no counterpart in the older version, such as a connector of a type unknown there."""


class Losses(list[Loss]):
    """The losses of one downgrade, with the steps that most of them come from. All change ``value`` in place."""

    def __init__(self, version: str) -> None:
        super().__init__()
        self.version = version
        # Of lists from which something went, by path: at which places the others stood before.
        self._stood: dict[str, list[int]] = {}

    def note(self, field: str, why: str) -> None:
        """Write one loss down."""
        self.append(Loss(field, why))

    def before(self, path: str) -> str:
        """The path in the newer object of what has this path in the older one."""
        if not self._stood:
            return path
        origin, *rest = _INDEX.split(path)
        for index, name in zip(rest[::2], rest[1::2], strict=True):
            stood = self._stood.get(origin)
            origin += f"[{stood[int(index)] if stood else index}]{name}"
        return origin

    def drop(self, value: Json, path: str, names: Iterable[str]) -> None:
        """Remove fields that the older version does not have."""
        for name in names:
            if name in value and value.pop(name) not in (None, []):
                self.note(f"{path}.{name}", f"does not exist in OCPI {self.version}")

    def keep_known(self, value: Json, path: str, name: str, known: frozenset[str]) -> None:
        """Remove the values that the older version does not know from a list of enumeration values."""
        found = value.get(name)
        if not isinstance(found, list):
            return
        kept = [item for item in found if not isinstance(item, str) or item in known]
        if len(kept) < len(found):
            value[name] = kept
            unknown = [item for item in found if isinstance(item, str) and item not in known]
            more = f" and {len(unknown) - _NAMED} more" if len(unknown) > _NAMED else ""
            self.note(f"{path}.{name}", f"{', '.join(unknown[:_NAMED])}{more} does not exist in OCPI {self.version}")

    def fall_back(self, value: Json, path: str, name: str, known: frozenset[str], instead: str) -> None:
        """Replace an enumeration value that the older version does not know by one that is never wrong."""
        found = value.get(name)
        if isinstance(found, str) and found not in known:
            value[name] = instead
            self.note(f"{path}.{name}", f"{found} does not exist in OCPI {self.version}, sent as {instead}")

    def inside(self, value: Json, path: str, name: str, step: Callable[[Json, str], Json | None]) -> None:
        """Downgrade the object in a field, or each object in a list; a step that gives None removes its object."""
        found = value.get(name)
        if isinstance(found, dict):
            value[name] = step(found, f"{path}.{name}")
        elif isinstance(found, list):
            listed = f"{path}.{name}"
            steps = [
                step(item, f"{listed}[{index}]") if isinstance(item, dict) else item for index, item in enumerate(found)
            ]
            stay = [index for index, result in enumerate(steps) if result is not None or found[index] is None]
            value[name] = [steps[index] for index in stay]
            if len(stay) < len(found):
                self._stood[listed] = stay
