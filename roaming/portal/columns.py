"""Table columns that several lists share."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import django_tables2
from django.utils.html import format_html
from django.utils.safestring import SafeString

from roaming.portal import cells


class Cell(django_tables2.Column):
    """A column drawn by a function of the row: `Cell(lambda cdr: cells.kwh(cdr.energy_kwh), "kWh", css="num")`."""

    def __init__(
        self, draw: Callable[[Any], Any], header: str, css: str = "", total: Callable[[Any], Any] | None = None
    ) -> None:
        """`total` draws the foot of the column from the table, which holds one page of rows."""
        super().__init__(verbose_name=header, empty_values=(), attrs={"td": {"class": css}}, footer=total)
        self.draw = draw
        self.cut = "cut" in css.split()

    def render(self, record: Any) -> SafeString | str:
        drawn: SafeString | str = self.draw(record)
        if self.cut and not isinstance(drawn, SafeString):
            return format_html('<span title="{}">{}</span>', drawn, drawn)  # cut text keeps its whole on hover
        return drawn


def money(
    header: str, amount: str, currency: str = "currency", sign: bool = False, css: str = "num", summed: bool = False
) -> Cell:
    """A column of money: `amount` and `currency` are attributes of the row; `summed` shows the sum of the page."""

    def draw(row: Any) -> SafeString:
        return (cells.difference if sign else cells.money)(getattr(row, amount), getattr(row, currency))

    def total(table: Any) -> SafeString | str:
        return sum_of(table, amount, currency, sign)

    return Cell(draw, header, css, total if summed else None)


def sum_of(table: Any, amount: str, currency: str, sign: bool = False) -> SafeString | str:
    """The sum of a column over one page of rows; nothing where the rows are in several currencies."""
    currencies = {getattr(row, currency) for row in table.data}
    amounts = [getattr(row, amount) for row in table.data]
    if len(currencies) != 1 or None in amounts:
        return ""
    return (cells.difference if sign else cells.money)(sum(amounts, Decimal()), currencies.pop())


def when(header: str, field: str, css: str = "nowrap") -> Cell:
    return Cell(lambda row: cells.when(getattr(row, field)), header, css)


def state(kind: str, field: str = "state", header: str = "State") -> Cell:
    return Cell(lambda row: cells.state(kind, getattr(row, field)), header)
