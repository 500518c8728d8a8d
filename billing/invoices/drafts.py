"""From the CDRs of a settlement run to a draft document: who owes whom, the lines, the sums."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from billing.invoices.models import Invoice, InvoiceKind, InvoiceLine
from billing.pricing import RECOMMENDED, rounding
from billing.pricing.policy import Rounding
from billing.settlement.models import SettlementRun
from partners.agreements.models import Agreement
from roaming.cdrs.models import Cdr
from roaming.kernel.money import round_money

_LINES_A_STATEMENT = 2000


def draft(*, run: SettlementRun, cdrs: Sequence[Cdr], at: datetime) -> Invoice:
    """A draft with a line per CDR: its carried total before tax, rounded once, as the agreement says. Net is the sum of
    the lines. Raises ValueError where the agreement rounds in a way that is not known."""
    agreement = run.agreement
    amounts = rounding.on_invoice([cdr.total_cost for cdr in cdrs], agreement.currency, rule_of(agreement))
    net = sum(amounts, Decimal(0))
    vat_amount = round_money(net * agreement.vat_rate / 100, agreement.currency)
    invoice = Invoice.objects.create(
        kind=kind_for(agreement),
        run=run,
        agreement=agreement,
        seller=agreement.cpo.connection.partner,
        buyer=agreement.emsp.connection.partner,
        period_starts_date=run.period_starts_date,
        period_ends_date=run.period_ends_date,
        currency=agreement.currency,
        net=net,
        vat_rate=agreement.vat_rate,
        vat_amount=vat_amount,
        gross=net + vat_amount,
        vat_note=agreement.vat_note,
        energy_kwh=sum((cdr.energy_kwh for cdr in cdrs), Decimal(0)),
        created_at=at,
    )
    _add_lines(invoice, cdrs, amounts)
    return invoice


def rule_of(agreement: Agreement) -> Rounding:
    """How its amounts become those of its currency. Raises ValueError for a way that is not known."""
    return Rounding(agreement.readings.get("rounding", RECOMMENDED.rounding))


def kind_for(agreement: Agreement) -> InvoiceKind:
    """We issue where the CPO is ours and the buyer another company; elsewhere we expect, or witness, an invoice."""
    seller, buyer = agreement.cpo.connection, agreement.emsp.connection
    return InvoiceKind.INVOICE if seller.own and seller.partner_id != buyer.partner_id else InvoiceKind.EXPECTED


def _add_lines(invoice: Invoice, cdrs: Sequence[Cdr], amounts: Sequence[Decimal]) -> None:
    InvoiceLine.objects.bulk_create(
        (
            InvoiceLine(invoice=invoice, cdr=cdr, position=position, amount=amount, currency=invoice.currency)
            for position, (cdr, amount) in enumerate(zip(cdrs, amounts, strict=True), start=1)
        ),
        batch_size=_LINES_A_STATEMENT,
    )
