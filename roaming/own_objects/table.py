"""CSV as spreadsheets write and read it: any of two delimiters, with or without a byte order mark, and no cell that a
spreadsheet would run as a formula. Pure."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from roaming.own_objects.sheets.sheet import Row

MOST_ROWS = 50_000
DELIMITERS = ",;"

# A spreadsheet would run a cell that begins like this; a number may.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[-+]?[0-9]+(?:[.,][0-9]+)?", re.ASCII)


class NotATable(ValueError):
    """The text is no CSV file of this noun; a sentence."""


def read(text: str, columns: Sequence[str], key: Sequence[str]) -> list[Row]:
    """The rows of a file, with the columns that it has. Raises NotATable for a header that does not do, for what is no
    CSV, and for a file that is too long. Rows without anything in them are passed over."""
    lines = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=_delimiter(text), strict=True)
    numbered = _numbered(lines)
    header = _header(next(numbered, (1, []))[1], columns, key)
    found: list[Row] = []
    for number, cells in numbered:
        if len(found) == MOST_ROWS:
            raise NotATable(f"The file has more than {MOST_ROWS:,} rows; import it in several parts.")
        if any(cells):
            found.append(Row(number, _named(number, header, cells)))
    if not found:
        raise NotATable("The file has a header and no rows.")
    return found


def write(columns: Sequence[str], rows: Iterable[dict[str, str]]) -> str:
    """A file that `read` reads back as it was."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([harmless(row[name]) for name in columns] for row in rows)
    return out.getvalue()


def harmless(text: str) -> str:
    """The text as a cell that no spreadsheet runs."""
    return f"'{text}" if _is_risky(text) else text


def _is_risky(text: str) -> bool:
    return text.lstrip("'").startswith(_FORMULA) and not _NUMBER.fullmatch(text)


def _as_meant(cell: str) -> str:
    """The cell without what made it harmless."""
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and _is_risky(cell) else cell


def _delimiter(text: str) -> str:
    """The one that the header has more of."""
    header = text.split("\n", 1)[0]
    return max(DELIMITERS, key=header.count)


def _numbered(lines: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    number = 0
    while True:
        number += 1
        try:
            cells = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            raise NotATable(f"Row {number} is no CSV: {error}.") from None
        yield number, [_as_meant(cell) for cell in cells]


def _header(cells: Sequence[str], columns: Sequence[str], key: Sequence[str]) -> list[str]:
    names = [cell.lower().replace(" ", "_") for cell in cells]
    if not any(names):
        raise NotATable("The file is empty; its first row must name the columns.")
    while names and not names[-1]:
        names.pop()  # spreadsheets leave empty columns at the end
    unknown = [name for name in names if name not in columns]
    if unknown:
        shown = ", ".join(f"“{name[:40]}”" for name in unknown[:5])
        raise NotATable(f"The first row names columns that there are not: {shown}. Known are {', '.join(columns)}.")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise NotATable(f"The first row names a column twice: {', '.join(twice)}.")
    if missing := [name for name in key if name not in names]:
        raise NotATable(f"The first row lacks {' and '.join(missing)}, by which objects are told apart.")
    return names


def _named(number: int, header: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    if any(cells[len(header) :]):
        raise NotATable(f"Row {number} has more cells than the header has columns.")
    return dict(zip(header, [*cells, *[""] * len(header)], strict=False))
