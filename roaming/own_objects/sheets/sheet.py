"""Rows of a file, and the object that some of them make together. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from roaming.ocpi.schema.rules import Violation
from roaming.own_objects.columns import Column, beside, fill, place_of

Data = dict[str, Any]
Place = tuple[int, str]  # row and column


class Row(NamedTuple):
    """One row of a file as a spreadsheet numbers it: the header is 1. Its cells by column, as far as the file has the
    column."""

    number: int
    cells: dict[str, str]


class RowError(NamedTuple):
    """What is wrong with a row, and in which column ("" for none); a whole sentence."""

    row: int
    column: str
    sentence: str


@dataclass
class Built:
    """The object that rows make: `data` in the newest shape, not yet validated."""

    rows: Sequence[Row]
    data: Data = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)

    def filled(self, columns: Sequence[Column], rows: Sequence[Row], onto: Data, path: str = "$") -> Data:
        """`onto` with what these rows say in these columns. Rows of one object repeat it or leave it empty; what
        contradicts a row before is an error."""
        values, said_in = self._said(columns, rows)
        result, filling = fill(columns, values, onto, path=path)
        for name, sentence in filling.errors.items():
            self.errors.append(RowError(said_in[name], name, f"{name} {sentence}."))
        for place, name in filling.places.items():
            self.places[place] = (said_in.get(name, rows[0].number), name)
        return result

    def _said(self, columns: Iterable[Column], rows: Sequence[Row]) -> tuple[dict[str, str], dict[str, int]]:
        values: dict[str, str] = {}
        said_in: dict[str, int] = {}
        for column in columns:
            for row in rows:
                text = row.cells.get(column.name)
                if text is None:
                    continue
                if not values.get(column.name):
                    values[column.name], said_in[column.name] = text, row.number
                elif text and not _same(column, text, values[column.name]):
                    self.errors.append(_contradiction(row, column, text, said_in[column.name]))
        return values, said_in

    def refused(self, violations: Iterable[Violation]) -> None:
        """Say violations of the finished object at the rows and columns that they come from; a column of which
        something is said already could not be read, and is not said to be missing as well."""
        known = {(error.row, error.column) for error in self.errors if error.column}
        for violation in violations:
            row, column = place_of(self.places, violation.path) or self._row_of(violation.path)
            if (row, column) not in known:
                subject = column or violation.path.removeprefix("$.").removeprefix("$") or "The object"
                self.errors.append(RowError(row, column, f"{subject} {violation.message}."))

    def _row_of(self, path: str) -> Place:
        near = beside(self.places, path)
        return near[0] if near else self.rows[0].number, ""


@dataclass(frozen=True)
class Sheet:
    """One noun as a file. `rows` writes an object, `build` makes one of rows and of what is stored (None: nothing);
    `key` are the columns that name an object, `one_row` says that each has one row only."""

    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rows: Callable[[Data], list[dict[str, str]]]
    build: Callable[[Sequence[Row], Data | None], Built]
    example: Data
    one_row: bool = False

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]


def grouped(rows: Iterable[Row], name: Callable[[Row], str]) -> dict[str, list[Row]]:
    """Rows by what `name` says of them, in the order in which it appears."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(name(row), []).append(row)
    return found


def says_anything(row: Row, columns: Iterable[Column]) -> bool:
    return any(row.cells.get(column.name) for column in columns)


def _same(column: Column, one: str, other: str) -> bool:
    if one == other:
        return True
    try:
        return bool(column.spelling.read(one) == column.spelling.read(other))
    except ValueError:
        return False


def _contradiction(row: Row, column: Column, text: str, first: int) -> RowError:
    sentence = f"{column.name} is “{text}” here and something else in row {first}, which is about the same object."
    return RowError(row.number, column.name, sentence)
