"""From the rows of an invoice to the plain document that becomes PDF, CSV and XLSX."""

from billing.documents.document import Company, InvoiceDocument, Line
from billing.invoices import selectors
from billing.invoices.models import Invoice, InvoiceKind, InvoiceLine, InvoiceState
from partners.partners.models import Partner


def document(invoice: Invoice) -> InvoiceDocument:
    """What the invoice says: an issued one with the names of then, a draft with those of now."""
    companies = invoice.companies or companies_now(invoice)
    return InvoiceDocument(
        expected=invoice.kind == InvoiceKind.EXPECTED,
        draft=invoice.state == InvoiceState.DRAFT,
        name=name(invoice),
        number=invoice.number or "",
        issued_date=invoice.issued_date,
        due_date=invoice.due_date,
        period_starts_date=invoice.period_starts_date,
        period_ends_date=invoice.period_ends_date,
        time_zone=invoice.agreement.time_zone,
        seller=Company(**companies["seller"]),
        buyer=Company(**companies["buyer"]),
        currency=invoice.currency,
        agreement=invoice.agreement.reference,
        cpo=invoice.agreement.cpo.code,
        emsp=invoice.agreement.emsp.code,
        lines=tuple(map(_line, selectors.lines(invoice))),
        net=invoice.net,
        vat_rate=invoice.vat_rate,
        vat_amount=invoice.vat_amount,
        gross=invoice.gross,
        vat_note=invoice.vat_note,
        payment_days=invoice.agreement.payment_days,
        energy_kwh=invoice.energy_kwh,
    )


def name(invoice: Invoice) -> str:
    """What the files are called, without ending: `INV-2026-00001`, `expected-AGR-0001-2026-10`, `draft-…`."""
    kind = "draft" if invoice.state == InvoiceState.DRAFT else "expected"
    return invoice.number or f"{kind}-{invoice.agreement.reference}-{invoice.period_starts_date:%Y-%m}"


def companies_now(invoice: Invoice) -> dict[str, dict[str, str]]:
    """Both sides as they are now: names, addresses, ids, bank account, mail; empty text where unknown."""
    return {"seller": _company(invoice.seller), "buyer": _company(invoice.buyer)}


def _company(partner: Partner) -> dict[str, str]:
    return {
        "name": partner.legal_name or partner.name,
        "street": partner.street,
        "postal_code": partner.postal_code,
        "city": partner.city,
        "country": partner.country,
        "vat_id": partner.vat_id,
        "registration_number": partner.registration_number,
        "iban": partner.iban,
        "email": partner.finance_email,
    }


def _line(line: InvoiceLine) -> Line:
    cdr = line.cdr
    return Line(
        position=line.position,
        cdr_id=cdr.ocpi_id,
        session_id=cdr.session_id,
        ended_at=cdr.ended_at,
        evse_id=cdr.evse_id,
        contract_id=cdr.contract_id,
        energy_kwh=cdr.energy_kwh,
        amount=line.amount,
    )
