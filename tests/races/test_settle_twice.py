"""Two people close the same month at the same moment: one run, every CDR on it once. Or a dispute comes in between."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing.disputes import services as disputes
from billing.invoices.models import Invoice, InvoiceLine
from billing.settlement import services
from billing.settlement.models import SettlementRun
from billing.settlement.periods import Period
from partners.agreements.models import Agreement
from roaming.cdrs.models import Cdr, CdrState
from tests import cast
from tests.billing import records
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

AT = datetime(2026, 12, 3, 2, 10, tzinfo=UTC)
CDRS = 30


@pytest.fixture
def agreement() -> Agreement:
    cast.volta()
    cast.nomad()
    agreement = cast.agreement("NL*VLT", "DE*NMD")
    for number in range(CDRS):
        records.accepted(f"CDR{number}", agreement=agreement, ended=records.ENDED + timedelta(minutes=number))
    return agreement


def settle(agreement: Agreement, month: int) -> Callable[[], Any]:
    return lambda: services.settle(agreement=agreement, period=Period(2026, month), by=None, at=AT)


def test_the_same_month_settled_twice_at_once_is_one_run(agreement: Agreement) -> None:
    runs = at_once(*[settle(agreement, 10)] * 4)
    assert {run.pk for run in runs} == {SettlementRun.objects.get().pk}
    assert InvoiceLine.objects.count() == CDRS
    assert Invoice.objects.get().net == Decimal("8.50") * CDRS
    assert Cdr.objects.filter(state=CdrState.SETTLED).count() == CDRS


def test_two_months_settled_at_once_share_no_cdr(agreement: Agreement) -> None:
    runs = at_once(settle(agreement, 10), settle(agreement, 11))
    assert sorted(run.cdr_count for run in runs) == [0, CDRS]
    assert InvoiceLine.objects.count() == CDRS


def test_a_dispute_and_a_settlement_at_once_never_both_have_the_cdr(agreement: Agreement) -> None:
    cdr = Cdr.objects.order_by("ended_at")[CDRS // 2]

    def contest() -> Any:
        return disputes.open_dispute(cdr=cdr, reason="price", amount=Decimal(1), message="Too dear", by=None, at=AT)

    run, dispute = at_once(settle(agreement, 10), contest)
    cdr.refresh_from_db()
    if isinstance(dispute, disputes.CannotDispute):
        assert (cdr.state, run.cdr_count) == (CdrState.SETTLED, CDRS)
    else:
        assert (cdr.state, run.cdr_count) == (CdrState.HELD, CDRS - 1)
    assert InvoiceLine.objects.filter(cdr=cdr).exists() is (cdr.state == CdrState.SETTLED)
