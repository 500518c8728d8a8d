"""Objects as partners send them: OCPI 2.2.1, written by hand, one file each.

The prices add up: every CDR is what its tariff makes of its periods. ``load`` gives a fresh copy each time, so a test
may bend it.
"""

from pathlib import Path
from typing import Any

from roaming.ocpi.schema import wire

FOLDER = Path(__file__).parent


def raw(name: str) -> bytes:
    """The file as bytes; ``name`` without its ending."""
    return (FOLDER / f"{name}.json").read_bytes()


def load(name: str) -> dict[str, Any]:
    """The object in the file, numbers as int or Decimal; ``name`` without its ending."""
    value = wire.decode(raw(name))
    assert isinstance(value, dict)
    return value
