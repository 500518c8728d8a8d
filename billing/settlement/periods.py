"""Calendar months, and the moments at which they begin and end where the agreement lives. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


class BadPeriod(Exception):
    """The text is not a month. The message is fit for a person."""


@dataclass(frozen=True, order=True)
class Period:
    """One calendar month, half-open: `ends_date` is the first day after it."""

    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @classmethod
    def parse(cls, text: str) -> "Period":
        """`2026-10` → October 2026. Raises BadPeriod."""
        match = re.fullmatch(r"([0-9]{4})-([0-9]{2})", text.strip())
        if not match or not 1 <= int(match[2]) <= 12 or not 2000 <= int(match[1]) <= 9998:
            raise BadPeriod(f"“{text}” is not a month; write it as YYYY-MM, for example 2026-10.")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def before(cls, at: datetime, time_zone: str) -> "Period":
        """The newest month that is over at `at` in `time_zone`."""
        local = at.astimezone(ZoneInfo(time_zone))
        return cls(local.year - 1, 12) if local.month == 1 else cls(local.year, local.month - 1)

    @property
    def starts_date(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def ends_date(self) -> date:
        return date(self.year + 1, 1, 1) if self.month == 12 else date(self.year, self.month + 1, 1)

    def ends_at(self, time_zone: str) -> datetime:
        """The first moment after the period, in UTC."""
        return midnight(self.ends_date, time_zone)


def midnight(day: date, time_zone: str) -> datetime:
    """The moment at which `day` begins in `time_zone`, in UTC; where clocks skip midnight, the moment of the change."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(time_zone)).astimezone(UTC)
