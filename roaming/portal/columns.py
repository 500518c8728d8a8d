"""Table columns that several lists share."""

from collections.abc import Callable
from typing import Any

import django_tables2
from django.utils.html import format_html
from django.utils.safestring import SafeString

from roaming.portal import cells


class Cell(django_tables2.Column):
    """A column drawn by a function of the row: `Cell(lambda cdr: cells.kwh(cdr.energy_kwh), "kWh", css="num")`."""

    def __init__(self, draw: Callable[[Any], Any], header: str, css: str = "") -> None:
        super().__init__(verbose_name=header, empty_values=(), attrs={"td": {"class": css}})
        self.draw = draw
        self.cut = "cut" in css.split()

    def render(self, record: Any) -> SafeString | str:
        drawn: SafeString | str = self.draw(record)
        if self.cut and not isinstance(drawn, SafeString):
            return format_html('<span title="{}">{}</span>', drawn, drawn)  # cut text keeps its whole on hover
        return drawn


def money(header: str, amount: str, currency: str = "currency", sign: bool = False, css: str = "num") -> Cell:
    """A column of money: `amount` and `currency` are attributes of the row."""
    return Cell(lambda row: cells.money(getattr(row, amount), getattr(row, currency), sign), header, css)


def when(header: str, field: str, css: str = "nowrap") -> Cell:
    return Cell(lambda row: cells.when(getattr(row, field)), header, css)


def state(kind: str, field: str = "state", header: str = "State") -> Cell:
    return Cell(lambda row: cells.state(kind, getattr(row, field)), header)
