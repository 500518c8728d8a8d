"""What a platform holds in memory: its own objects, and what the portal sent it."""

from collections import Counter
from threading import RLock

from roaming.simulator.wire import Json

Key = tuple[str, ...]


def key_of(module: str, data: Json) -> Key:
    """An object's identity without regard to case: owner and id; tokens also by type."""
    names = {"tokens": ("country_code", "party_id", "uid", "type")}.get(module, ("country_code", "party_id", "id"))
    return tuple(str(data[name]).upper() for name in names)


class Store:
    """Objects by module, in the order they came. `own` is served to the portal, `received` came from it."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._own: dict[str, dict[Key, Json]] = {}
        self._received: dict[str, dict[Key, Json]] = {}
        self._noted: dict[str, list[Json]] = {}
        self._times: dict[str, Counter[str]] = {}

    def keep(self, module: str, data: Json) -> None:
        """One of our own objects, new or changed."""
        with self._lock:
            self._own.setdefault(module, {})[key_of(module, data)] = data

    def own(self, module: str) -> list[Json]:
        with self._lock:
            return list(self._own.get(module, {}).values())

    def own_object(self, module: str, key: Key) -> Json | None:
        with self._lock:
            return self._own.get(module, {}).get(key)

    def received(self, module: str) -> list[Json]:
        with self._lock:
            return list(self._received.get(module, {}).values())

    def received_object(self, module: str, key: Key) -> Json | None:
        with self._lock:
            return self._received.get(module, {}).get(key)

    def receive(self, module: str, key: Key, data: Json) -> bool:
        """Store a whole object; True when it is new."""
        with self._lock:
            known = self._received.setdefault(module, {})
            created = key not in known
            known[key] = data
            return created

    def receive_once(self, module: str, key: Key, data: Json) -> bool:
        """Store an object that never changes; False when it had come before. How often is counted."""
        with self._lock:
            self._times.setdefault(module, Counter())["/".join(key)] += 1
            if key in self._received.setdefault(module, {}):
                return False
            self._received[module][key] = data
            return True

    def times(self, module: str) -> dict[str, int]:
        """How often each object that never changes came, by "owner/id" in upper case: "NL/VLT/C-1"."""
        with self._lock:
            return dict(self._times.get(module, {}))

    @property
    def repeats(self) -> int:
        """How many CDRs came that had come before."""
        return sum(self.times("cdrs").values()) - len(self.received("cdrs"))

    def merge(self, module: str, key: Key, patch: Json) -> bool:
        """Apply a PATCH; charging periods are appended. False when the object is not known."""
        with self._lock:
            known = self._received.get(module, {}).get(key)
            if known is None:
                return False
            periods = [*(known.get("charging_periods") or []), *(patch.get("charging_periods") or [])]
            merged = {**known, **patch} | ({"charging_periods": periods} if module == "sessions" else {})
            self._received[module][key] = merged
            return True

    def forget(self, module: str, key: Key) -> bool:
        with self._lock:
            return self._received.get(module, {}).pop(key, None) is not None

    def note(self, module: str, data: Json) -> None:
        """Keep what was asked or reported, in order."""
        with self._lock:
            self._noted.setdefault(module, []).append(data)

    def noted(self, module: str) -> list[Json]:
        with self._lock:
            return list(self._noted.get(module, []))
