"""The files of an invoice: kept byte for byte once it is issued, made on the spot while it is a draft."""

from collections.abc import Callable

from django.http import HttpResponse

from billing.documents.document import InvoiceDocument
from billing.documents.pdf import pdf
from billing.documents.tables import csv_bytes, xlsx
from billing.invoices.document import document, name
from billing.invoices.models import Format, Invoice, InvoiceFile

WRITERS: dict[str, Callable[[InvoiceDocument], bytes]] = {Format.PDF: pdf, Format.CSV: csv_bytes, Format.XLSX: xlsx}
CONTENT_TYPES: dict[str, str] = {
    Format.PDF: "application/pdf",
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def render(invoice: Invoice, format: str) -> bytes:
    """The document as it is now, in one format (`pdf`, `csv`, `xlsx`)."""
    return WRITERS[format](document(invoice))


def render_all(invoice: Invoice) -> dict[str, bytes]:
    """The document in every format."""
    said = document(invoice)
    return {format: write(said) for format, write in WRITERS.items()}


def content(invoice: Invoice, format: str) -> bytes:
    """The kept file of an issued document, else a draft's."""
    kept = InvoiceFile.objects.filter(invoice=invoice, format=format).first()
    return bytes(kept.content) if kept else render(invoice, format)


def response(invoice: Invoice, format: str) -> HttpResponse:
    """The file as a download, named like the document."""
    headers = {"Content-Disposition": f'attachment; filename="{name(invoice)}.{format}"'}
    return HttpResponse(content(invoice, format), content_type=CONTENT_TYPES[format], headers=headers)
