"""A document as PDF/A-3, typeset by Typst from `templates/documents/invoice.typ`. Same document, same bytes."""

import json
import logging
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import typst

from billing.documents.document import Company, InvoiceDocument, Line

_FOLDER = Path(__file__).resolve().parents[2] / "templates" / "documents"
logger = logging.getLogger(__name__)
_LONGEST_ID = 22
MINUS = "\N{MINUS SIGN}"


def pdf(document: InvoiceDocument) -> bytes:
    """The printed document: parties, sums, VAT note and payment, then every CDR. Data is text, never markup.

    A name in a script that our fonts do not have cannot be archived as PDF/A; such a document is an ordinary PDF.
    """
    try:
        return _typeset(document, "a-3b")
    except typst.TypstError as error:
        logger.warning("%s is no PDF/A: %s", document.name, error)
        return _typeset(document, None)


def _typeset(document: InvoiceDocument, standard: Literal["a-3b"] | None) -> bytes:
    made = datetime.combine(document.issued_date or document.period_ends_date, time(), tzinfo=UTC)
    rendered = typst.compile(
        str(_FOLDER / "invoice.typ"),
        root=str(_FOLDER),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"document": json.dumps(_data(document))},
        pdf_standards=standard,
        timestamp=int(made.timestamp()),
    )
    assert isinstance(rendered, bytes)
    return rendered


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(_FOLDER / "fonts")])


def _data(document: InvoiceDocument) -> dict[str, Any]:
    """Everything as the text that is printed; the template only places it."""
    digits = document.digits
    return {
        "title": f"Draft: {document.title.lower()}" if document.draft else document.title,
        "name": document.name,
        "number": document.number or "none",
        "draft": document.draft,
        "expected": document.expected,
        "seller": _company(document.seller),
        "buyer": _company(document.buyer),
        "expectation": _expectation(document),
        "iban": document.seller.iban,
        "facts": _facts(document),
        "currency": document.currency,
        "summary": f"Charging electric vehicles, {len(document.lines):,} CDRs, {_energy(document.energy_kwh)} kWh",
        "net": _amount(document.net, digits),
        "vat": f"VAT {_short(document.vat_rate)} %" + (f", {document.vat_note}" if document.vat_note else ""),
        "vat_note": document.vat_note,
        "vat_amount": _amount(document.vat_amount, digits),
        "gross": _amount(document.gross, digits),
        "due": _day(document.due_date),
        "payment_days": document.payment_days,
        "energy": _energy(document.energy_kwh),
        "zone": document.time_zone,
        "lines": [_line(line, ZoneInfo(document.time_zone), digits) for line in document.lines],
    }


def _expectation(document: InvoiceDocument) -> str:
    return f"This is not an invoice: it states what {document.buyer.name} expects {document.seller.name} to invoice."


def _facts(document: InvoiceDocument) -> list[tuple[str, str]]:
    facts = [
        ("Number", document.number),
        ("Date", _day(document.issued_date)),
        ("Supply period", _period(document)),
        ("Due", _day(document.due_date)),
        ("Agreement", document.agreement),
        ("From, to", f"{document.cpo}, {document.emsp}"),
    ]
    return [(name, value) for name, value in facts if value]


def _company(company: Company) -> list[str]:
    place = f"{company.postal_code} {company.city}".strip()
    ids = [f"VAT {company.vat_id}" if company.vat_id else "", company.registration_number]
    return [text for text in [company.name, company.street, place, company.country, *ids, company.email] if text]


def _line(line: Line, zone: ZoneInfo, digits: int) -> list[str]:
    return [
        str(line.position),
        f"{line.ended_at.astimezone(zone):%Y-%m-%d %H:%M}",
        *(_breakable(text) for text in (line.cdr_id, line.evse_id, line.contract_id)),
        _energy(line.energy_kwh),
        _amount(line.amount, digits),
    ]


def _breakable(text: str) -> str:
    """A long id may wrap anywhere in its column, instead of running into the next; short ones stay whole for
    copying."""
    return "\N{ZERO WIDTH SPACE}".join(text) if len(text) > _LONGEST_ID else text


def _amount(value: Decimal, digits: int) -> str:
    return f"{MINUS if value < 0 else ''}{abs(value):,.{digits}f}"


def _energy(value: Decimal) -> str:
    return f"{value:,.3f}"


def _short(value: Decimal) -> str:
    return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"


def _day(value: date | None) -> str:
    return f"{value.day} {value:%B %Y}" if value else ""


def _period(document: InvoiceDocument) -> str:
    return f"{document.period_starts_date:%B %Y}"
