"""Judging CDRs: checked, priced again, and accepted or held. What cannot be priced is held, never accepted."""

import logging
from datetime import datetime

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import QuerySet

from billing.checks import recording, rules
from billing.checks.found import Case, Found
from billing.disputes import selectors as disputes
from billing.rating import quotes
from billing.rating.models import Rating, Verdict
from partners.agreements import selectors as agreements
from partners.agreements.models import Agreement
from partners.people.models import User
from roaming.cdrs import services as cdrs
from roaming.cdrs.models import Cdr, CdrState

log = logging.getLogger(__name__)

BATCH = 50
# What is settled or rejected has its price.
PRICED_AGAIN = frozenset({CdrState.RECEIVED, CdrState.HELD, CdrState.ACCEPTED})
# Not the fault of a CDR: the whole batch is tried again later.
DATABASE_TROUBLE = (OperationalError, InterfaceError)


class CannotDecide(Exception):
    """The decision does not fit the CDR as it is now; the text says why. Nothing was written."""


@transaction.atomic
def judge(*, cdr_id: int, at: datetime) -> Cdr:
    """Check and price a received CDR and move it to accepted or held. One that is judged already is left alone."""
    cdr = locked(cdr_id)
    if cdr.state == CdrState.RECEIVED:
        _judge(cdr, at)
    return cdr


def judge_due(*, at: datetime, limit: int = 2000) -> int:
    """Judge up to `limit` received CDRs, oldest first, in batches; how many. Several workers share the work.

    A CDR that cannot be judged at all is held with a finding and logged; the others go on.
    """
    judged = last = 0
    while judged < limit:
        batch = _judge_batch(after=last, size=min(BATCH, limit - judged), at=at)
        if not batch:
            break
        judged, last = judged + len(batch), batch[-1]
    return judged


@transaction.atomic
def price_again(*, cdr: Cdr, by: User | None, at: datetime) -> Rating:
    """Check and price a CDR anew; it moves by the result, unless it is contested. Raises CannotDecide.

    For when an agreement or tariff came later. Settled and rejected CDRs are past it.
    """
    current = locked(cdr.pk)
    if current.state not in PRICED_AGAIN:
        raise CannotDecide(f"CDR {current} is {current.get_state_display().lower()}; its price is decided.")
    return _judge(current, at, f" Priced again{_name(by)}." if by is not None else "")


@transaction.atomic
def accept_as_billed(*, cdr: Cdr, reason: str, by: User | None, at: datetime) -> Cdr:
    """A person accepts a held CDR although a check holds it; it settles as carried. Raises CannotDecide."""
    current = _decidable(cdr, reason)
    agreement = current.agreement or _agreement(current)
    if agreement is None:
        raise CannotDecide(f"No agreement covers CDR {current}; nobody would be invoiced for it.")
    if agreement.currency != current.currency:
        raise CannotDecide(f"{agreement} settles in {agreement.currency}; a CDR in {current.currency} cannot enter it.")
    said = f"Accepted as billed{_name(by)}: {reason.strip()}"
    return cdrs.move(cdr=current, to=CdrState.ACCEPTED, reason=said, at=at, agreement=agreement)


@transaction.atomic
def reject(*, cdr: Cdr, reason: str, by: User | None, at: datetime) -> Cdr:
    """A person rejects a held CDR: it never settles, its owner must credit it. Raises CannotDecide."""
    current = _decidable(cdr, reason)
    return cdrs.move(cdr=current, to=CdrState.REJECTED, reason=f"Rejected{_name(by)}: {reason.strip()}", at=at)


def locked(cdr_id: int) -> Cdr:
    """The CDR, locked until the transaction ends, with everything that judging reads."""
    return _to_judge().select_for_update(of=("self",)).get(pk=cdr_id)


def _to_judge() -> QuerySet[Cdr]:
    return Cdr.objects.select_related("party__connection__partner", "emsp__connection", "agreement").defer("raw")


@transaction.atomic
def _judge_batch(*, after: int, size: int, at: datetime) -> list[int]:
    waiting = _to_judge().filter(state=CdrState.RECEIVED, pk__gt=after).order_by("pk")
    batch = list(waiting.select_for_update(of=("self",), skip_locked=True)[:size])
    try:
        with transaction.atomic():
            for cdr in batch:
                _judge(cdr, at)
    except DATABASE_TROUBLE:
        raise
    except Exception:
        for cdr in batch:  # one of them is poisoned: once more, each by itself
            _judge_or_hold(cdr.pk, at)
    return [cdr.pk for cdr in batch]


def _judge_or_hold(cdr_id: int, at: datetime) -> None:
    try:
        with transaction.atomic():
            _judge(locked(cdr_id), at)
    except DATABASE_TROUBLE:
        raise
    except Exception as error:
        log.exception("CDR %s could not be judged", cdr_id)
        _hold_unjudged(locked(cdr_id), error, at)


def _hold_unjudged(cdr: Cdr, error: Exception, at: datetime) -> None:
    found = Found(
        code="not_judged",
        title="Could not be judged",
        sentence=f"This CDR could not be judged; a person must look at it. {type(error).__name__}: {str(error)[:200]}",
        money_at_risk=abs(cdr.total_cost),
    )
    recording.record(cdr=cdr, found=[found], at=at)
    cdrs.move(cdr=cdr, to=CdrState.HELD, reason=found.sentence, at=at)


def _judge(cdr: Cdr, at: datetime, asked: str = "") -> Rating:
    """`asked` is a sentence about who wanted it."""
    agreement = _agreement(cdr)
    case = Case(cdr=cdr, data=cdr.data, agreement=agreement)
    quote = quotes.quote(case)
    found = [*rules.check(case), *quote.found]
    rating = Rating.objects.create(
        cdr=cdr,
        agreement=agreement,
        verdict=quote.verdict,
        total=quote.total,
        difference=quote.difference,
        currency=cdr.currency,
        tolerance=quote.tolerance,
        explanation=quote.explanation,
        rated_at=at,
    )
    recording.record(cdr=cdr, found=found, at=at)
    if cdr.state == CdrState.RECEIVED or not disputes.open_on(cdr):  # else the dispute decides
        holding = [one.sentence for one in found if one.holds]
        holds = bool(holding) or quote.verdict != Verdict.WITHIN
        _move(cdr, [*holding, quote.sentence][0] + asked, agreement, at, holds=holds)
    return rating


def _move(cdr: Cdr, reason: str, agreement: Agreement | None, at: datetime, *, holds: bool) -> None:
    if holds or cdr.state != CdrState.ACCEPTED:
        to = CdrState.HELD if holds else CdrState.ACCEPTED
        cdrs.move(cdr=cdr, to=to, reason=reason, at=at, agreement=agreement)
    elif agreement is not None and cdr.agreement != agreement:
        cdrs.put_under(cdr=cdr, agreement=agreement)


def _agreement(cdr: Cdr) -> Agreement | None:
    emsp = cdrs.recognize_emsp(cdr=cdr)
    return agreements.covering(cpo=cdr.party, emsp=emsp, at=cdr.started_at) if emsp else None


def _decidable(cdr: Cdr, reason: str) -> Cdr:
    current = locked(cdr.pk)
    if current.state != CdrState.HELD:
        raise CannotDecide(f"CDR {current} is {current.get_state_display().lower()}; only a held one is decided here.")
    if contested := disputes.open_on(current):
        raise CannotDecide(f"CDR {current} is contested in {contested}; decide the dispute.")
    if not reason.strip():
        raise CannotDecide("Give the reason: the other side and the trail need the why.")
    return current


def _name(by: User | None) -> str:
    return f" by {by.name}" if by is not None else ""
