"""Disputes: opened on a CDR, which stays out of settlement; answered; decided, and what becomes of the CDR."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from billing.disputes import selectors, services
from billing.disputes.models import Dispute, DisputeMessage, DisputeState, Reason
from billing.rating import services as rating
from billing.settlement import services as settlement
from billing.settlement.periods import Period
from partners.agreements.models import Agreement
from partners.people.models import Role, User
from roaming.cdrs.models import Cdr, CdrState
from tests import cast
from tests.billing import records

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 3, 2, 10, tzinfo=UTC)


@pytest.fixture
def agreement() -> Agreement:
    cast.volta()
    cast.polder()
    return cast.agreement("NL*PLD", "NL*VGO", dispute_days=5)


@pytest.fixture
def ada() -> User:
    return cast.person("Ada", Role.FINANCE)


def contest(cdr: Cdr, **changed: Any) -> Dispute:
    claim: dict[str, Any] = {
        "reason": Reason.PRICE,
        "amount": Decimal("1.50"),
        "message": "Parking was billed within the grace period.",
        "by": None,
        "at": AT,
        **changed,
    }
    return services.open_dispute(cdr=cdr, **claim)


def state_of(cdr: Cdr) -> str:
    return Cdr.objects.get(pk=cdr.pk).state


def test_opening_holds_an_accepted_cdr_out_of_settlement(agreement: Agreement, ada: User) -> None:
    cdr = records.accepted(agreement=agreement)
    dispute = contest(cdr, by=ada)
    assert (dispute.reference, dispute.state, dispute.amount) == ("D-2026-0001", DisputeState.OPEN, Decimal("1.50"))
    assert dispute.due_at == AT + timedelta(days=5)
    now = Cdr.objects.get(pk=cdr.pk)
    assert (now.state, now.state_reason) == (
        CdrState.HELD,
        "Contested in D-2026-0001: Price differs from the tariff",
    )
    said = dispute.messages.get()
    assert (said.author, said.text) == (ada, "Parking was billed within the grace period.")
    run = settlement.settle(agreement=agreement, period=Period(2026, 10), by=None, at=AT)
    assert run.cdr_count == 0


def test_references_are_counted_within_the_local_year(agreement: Agreement) -> None:
    eve = datetime(2026, 12, 31, 22, 30, tzinfo=UTC)  # 23:30 in Amsterdam
    one = contest(records.accepted("A", agreement=agreement), at=eve)
    two = contest(records.accepted("B", agreement=agreement), at=eve)
    three = contest(records.accepted("C", agreement=agreement), at=eve + timedelta(hours=1))
    assert [str(d) for d in (one, two, three)] == ["D-2026-0001", "D-2026-0002", "D-2027-0001"]


def test_a_held_cdr_stays_held_with_its_reason(agreement: Agreement) -> None:
    cdr = records.held(agreement=agreement, reason="Too dear")
    contest(cdr)
    now = Cdr.objects.get(pk=cdr.pk)
    assert (now.state, now.state_reason) == (CdrState.HELD, "Too dear")


@pytest.mark.parametrize(
    ("move", "state", "cdr_state"),
    [
        (services.accept, DisputeState.ACCEPTED, CdrState.REJECTED),
        (services.reject, DisputeState.REJECTED, CdrState.ACCEPTED),
        (services.withdraw, DisputeState.WITHDRAWN, CdrState.ACCEPTED),
    ],
)
@pytest.mark.parametrize("before", [records.accepted, records.held])
def test_the_outcome_decides_the_cdr(
    agreement: Agreement, ada: User, before: Callable[..., Cdr], move: Any, state: str, cdr_state: str
) -> None:
    cdr = before(agreement=agreement)
    dispute = contest(cdr)
    closed = move(dispute=dispute, text="Agreed by phone.", by=ada, at=AT + timedelta(hours=3))
    assert (closed.state, closed.closed_at, closed.closed_by) == (state, AT + timedelta(hours=3), ada)
    assert state_of(cdr) == cdr_state
    assert closed.messages.last() is not None and closed.messages.last().text == "Agreed by phone."


def test_a_decided_dispute_lets_its_cdr_settle(agreement: Agreement) -> None:
    cdr = records.accepted(agreement=agreement)
    services.withdraw(dispute=contest(cdr), text="Our mistake.", by=None, at=AT)
    run = settlement.settle(agreement=agreement, period=Period(2026, 10), by=None, at=AT)
    assert (run.cdr_count, state_of(cdr)) == (1, CdrState.SETTLED)


def test_a_reply_leaves_it_open(agreement: Agreement, ada: User) -> None:
    dispute = contest(records.accepted(agreement=agreement))
    services.reply(dispute=dispute, text=" We look into it. ", by=ada, at=AT)
    assert [m.text for m in dispute.messages.all()][1:] == ["We look into it."]
    dispute.refresh_from_db()
    assert dispute.state == DisputeState.OPEN


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"amount": Decimal("0")}, "more than 0 and at most 8.50 EUR"),
        ({"amount": Decimal("8.51")}, "more than 0 and at most 8.50 EUR"),
        ({"amount": Decimal("-1")}, "more than 0"),
        ({"reason": "cheek"}, "“cheek” is not a reason"),
        ({"message": "  "}, "in a sentence"),
        ({"due_at": AT}, "later than now"),
    ],
)
def test_a_claim_that_makes_no_sense_is_refused(agreement: Agreement, changed: dict[str, Any], sentence: str) -> None:
    cdr = records.accepted(agreement=agreement)
    with pytest.raises(services.CannotDispute, match=sentence):
        contest(cdr, **changed)
    assert state_of(cdr) == CdrState.ACCEPTED
    assert not Dispute.objects.exists() and not DisputeMessage.objects.exists()


def test_a_cdr_is_contested_once_at_a_time(agreement: Agreement) -> None:
    cdr = records.accepted(agreement=agreement)
    first = contest(cdr)
    with pytest.raises(services.CannotDispute, match="contested already, in D-2026-0001"):
        contest(cdr)
    with pytest.raises(IntegrityError, match="billing_dispute_one_open_per_cdr"), transaction.atomic():
        Dispute.objects.create(
            reference="X", cdr=cdr, reason="other", amount=1, currency="EUR", due_at=AT, opened_at=AT
        )
    services.withdraw(dispute=first, text="Not clear enough.", by=None, at=AT)
    assert str(contest(cdr)) == "D-2026-0002"


def test_a_settled_cdr_is_not_contested(agreement: Agreement) -> None:
    cdr = records.accepted(agreement=agreement)
    settlement.settle(agreement=agreement, period=Period(2026, 10), by=None, at=AT)
    with pytest.raises(services.CannotDispute, match="is settled; it can only be corrected by a credit CDR"):
        contest(cdr)


def test_a_cdr_nobody_judged_is_not_contested(agreement: Agreement) -> None:
    with pytest.raises(services.CannotDispute, match="is received"):
        contest(records.received())


def test_without_an_agreement_there_is_nothing_to_contest(agreement: Agreement) -> None:
    with pytest.raises(services.CannotDispute, match="reject it instead"):
        contest(records.held(agreement=None))


def test_a_closed_dispute_takes_no_more_words(agreement: Agreement) -> None:
    cdr = records.accepted(agreement=agreement)
    dispute = services.accept(dispute=contest(cdr), text="You are right.", by=None, at=AT)
    for move in (services.reply, services.accept, services.reject, services.withdraw):
        with pytest.raises(services.CannotAnswer, match="is accepted; nothing can be added"):
            move(dispute=dispute, text="And another thing", by=None, at=AT)
    assert (dispute.messages.count(), state_of(cdr)) == (2, CdrState.REJECTED)


def test_a_decision_needs_words(agreement: Agreement) -> None:
    cdr = records.accepted(agreement=agreement)
    dispute = contest(cdr)
    with pytest.raises(services.CannotAnswer, match="Write a sentence"):
        services.accept(dispute=dispute, text=" ", by=None, at=AT)
    dispute.refresh_from_db()
    assert (dispute.state, state_of(cdr)) == (DisputeState.OPEN, CdrState.HELD)


def test_while_contested_nothing_else_decides_the_cdr(agreement: Agreement) -> None:
    cdr = records.held(agreement=agreement)
    contest(cdr)
    with pytest.raises(rating.CannotDecide, match="contested in D-2026-0001"):
        rating.accept_as_billed(cdr=cdr, reason="Fine", by=None, at=AT)
    with pytest.raises(rating.CannotDecide, match="contested in D-2026-0001"):
        rating.reject(cdr=cdr, reason="No", by=None, at=AT)
    rating.price_again(cdr=cdr, by=None, at=AT)
    assert state_of(cdr) == CdrState.HELD


def test_disputes_are_shown_to_those_who_see_money(agreement: Agreement, ada: User) -> None:
    dispute = contest(records.accepted(agreement=agreement))
    assert list(selectors.list_for(ada)) == [dispute]
    assert list(selectors.list_for(cast.person("Otto", Role.OPERATOR))) == []
    assert list(selectors.overdue(AT + timedelta(days=6))) == [dispute]
    assert list(selectors.overdue(AT + timedelta(days=5))) == []
