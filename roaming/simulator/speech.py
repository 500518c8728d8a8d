"""The platform thinks in OCPI 2.2.1, as its world is written, and speaks the version it was started with."""

from roaming.ocpi.schema import transforms
from roaming.ocpi.schema.known import Known
from roaming.simulator.store import Store
from roaming.simulator.wire import Json

_OWN = "2.2.1"
KINDS = {"locations": "location", "tariffs": "tariff", "tokens": "token", "sessions": "session", "cdrs": "cdr"}


def spoken(version: str, module: str, data: Json, store: Store) -> Json:
    """An object or PATCH body of 2.2.1 in `version`; what 2.1.1 wants to know besides is looked up in `store`."""
    if version == _OWN or module not in KINDS:
        return data
    newest = transforms.upgrade(_OWN, KINDS[module], data)
    return transforms.downgrade(version, KINDS[module], newest, _known(store))[0]


def heard(version: str, module: str, data: Json, owner: tuple[str, str], store: Store) -> Json:
    """What the portal sent in `version`, in 2.2.1. `owner` is the party in the address."""
    if version == _OWN or module not in KINDS:
        return data
    newest = transforms.upgrade(version, KINDS[module], data, _known(store, owner))
    return transforms.downgrade(_OWN, KINDS[module], newest)[0]


def _known(store: Store, owner: tuple[str, str] | None = None) -> Known:
    def token(contract_id: str) -> Json | None:
        return _newest("tokens", store, "contract_id", contract_id)

    def location(location_id: str) -> Json | None:
        return _newest("locations", store, "id", location_id)

    return Known(owner=owner, token=token, location=location)


def _newest(module: str, store: Store, name: str, wanted: str) -> Json | None:
    held = [*store.own(module), *store.received(module)]
    found = next((data for data in held if str(data[name]).upper() == wanted.upper()), None)
    return transforms.upgrade(_OWN, KINDS[module], found) if found else None
