"""`manage.py settle`: close a month with one partner or with all."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.invoices import services as invoices
from billing.invoices.models import Invoice, InvoiceState
from billing.rating import services as rating
from billing.settlement import selectors, services
from billing.settlement.models import SettlementRun
from billing.settlement.periods import BadPeriod, Period
from partners.agreements.models import Agreement
from roaming.kernel import clock
from roaming.kernel.money import round_money


class Command(BaseCommand):
    help = (
        "Settle one calendar month. For each agreement its accepted CDRs become the lines of one draft invoice (where "
        "we are the CPO) or of one expected-invoice statement (where we are the eMSP). Each CDR settles once; running "
        "the command again changes nothing. CDRs that wait to be checked are checked first; held ones are left out; "
        "those that come late enter the next month's run."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--period", required=True, metavar="YYYY-MM", help="the month to settle; it must be over")
        parser.add_argument("--agreement", metavar="REF", help="only this agreement, like AGR-0001 (default: all)")
        parser.add_argument("--issue", action="store_true", help="issue the drafts at once: numbered and frozen")
        parser.add_argument("--json", action="store_true", help="print the result as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            runs = self._settle(Period.parse(options["period"]), options["agreement"])
        except (BadPeriod, services.CannotSettle) as error:
            raise CommandError(str(error)) from error
        refused = self._issue(runs) if options["issue"] else []
        told = [self._told(run) for run in runs]
        self.stdout.write(json.dumps({"period": options["period"], "runs": told}) if options["json"] else _table(told))
        if refused:
            raise CommandError("\n".join(refused))

    def _settle(self, period: Period, reference: str | None) -> list[SettlementRun]:
        at = clock.now()
        while rating.judge_due(at=at):  # the worker may not have come to those that were imported just now
            pass
        if reference is None:
            return services.settle_all(period=period, by=None, at=at)
        return [services.settle(agreement=_agreement(reference), period=period, by=None, at=at)]

    def _issue(self, runs: list[SettlementRun]) -> list[str]:
        """The drafts of the runs; why some could not be issued."""
        refused = []
        for invoice in Invoice.objects.filter(run__in=runs, state=InvoiceState.DRAFT).order_by("pk"):
            try:
                invoices.issue(invoice=invoice, by=None, at=clock.now())
            except invoices.CannotIssue as error:
                refused.append(str(error))
        return refused

    def _told(self, run: SettlementRun) -> dict[str, Any]:
        invoice = Invoice.objects.filter(run=run).first()
        period = Period(run.period_starts_date.year, run.period_starts_date.month)
        return {
            "agreement": run.agreement.reference,
            "period": str(period),
            "cdrs": run.cdr_count,
            "left_out": selectors.left_out(run.agreement, period).count(),
            "invoice": invoice and _document(invoice),
        }


def _agreement(reference: str) -> Agreement:
    found = Agreement.objects.filter(reference__iexact=reference.strip()).first()
    if found is None:
        known = ", ".join(Agreement.objects.order_by("reference").values_list("reference", flat=True))
        raise CommandError(f"There is no agreement “{reference}”. Known: {known or 'none, add_agreement makes one'}.")
    return found


def _document(invoice: Invoice) -> dict[str, Any]:
    return {
        "id": invoice.pk,
        "kind": invoice.kind,
        "state": invoice.state,
        "number": invoice.number,
        "net": str(round_money(invoice.net, invoice.currency)),
        "vat": str(round_money(invoice.vat_amount, invoice.currency)),
        "gross": str(round_money(invoice.gross, invoice.currency)),
        "currency": invoice.currency,
    }


def _table(told: list[dict[str, Any]]) -> str:
    if not told:
        return "No agreement was in force in this month: nothing to settle."
    return "\n".join(_line(run) for run in told)


def _line(run: dict[str, Any]) -> str:
    document = run["invoice"]
    if document is None:
        what = "no CDRs to settle, no document"
    else:
        name = document["number"] or f"{document['kind']} ({document['state']})"
        cdrs = "1 CDR" if run["cdrs"] == 1 else f"{run['cdrs']} CDRs"
        what = f"{cdrs}, {document['net']} {document['currency']} before tax: {name}"
    left = f"; {run['left_out']} left out (held, rejected or not judged)" if run["left_out"] else ""
    return f"{run['agreement']} {run['period']}: {what}{left}."
