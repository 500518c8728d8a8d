"""The files of a document: the same sums in all of them, and nothing in the data that can do harm."""

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pypdf
import pytest

from billing.documents import pdf, tables
from billing.documents.document import Company, InvoiceDocument, Line

VOLTA = Company(
    "Volta B.V.", "Zuidplein 36", "1077 XV", "Amsterdam", "NL", "NL123456789B01", "KVK 12345678", "NL91ABNA0417164300"
)
NOMAD = Company("Nomad Mobility GmbH", "Torstraße 1", "10119", "Berlin", "DE", "DE123456789")


def line(position: int, amount: str = "18.58", **further: Any) -> Line:
    values: dict[str, Any] = {
        "cdr_id": f"VLT-{position}",
        "session_id": f"S-{position}",
        "ended_at": datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # 02:30 summer time, the night the clocks go back
        "evse_id": "NL*VLT*E1*1",
        "contract_id": "DE8NMD0012331",
        "energy_kwh": Decimal("31.284"),
        "amount": Decimal(amount),
    }
    return Line(position=position, **{**values, **further})


def document(*lines: Line, **further: Any) -> InvoiceDocument:
    net = sum((one.amount for one in lines), Decimal(0))
    values: dict[str, Any] = {
        "expected": False,
        "draft": False,
        "name": "INV-2026-00001",
        "number": "INV-2026-00001",
        "issued_date": date(2026, 11, 3),
        "due_date": date(2026, 12, 3),
        "period_starts_date": date(2026, 10, 1),
        "period_ends_date": date(2026, 11, 1),
        "time_zone": "Europe/Amsterdam",
        "seller": VOLTA,
        "buyer": NOMAD,
        "currency": "EUR",
        "agreement": "AGR-0001",
        "cpo": "NL*VLT",
        "emsp": "DE*NMD",
        "lines": lines,
        "net": net,
        "vat_rate": Decimal("0.00"),
        "vat_amount": Decimal("0.00"),
        "gross": net,
        "vat_note": "Reverse charge",
        "payment_days": 30,
        "energy_kwh": sum((one.energy_kwh for one in lines), Decimal(0)),
    }
    return InvoiceDocument(**{**values, **further})


def text_of(content: bytes) -> str:
    """The words of a PDF, however its lines were broken."""
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages).split())


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode())))


def sheet_of(content: bytes) -> list[tuple[Any, ...]]:
    return list(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True))


def test_the_same_sum_stands_in_all_three() -> None:
    made = document(line(1, "18.58"), line(2, "1004.30"))
    words = text_of(pdf.pdf(made))
    assert "INV-2026-00001" in words and "1,022.88 EUR" in words and "62.568" in words
    assert sum(Decimal(row[7]) for row in rows_of(tables.csv_bytes(made))[1:]) == made.net
    sheet = sheet_of(tables.xlsx(made))
    assert [row[7] for row in sheet] == ["amount", 18.58, 1004.3, 1022.88]


def test_a_pdf_names_both_companies_the_period_and_the_note() -> None:
    words = text_of(pdf.pdf(document(line(1))))
    for expected in ("Volta B.V.", "Nomad Mobility GmbH", "Torstraße 1", "VAT DE123456789", "October 2026"):
        assert expected in words
    assert "Reverse charge" in words and "3 December 2026" in words and "NL91ABNA0417164300" in words


@pytest.mark.parametrize("write", [pdf.pdf, tables.csv_bytes, tables.xlsx])
def test_the_same_document_gives_the_same_bytes(write: Any) -> None:
    assert write(document(line(1), line(2))) == write(document(line(1), line(2)))


def test_a_pdf_is_archivable_and_has_a_page_count() -> None:
    reader = pypdf.PdfReader(io.BytesIO(pdf.pdf(document(*(line(number) for number in range(1, 121))))))
    assert "pdfaid:part" in str(reader.trailer["/Root"]["/Metadata"].get_data())  # type: ignore[index]
    assert "Page 2 of 3" in reader.pages[1].extract_text()


@pytest.mark.parametrize(
    "name", ["#import evil", "$x^2$", "back\\slash", "*bold* _it_", "”quoted“ <b>", "Ладa 充電", ""]
)
def test_a_name_is_printed_as_text_whatever_it_holds(name: str) -> None:
    made = document(line(1), seller=replace(VOLTA, name=name))
    assert pdf.pdf(made).startswith(b"%PDF")
    if name.isascii():
        assert name in text_of(pdf.pdf(made))


def test_nothing_breaks_without_lines_or_with_very_long_ids() -> None:
    assert "0.00 EUR" in text_of(pdf.pdf(document()))
    assert rows_of(tables.csv_bytes(document())) == [tables.COLUMNS]
    long = document(line(1, cdr_id="X" * 39, evse_id="E" * 48, contract_id="C" * 36))
    assert pdf.pdf(long).startswith(b"%PDF") and sheet_of(tables.xlsx(long))[1][1] == "X" * 39


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_text_that_looks_like_a_formula_is_harmless(start: str) -> None:
    made = document(line(1, "-5.00", contract_id=f"{start}1+1"))
    row = rows_of(tables.csv_bytes(made))[1]
    assert row[5] == f"'{start}1+1"
    assert row[7] == "-5.00"
    book = openpyxl.load_workbook(io.BytesIO(tables.xlsx(made)))
    assert book.active.cell(2, 6).data_type == "s"


def test_a_draft_and_a_statement_say_what_they_are() -> None:
    made = document(line(1), draft=True, expected=True, number="", name="expected", issued_date=None, due_date=None)
    words = text_of(pdf.pdf(made))
    assert "DRAFT" in words and "This is not an invoice" in words and "Please pay" not in words


def test_times_are_utc_in_tables_and_local_on_paper() -> None:
    made = document(line(1))
    assert rows_of(tables.csv_bytes(made))[1][3] == "2026-10-25T00:30:00Z"
    assert str(sheet_of(tables.xlsx(made))[1][3]) == "2026-10-25 00:30:00"
    assert "2026-10-25 02:30" in text_of(pdf.pdf(made))


def test_yen_have_no_decimals() -> None:
    made = document(line(1, "4200"), currency="JPY")
    assert "4,200 JPY" in text_of(pdf.pdf(made))
    assert rows_of(tables.csv_bytes(made))[1][7] == "4200"
