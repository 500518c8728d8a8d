"""What a downgrade could not carry over, and how it is written down."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

Json = dict[str, Any]


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

    def note(self, field: str, why: str) -> None:
        """Write one loss down."""
        self.append(Loss(field, why))

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
        unknown = [item for item in found if isinstance(item, str) and item not in known]
        if unknown:
            value[name] = [item for item in found if item not in unknown]
            self.note(f"{path}.{name}", f"{', '.join(map(str, unknown))} does not exist in OCPI {self.version}")

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
            places = [(item, f"{path}.{name}[{index}]") for index, item in enumerate(found)]
            steps = [(item, step(item, place) if isinstance(item, dict) else item) for item, place in places]
            value[name] = [result for item, result in steps if result is not None or not isinstance(item, dict)]
