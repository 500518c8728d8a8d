"""The platform thinks in OCPI 2.2.1, as its world is written, and speaks the version it was started with.

The translations are its own and small: they know what the worlds of the simulator hold and what a portal makes of it,
for locations, tariffs, tokens, sessions, CDRs and PATCH bodies. Nothing here knows how the portal translates.
"""

from roaming.simulator import in_211, in_230
from roaming.simulator.store import Store
from roaming.simulator.wire import Json

OBJECTS = ("locations", "tariffs", "tokens", "sessions", "cdrs")


def spoken(version: str, module: str, data: Json, store: Store) -> Json:
    """An object or PATCH body of 2.2.1 in `version`; what 2.1.1 wants to know besides is looked up in `store`."""
    if module not in OBJECTS or version == "2.2.1":
        return data
    return in_230.spoken(module, data) if version == "2.3.0" else in_211.spoken(module, data, store)


def heard(version: str, module: str, data: Json, owner: tuple[str, str], store: Store) -> Json:
    """What the portal sent in `version`, in 2.2.1. `owner` is the party in the address."""
    if module not in OBJECTS or version == "2.2.1":
        return data
    return in_230.heard(module, data) if version == "2.3.0" else in_211.heard(module, data, owner, store)
