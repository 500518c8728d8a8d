"""Settling: the accepted CDRs of one agreement and month become one draft document, each CDR exactly once."""

from datetime import datetime

from django.db import transaction

from billing.invoices import drafts
from billing.settlement import selectors
from billing.settlement.models import SettlementRun
from billing.settlement.periods import Period
from partners.agreements.models import Agreement, AgreementState
from partners.people.models import User
from roaming.cdrs import services as cdrs
from roaming.cdrs.models import Cdr, CdrState


class CannotSettle(Exception):
    """The period cannot be settled for this agreement; the text says why. Nothing was written."""


@transaction.atomic
def settle(*, agreement: Agreement, period: Period, by: User | None, at: datetime) -> SettlementRun:
    """Close `period` for `agreement`: one run, a draft invoice with a line per CDR (none without CDRs), CDRs settled.

    The month is half-open in the agreement's time zone and decided by when a CDR ended; accepted CDRs of earlier months
    that no run took are taken now. Called again it returns the same run. Raises CannotSettle.
    """
    locked = _locked(agreement)
    if made := selectors.run_of(locked, period):
        return made
    _check(locked, period, at)
    due = selectors.due(locked, period.ends_at(locked.time_zone)).defer("body", "raw")
    found = list(due.select_for_update(of=("self",)))
    run = SettlementRun.objects.create(
        agreement=locked,
        period_starts_date=period.starts_date,
        period_ends_date=period.ends_date,
        cdr_count=len(found),
        run_at=at,
        run_by=by,
    )
    if found:
        drafts.draft(run=run, cdrs=found, at=at)
        _move(found, run, at)
    return run


def settle_all(*, period: Period, by: User | None, at: datetime) -> list[SettlementRun]:
    """Settle `period` for every agreement it concerns, each in a transaction of its own.

    Raises CannotSettle before anything is written when the period is not over for one of them.
    """
    concerned = selectors.concerned(period)
    for agreement in concerned:
        _check(agreement, period, at)
    return [settle(agreement=agreement, period=period, by=by, at=at) for agreement in concerned]


def _locked(agreement: Agreement) -> Agreement:
    # NO KEY: rows that refer to the agreement may still be written meanwhile; a second settlement waits.
    return (
        Agreement.objects.select_for_update(of=("self",), no_key=True)
        .select_related("cpo__connection__partner", "emsp__connection__partner")
        .get(pk=agreement.pk)
    )


def _check(agreement: Agreement, period: Period, at: datetime) -> None:
    ends_at = period.ends_at(agreement.time_zone)
    try:
        drafts.rule_of(agreement)
    except ValueError as error:
        raise CannotSettle(f"{agreement} rounds in a way that is not known: {error}.") from error
    if agreement.state == AgreementState.DRAFT:
        raise CannotSettle(f"{agreement} is a draft; only an agreement that is or was in force is settled.")
    if agreement.starts_date >= period.ends_date:
        raise CannotSettle(f"{agreement} starts on {agreement.starts_date}, after {period}.")
    if at < ends_at:
        raise CannotSettle(
            f"{period} is not over yet for {agreement}: it ends at {ends_at:%Y-%m-%d %H:%M} UTC, "
            f"midnight in {agreement.time_zone}."
        )


def _move(found: list[Cdr], run: SettlementRun, at: datetime) -> None:
    moved = cdrs.move_all(cdr_ids=[cdr.pk for cdr in found], to=CdrState.SETTLED, reason=f"Settled in {run}", at=at)
    if moved != len(found):
        raise CannotSettle(f"Only {moved} of {len(found)} CDRs of {run.agreement} could be settled; settle it again.")
