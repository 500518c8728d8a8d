"""JSON files that commands are given."""

import sys
from pathlib import Path
from typing import Any

from billing.pricing import Unreadable
from roaming.ocpi.schema import wire


def read_json(path_or_dash: str) -> Any:
    """Decoded JSON of a file, or of standard input for `-`; numbers int or Decimal. Raises Unreadable."""
    try:
        raw = sys.stdin.buffer.read() if path_or_dash == "-" else Path(path_or_dash).read_bytes()
    except OSError as error:
        raise Unreadable("unreadable_file", "$", f"{path_or_dash} cannot be read: {error.strerror}.") from None
    try:
        return wire.decode(raw)
    except wire.NotJson as error:
        raise Unreadable("malformed_json", "$", str(error)) from None
