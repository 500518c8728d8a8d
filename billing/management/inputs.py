"""Files that commands read without a database: JSON from a path or, for `-`, from standard input."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from roaming.ocpi.schema import wire

# Exit codes: 0 is fine, 1 found something, 2 is an input that cannot be used.
FOUND, UNUSABLE = 1, 2


class UnusableInput(CommandError):
    """The text names the file, a stable code, the JSON path where there is one, and says what is wrong."""

    def __init__(self, file: str, code: str, sentence: str, path: str = "$") -> None:
        super().__init__(f"{file}: {code} at {path}: {sentence}", returncode=UNUSABLE)
        self.file, self.code, self.path, self.sentence = file, code, path, sentence

    def as_json(self) -> dict[str, str]:
        return {"code": self.code, "path": self.path, "message": self.sentence, "file": self.file}


def read_json(file: str) -> wire.JsonValue:
    """The decoded value; numbers are int or Decimal. Raises UnusableInput."""
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UnusableInput(file, "unreadable_file", f"It cannot be read: {reason}.") from error
    try:
        return wire.decode(raw)
    except wire.NotJson as error:
        raise UnusableInput(file, "malformed_json", str(error).replace("The body", "The file")) from error


def named_values(texts: Iterable[str]) -> dict[str, str]:
    """Of NAME=VALUE texts. Raises ValueError for a name that is given twice."""
    found: dict[str, str] = {}
    for name, _, value in (one.partition("=") for one in texts):
        if name in found:
            raise ValueError(f"“{name}” is given twice.")
        found[name] = value
    return found


def objects_of(value: Any, file: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of a file with their paths: one, a list of them, or either in a saved OCPI answer. Raises
    UnusableInput."""
    path = "$"
    if isinstance(value, dict) and "status_code" in value and "data" in value:
        value, path = value["data"], "$.data"
    found = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
    for index, one in found:
        place = path if index is None else f"{path}[{index}]"
        if not isinstance(one, dict):
            raise UnusableInput(file, "wrong_type", "This is not an object.", place)
        yield place, one
