"""Opening times in words that people type, and as OCPI has them (newest shape). Pure."""

import re
from collections.abc import Iterator
from typing import Any

Data = dict[str, Any]

ALWAYS = "24/7"
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LINE = re.compile(r"([A-Za-z]+)(?:\s*-\s*([A-Za-z]+))?\s+([0-9]{1,2}:[0-9]{2})\s*-\s*([0-9]{1,2}:[0-9]{2})")
_HOW = "must be 24/7, or days and times such as “Mon-Fri 08:00-20:00; Sat 09:00-12:00”"


def read(text: str) -> Data:
    """The Hours of `24/7`, or of lines such as `Mon-Fri 08:00-20:00`, one a line or with semicolons between. Raises
    ValueError."""
    if text.strip() == ALWAYS:
        return {"twentyfourseven": True}
    lines = [line.strip() for line in re.split(r"[;\n]", text) if line.strip()]
    return {"twentyfourseven": False, "regular_hours": [period for line in lines for period in _periods(line)]}


def write(hours: Data) -> str:
    """The same in words; exceptional days have none."""
    if hours.get("twentyfourseven"):
        return ALWAYS
    times: dict[tuple[str, str], list[int]] = {}
    for period in hours.get("regular_hours") or []:
        times.setdefault((period["period_begin"], period["period_end"]), []).append(period["weekday"])
    return "; ".join(f"{span} {begin}-{end}" for (begin, end), days in times.items() for span in _spans(days))


def _periods(line: str) -> Iterator[Data]:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError(f"{_HOW}; “{line}” is neither")
    first, last = _day(match[1]), _day(match[2] or match[1])
    if last < first:
        raise ValueError(f"{_HOW}; “{line}” ends before it begins")
    for weekday in range(first, last + 1):
        yield {"weekday": weekday, "period_begin": match[3].zfill(5), "period_end": match[4].zfill(5)}


def _day(word: str) -> int:
    for number, day in enumerate(_DAYS, start=1):
        if word[:3].capitalize() == day:
            return number
    raise ValueError(f"{_HOW}; “{word}” is no day")


def _spans(days: list[int]) -> Iterator[str]:
    """Days that follow each other as one: `Mon-Fri`."""
    start = 0
    for end in range(1, len(days) + 1):
        if end == len(days) or days[end] != days[end - 1] + 1:
            first, last = _DAYS[days[start] - 1], _DAYS[days[end - 1] - 1]
            yield first if first == last else f"{first}-{last}"
            start = end
