"""How much a conformance run may ask of a partner."""

from dataclasses import dataclass, fields, replace
from typing import Self

from django.conf import settings


@dataclass(frozen=True)
class Limits:
    """Pages and objects are per list, calls and seconds of the whole run."""

    pages: int
    objects: int
    calls: int
    seconds: int

    @classmethod
    def usual(cls) -> Self:
        """What the settings allow."""
        return cls(settings.CHECK_PAGES, settings.CHECK_OBJECTS, settings.CHECK_CALLS, settings.CHECK_SECONDS)

    def but(self, **wanted: int | None) -> Self:
        """The same with what is given (not None) in its place."""
        return replace(self, **{name: value for name, value in wanted.items() if value is not None})


NAMES = [field.name for field in fields(Limits)]
