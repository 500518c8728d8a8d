"""An invoice as a workbook: its lines with real numbers and dates, and a sheet of totals."""

import io
from datetime import datetime, time
from decimal import Decimal
from typing import Any

import xlsxwriter

from billing.documents.document import InvoiceDocument, Line
from roaming.kernel.money import minor_units

_COLUMNS = (
    ("No.", 6),
    ("CDR", 30),
    ("Session", 30),
    ("Ended", 18),
    ("EVSE", 22),
    ("Contract", 22),
    ("Energy, kWh", 13),
    ("Amount", 14),
)
_ENERGY, _AMOUNT = 6, 7


def xlsx(document: InvoiceDocument) -> bytes:
    """The workbook, the same bytes for the same document. Times are local to the document's zone, which the head names.

    A cell holds a binary double, so amounts are exact to 15 digits.
    """
    target = io.BytesIO()
    options = {"constant_memory": True, "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(target, options)
    book.set_properties({"title": document.name, "created": datetime.combine(document.dated, time())})
    formats = _formats(book, document)
    _write_lines(book.add_worksheet("CDRs"), document, formats)
    _write_summary(book.add_worksheet("Document"), document, formats)
    book.close()
    return target.getvalue()
