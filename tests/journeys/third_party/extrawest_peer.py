"""`extrawest-ocpi` as a partner, in 2.2.1 or 2.1.1: `python -m … VERSION CREDENTIALS ROLE…`."""

import json
import sys
from importlib import import_module

from py_ocpi import get_application
from py_ocpi.core.adapter import BaseAdapter
from py_ocpi.core.authentication.authenticator import Authenticator
from py_ocpi.core.enums import ModuleID, RoleEnum
from py_ocpi.modules.versions.enums import VersionNumber

from tests.journeys.third_party import platforms, reading
from tests.journeys.third_party.memory import Memory, versions_url

CLASSES = {"locations": "Location", "tariffs": "Tariff", "tokens": "Token", "sessions": "Session", "cdrs": "Cdr"}


class Guard(Authenticator):
    @classmethod
    async def get_valid_token_a(cls) -> list[str]:
        return sorted(Memory.tokens_a)

    @classmethod
    async def get_valid_token_c(cls) -> list[str]:
        return sorted(Memory.tokens_c)


def main(version: str, credentials: str, *roles: str) -> None:
    Memory.own_credentials = {**json.loads(credentials), "url": versions_url()}
    folder = VersionNumber(version).name
    schemas = {
        module: getattr(import_module(f"py_ocpi.modules.{module}.{folder}.schemas"), name)
        for module, name in {**CLASSES, "credentials": "Credentials"}.items()
    }
    modules = [ModuleID.credentials_and_registration, *map(ModuleID, CLASSES)]
    platforms.serve(get_application([VersionNumber(version)], list(map(RoleEnum, roles)), Memory, modules, Guard))
    header = str if version == "2.1.1" else reading.base64_of
    platforms.Peer(version, header, schemas, BaseAdapter).converse()


if __name__ == "__main__":
    main(*sys.argv[1:])
