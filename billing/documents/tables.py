"""The CDR list of a document as CSV and as XLSX."""

import csv
import io
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

import xlsxwriter

from billing.documents.document import InvoiceDocument, Line

COLUMNS = [
    "line",
    "cdr_id",
    "session_id",
    "ended_at",
    "evse_id",
    "contract_id",
    "energy_kwh",
    "amount",
    "currency",
]
_TEXT = {"cdr_id", "session_id", "evse_id", "contract_id"}
_WIDTHS = [6, 38, 38, 20, 24, 24, 12, 12, 9]
# A spreadsheet would run a cell that begins like this as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_bytes(document: InvoiceDocument) -> bytes:
    """UTF-8, one header and one row per CDR; times in UTC as ISO 8601, amounts as plain decimals before tax."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for line in document.lines:
        cells = _cells(line, document.currency)
        writer.writerow(
            [
                _harmless(value) if name in _TEXT else _plain(value, document.digits if name == "amount" else None)
                for name, value in zip(COLUMNS, cells, strict=True)
            ]
        )
    return out.getvalue().encode()


def xlsx(document: InvoiceDocument) -> bytes:
    """One sheet: real numbers and dates (UTC), a frozen header, a total at the end. Same document, same bytes."""
    out = io.BytesIO()
    options = {
        "in_memory": True,
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": f"{document.title} {document.name}", "created": _made_at(document)})
        _sheet(book, document)
    return out.getvalue()


def _sheet(book: Any, document: InvoiceDocument) -> None:
    digits = document.digits
    bold = book.add_format({"bold": True, "bottom": 1})
    formats = {
        "ended_at": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        "energy_kwh": book.add_format({"num_format": "#,##0.000"}),
        "amount": book.add_format({"num_format": f"#,##0.{'0' * digits}" if digits else "#,##0"}),
    }
    sheet = book.add_worksheet("CDRs")
    sheet.freeze_panes(1, 0)
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width)
    sheet.write_row(0, 0, [*COLUMNS[:3], "ended_at (UTC)", *COLUMNS[4:]], bold)
    for row, line in enumerate(document.lines, start=1):
        for column, (name, value) in enumerate(zip(COLUMNS, _cells(line, document.currency), strict=True)):
            _write(sheet, row, column, value, formats.get(name))
    last = len(document.lines) + 1
    total = book.add_format({"bold": True, "top": 1, "num_format": f"#,##0.{'0' * digits}" if digits else "#,##0"})
    energy = book.add_format({"bold": True, "top": 1, "num_format": "#,##0.000"})
    sheet.write_string(last, 1, "Total before tax", book.add_format({"bold": True, "top": 1}))
    sheet.write_number(last, 6, float(document.energy_kwh), energy)
    sheet.write_number(last, 7, float(document.net), total)
    sheet.write_string(last, 8, document.currency, total)


def _write(sheet: Any, row: int, column: int, value: Any, cell_format: Any) -> None:
    match value:
        case datetime():
            sheet.write_datetime(row, column, value.astimezone(UTC).replace(tzinfo=None), cell_format)
        case Decimal() | int():
            # The file format holds binary floats only; amounts have few digits and survive that.
            sheet.write_number(row, column, float(value), cell_format)
        case _:
            sheet.write_string(row, column, str(value))


def _cells(line: Line, currency: str) -> list[Any]:
    return [
        line.position,
        line.cdr_id,
        line.session_id,
        line.ended_at,
        line.evse_id,
        line.contract_id,
        line.energy_kwh,
        line.amount,
        currency,
    ]


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _plain(value: Any, digits: int | None = None) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if not isinstance(value, Decimal):
        return str(value)
    return f"{value:f}" if digits is None else f"{value:.{digits}f}"


def _made_at(document: InvoiceDocument) -> datetime:
    return datetime.combine(document.issued_date or document.period_ends_date, time())
