"""An invoice's lines as CSV: one row per CDR, for spreadsheets and programs alike."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC
from decimal import Decimal

from billing.documents.document import InvoiceDocument, Line
from roaming.kernel.money import round_money

HEADER = (
    "position",
    "cdr_id",
    "session_id",
    "ended_at",
    "ended_local",
    "evse_id",
    "contract_id",
    "energy_kwh",
    "amount",
    "currency",
    "document",
    "agreement",
    "cpo",
    "emsp",
)
# Spreadsheets run a text that begins so as a formula; tab and return may hide one.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv_rows(document: InvoiceDocument) -> Iterator[tuple[str, ...]]:
    """The header, then one row per line. Times as ISO 8601, numbers plain: no grouping, no exponent, a full stop."""
    yield HEADER
    for line in document.lines:
        yield _row(document, line)


def csv_bytes(document: InvoiceDocument) -> bytes:
    """`csv_rows` as UTF-8, comma-separated, with CRLF (RFC 4180)."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(csv_rows(document))
    return text.getvalue().encode()


def harmless(text: str) -> str:
    """A text no spreadsheet takes for a formula: `=1+1` gets an apostrophe in front. Numbers do not come here."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def plain(number: Decimal) -> str:
    """A number without exponent and idle zeros: 12.30000000 → 12.3."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _row(document: InvoiceDocument, line: Line) -> tuple[str, ...]:
    return (
        str(line.position),
        harmless(line.cdr_id),
        harmless(line.session_id),
        f"{line.ended_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        f"{document.local(line.ended_at).isoformat(timespec='seconds')}",
        harmless(line.evse_id),
        harmless(line.contract_id),
        plain(line.energy_kwh),
        f"{round_money(line.amount, document.currency):f}",
        document.currency,
        harmless(document.name),
        harmless(document.agreement),
        document.cpo,
        document.emsp,
    )
