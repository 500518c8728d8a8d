"""What a lint found."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An ERROR cannot be priced, or can never be what was meant; a WARNING can, but probably was not meant."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """`code` is for programs and never changes, `path` is a JSON path (`$.elements[2]`), `message` a sentence."""

    code: str
    path: str
    message: str
    severity: Severity


def error(code: str, path: str, message: str) -> Problem:
    return Problem(code, path, message, Severity.ERROR)


def warning(code: str, path: str, message: str) -> Problem:
    return Problem(code, path, message, Severity.WARNING)
