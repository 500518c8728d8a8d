"""`ocpi-types`, dataclasses of every version, as a reader of our lists: `python -m … VERSION`."""

import sys
from importlib import import_module
from typing import Any

from tests.journeys.third_party import conversation, reading

CLASSES = {"locations": "Location", "tariffs": "Tariff", "tokens": "Token", "sessions": "Session", "cdrs": "Cdr"}


def main(version: str) -> None:
    types = import_module(f"ocpi_types.v{version.replace('.', '_')}")

    def read(module: str, url: str, token: str) -> dict[str, Any]:
        return reading.read(url, token, getattr(types, CLASSES[module]).from_dict)

    conversation.answer({"read": read})


if __name__ == "__main__":
    main(*sys.argv[1:])
