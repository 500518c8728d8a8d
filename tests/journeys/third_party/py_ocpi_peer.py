"""`py-ocpi` as a partner, in 2.2.1: `python -m … 2.2.1 CREDENTIALS ROLE…`."""

import json
import sys
from importlib import import_module
from typing import Any

from py_ocpi import get_application
from py_ocpi.core.adapter import Adapter
from py_ocpi.core.dependencies import get_endpoints, get_versions
from py_ocpi.core.enums import RoleEnum
from py_ocpi.modules.versions.enums import VersionNumber

from tests.journeys.third_party import platforms, reading
from tests.journeys.third_party.memory import Memory, versions_url

CLASSES = {
    "locations": "Location",
    "tariffs": "Tariff",
    "tokens": "Token",
    "sessions": "Session",
    "cdrs": "Cdr",
    "credentials": "Credentials",
}
SCHEMAS = {
    module: getattr(import_module(f"py_ocpi.modules.{module}.v_2_2_1.schemas"), name)
    for module, name in CLASSES.items()
}


class Shapes(Adapter):
    """The objects in memory are OCPI's already."""


for _module, _method in {
    "locations": "location_adapter",
    "tariffs": "tariff_adapter",
    "tokens": "token_adapter",
    "sessions": "session_adapter",
    "cdrs": "cdr_adapter",
    "credentials": "credentials_adapter",
}.items():
    setattr(Shapes, _method, classmethod(lambda cls, data, version=None, schema=SCHEMAS[_module]: schema(**data)))


def over_http(app: Any) -> Any:
    """The library writes https into every address it lists; these tests have no certificate."""
    for dependency in (get_versions, get_endpoints):
        listed = app.dependency_overrides[dependency]()
        app.dependency_overrides[dependency] = lambda listed=listed: _plain(listed)
    return app


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, str) and value.startswith("https://"):
        return "http://" + value.removeprefix("https://")
    return value.copy(update={"url": _plain(value.url)}) if hasattr(value, "url") else value


def main(version: str, credentials: str, *roles: str) -> None:
    Memory.own_credentials = {**json.loads(credentials), "url": versions_url()}
    platforms.serve(over_http(get_application([VersionNumber(version)], list(map(RoleEnum, roles)), Memory, Shapes)))
    platforms.Peer(version, reading.base64_of, SCHEMAS, Shapes).converse()


if __name__ == "__main__":
    main(*sys.argv[1:])
