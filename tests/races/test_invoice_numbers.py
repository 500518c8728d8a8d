"""Many invoices issued at the same moment: numbers without a gap and without a double, also when some fail."""

from datetime import UTC, datetime
from typing import Any

import pytest

from billing.invoices import files, services
from billing.invoices.models import Invoice, InvoiceFile, InvoiceState, NumberSeries
from billing.settlement import services as settlement
from billing.settlement.periods import Period
from tests import cast
from tests.billing import records
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

AT = datetime(2026, 12, 3, 2, 10, tzinfo=UTC)
MONTHS = range(3, 11)


@pytest.fixture
def drafts() -> list[Invoice]:
    cast.volta()
    cast.nomad()
    agreement = cast.agreement("NL*VLT", "DE*NMD")
    for month in MONTHS:
        records.accepted(f"CDR{month}", agreement=agreement, ended=datetime(2026, month, 14, tzinfo=UTC))
        settlement.settle(agreement=agreement, period=Period(2026, month), by=None, at=AT)
    return list(Invoice.objects.order_by("id"))


def issue(invoice: Invoice) -> Invoice:
    return services.issue(invoice=invoice, by=None, at=AT)


def test_numbers_given_at_once_have_no_gap(drafts: list[Invoice]) -> None:
    at_once(*[lambda draft=draft: issue(draft) for draft in drafts])
    numbers = sorted(str(number) for number in Invoice.objects.values_list("number", flat=True))
    assert numbers == [f"INV-2026-{n:05d}" for n in range(1, len(drafts) + 1)]
    assert NumberSeries.objects.get().last == len(drafts)


def test_one_draft_issued_many_times_at_once_takes_one_number(drafts: list[Invoice]) -> None:
    results = at_once(*[lambda: issue(drafts[0])] * 6)
    assert sum(isinstance(result, Invoice) for result in results) == 1
    assert sum(isinstance(result, services.CannotIssue) for result in results) == 5
    assert NumberSeries.objects.get().last == 1
    assert InvoiceFile.objects.count() == 3


def test_a_failure_after_the_number_leaves_no_gap(drafts: list[Invoice], monkeypatch: pytest.MonkeyPatch) -> None:
    broken = drafts[3].pk
    render_all = files.render_all

    def fail_for_one(invoice: Invoice) -> Any:
        if invoice.pk == broken:
            raise OSError("no fonts today")
        return render_all(invoice)

    monkeypatch.setattr(files, "render_all", fail_for_one)
    results = at_once(*[lambda draft=draft: issue(draft) for draft in drafts])
    assert sum(isinstance(result, OSError) for result in results) == 1
    issued = Invoice.objects.filter(state=InvoiceState.ISSUED)
    assert list(issued.order_by("sequence").values_list("sequence", flat=True)) == list(range(1, len(drafts)))
    assert Invoice.objects.get(pk=broken).number is None
