"""Contesting a CDR: opened, talked about, decided. While a dispute is open its CDR stays out of settlement."""

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction

from billing.disputes import selectors
from billing.disputes.models import MOVES, Dispute, DisputeMessage, DisputeState, Reason
from partners.agreements.models import Agreement
from partners.people.models import User
from roaming.cdrs import services as cdrs
from roaming.cdrs.models import Cdr, CdrState
from roaming.kernel import locks, states
from roaming.kernel.money import round_money


class CannotDispute(Exception):
    """The CDR cannot be contested (so); the text says why. Nothing was written."""


class CannotAnswer(Exception):
    """The dispute cannot be answered or decided (so); the text says why. Nothing was written."""


@transaction.atomic
def open_dispute(
    *,
    cdr: Cdr,
    reason: str,
    amount: Decimal,
    message: str,
    by: User | None,
    at: datetime,
    due_at: datetime | None = None,
) -> Dispute:
    """Contest `amount` (in the CDR's currency, before tax) of an accepted or held CDR, which is held from now on.

    The answer is due at `due_at`, or after the agreement's days for disputes. Raises CannotDispute.
    """
    locked = _locked_cdr(cdr)
    agreement = check_claim(cdr=locked, reason=reason, amount=amount, message=message)
    due_at = due_at or at + timedelta(days=agreement.dispute_days)
    if due_at <= at:
        raise CannotDispute("The answer must be due later than now.")
    dispute = Dispute.objects.create(
        reference=_next_reference(at, agreement),
        cdr=locked,
        reason=reason,
        amount=round_money(amount, locked.currency),
        currency=locked.currency,
        due_at=due_at,
        opened_at=at,
        opened_by=by,
    )
    DisputeMessage.objects.create(dispute=dispute, author=by, text=message.strip(), at=at)
    if locked.state == CdrState.ACCEPTED:
        cdrs.move(cdr=locked, to=CdrState.HELD, reason=f"Contested in {dispute}: {dispute.get_reason_display()}", at=at)
    return dispute


def check_claim(*, cdr: Cdr, reason: str, amount: Decimal, message: str) -> Agreement:
    """The agreement under which this claim may be raised now. Raises CannotDispute; forms ask it before the service."""
    agreement = _disputable(cdr)
    contested, most = round_money(amount, cdr.currency), round_money(abs(cdr.total_cost), cdr.currency)
    if not 0 < contested <= most:
        raise CannotDispute(f"The amount contested must be more than 0 and at most {most} {cdr.currency}.")
    if reason not in Reason.values:
        raise CannotDispute(f"“{reason}” is not a reason; take one of {', '.join(Reason.values)}.")
    if not message.strip():
        raise CannotDispute("Say in a sentence what is wrong; the other side reads it.")
    return agreement


@transaction.atomic
def reply(*, dispute: Dispute, text: str, by: User | None, at: datetime) -> DisputeMessage:
    """Add a message to an open dispute. Raises CannotAnswer."""
    return _say(_locked(dispute), text, by, at)


def accept(*, dispute: Dispute, text: str, by: User | None, at: datetime) -> Dispute:
    """The claim is right: the CDR is rejected and its owner must credit it. Raises CannotAnswer."""
    return _decide(dispute, DisputeState.ACCEPTED, CdrState.REJECTED, text, by, at)


def reject(*, dispute: Dispute, text: str, by: User | None, at: datetime) -> Dispute:
    """The claim is wrong: the CDR is accepted as billed and settles. Raises CannotAnswer."""
    return _decide(dispute, DisputeState.REJECTED, CdrState.ACCEPTED, text, by, at)


def withdraw(*, dispute: Dispute, text: str, by: User | None, at: datetime) -> Dispute:
    """The claim is given up: the CDR is accepted as billed and settles. Raises CannotAnswer."""
    return _decide(dispute, DisputeState.WITHDRAWN, CdrState.ACCEPTED, text, by, at)


@transaction.atomic
def _decide(dispute: Dispute, to: DisputeState, cdr_to: CdrState, text: str, by: User | None, at: datetime) -> Dispute:
    cdr = _locked_cdr(Cdr(pk=dispute.cdr_id))  # the CDR first, as in open_dispute: one order of locks, no deadlock
    locked = _locked(dispute)
    _say(locked, text, by, at)
    states.move(locked, to=to, moves=MOVES, closed_at=at, closed_by=by)
    cdrs.move(cdr=cdr, to=cdr_to, reason=f"{locked} {to.label.lower()}: {text.strip()}", at=at)
    return locked


def _locked(dispute: Dispute) -> Dispute:
    return Dispute.objects.select_for_update().get(pk=dispute.pk)


def _locked_cdr(cdr: Cdr) -> Cdr:
    related = ("agreement", "party__connection__partner", "emsp")
    return Cdr.objects.select_for_update(of=("self",)).select_related(*related).get(pk=cdr.pk)


def _say(dispute: Dispute, text: str, by: User | None, at: datetime) -> DisputeMessage:
    if dispute.state != DisputeState.OPEN:
        raise CannotAnswer(f"{dispute} is {dispute.get_state_display().lower()}; nothing can be added to it.")
    if not text.strip():
        raise CannotAnswer("Write a sentence: the other side and the trail need the why.")
    return DisputeMessage.objects.create(dispute=dispute, author=by, text=text.strip(), at=at)


def _disputable(cdr: Cdr) -> Agreement:
    if cdr.state == CdrState.SETTLED:
        raise CannotDispute(f"CDR {cdr} is settled; it can only be corrected by a credit CDR of its owner.")
    if cdr.state not in {CdrState.ACCEPTED, CdrState.HELD}:
        raise CannotDispute(f"CDR {cdr} is {cdr.get_state_display().lower()}; contest an accepted or held one.")
    if contested := selectors.open_on(cdr):
        raise CannotDispute(f"CDR {cdr} is contested already, in {contested}.")
    if cdr.agreement is None or cdr.agreement.currency != cdr.currency:
        raise CannotDispute(f"CDR {cdr} is owed under no agreement in {cdr.currency}; reject it instead.")
    return cdr.agreement


def _next_reference(at: datetime, agreement: Agreement) -> str:
    locks.hold("dispute reference")
    prefix = f"D-{at.astimezone(ZoneInfo(agreement.time_zone)).year}-"
    return f"{prefix}{Dispute.objects.filter(reference__startswith=prefix).count() + 1:04d}"
