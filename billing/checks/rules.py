"""The rule catalogue: one function per rule, from a case to what it found. `RULES` is the order of telling."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from billing import pricing
from billing.checks import credits
from billing.checks.found import Case, Found
from roaming.cdrs.models import Cdr, CdrState
from roaming.findings.models import Severity
from roaming.kernel import sentences
from roaming.ocpi import lateness

CLOCKS_DIFFER = timedelta(hours=1)


def emsp_is_known(case: Case) -> Iterator[Found]:
    """The token's party must be an eMSP on one of our connections; nobody else could be asked to pay."""
    cdr = case.cdr
    if cdr.emsp is None:
        yield Found(
            code="unknown_emsp",
            title="eMSP not known",
            sentence=f"{case.biller} bills {case.billed} for a token of {cdr.emsp_code}, which is no eMSP we know; "
            "nobody can be charged for it.",
            expected="an eMSP on one of our connections",
            actual=cdr.emsp_code,
            money_at_risk=abs(cdr.total_cost),
        )


def agreement_covers(case: Case) -> Iterator[Found]:
    """An agreement between the two parties must have been in force when the charging started."""
    cdr = case.cdr
    if cdr.emsp is not None and case.agreement is None:
        yield Found(
            code="no_agreement",
            title="No agreement in force",
            sentence=f"No agreement between {cdr.party.code} and {cdr.emsp.code} was in force on "
            f"{_moment(cdr.started_at)}, when the charging started; {case.biller} bills {case.billed}.",
            expected=f"an agreement in force on {_moment(cdr.started_at)}",
            actual="none",
            money_at_risk=abs(cdr.total_cost),
        )


def currency_is_agreed(case: Case) -> Iterator[Found]:
    """The CDR must be in the currency that the agreement settles in; we convert nothing."""
    cdr, agreement = case.cdr, case.agreement
    if agreement is not None and cdr.currency != agreement.currency:
        yield Found(
            code="currency_differs",
            title="Other currency than agreed",
            sentence=f"{case.biller} bills in {cdr.currency}, but {agreement} settles in {agreement.currency}.",
            expected=agreement.currency,
            actual=cdr.currency,
            money_at_risk=abs(cdr.total_cost),
        )


def ends_after_it_starts(case: Case) -> Iterator[Found]:
    cdr = case.cdr
    if cdr.ended_at < cdr.started_at:
        yield Found(
            code="end_before_start",
            title="Ends before it starts",
            sentence=f"The charging ends on {_moment(cdr.ended_at)}, before it starts on {_moment(cdr.started_at)}.",
            expected=f"an end after {_moment(cdr.started_at)}",
            actual=_moment(cdr.ended_at),
            money_at_risk=abs(cdr.total_cost),
        )


def has_happened(case: Case) -> Iterator[Found]:
    """A CDR tells what is over; one that comes before its own end, clocks aside, was made up or misdated."""
    cdr = case.cdr
    if cdr.ended_at > cdr.received_at + CLOCKS_DIFFER:
        yield Found(
            code="in_the_future",
            title="Not over yet",
            sentence=f"The charging ends on {_moment(cdr.ended_at)}, but the CDR came on "
            f"{_moment(cdr.received_at)} already.",
            expected=f"an end before {_moment(cdr.received_at)}",
            actual=_moment(cdr.ended_at),
            money_at_risk=abs(cdr.total_cost),
        )


def total_is_not_negative(case: Case) -> Iterator[Found]:
    cdr = case.cdr
    if cdr.total_cost < 0 and not cdr.credit:
        yield Found(
            code="negative_total",
            title="Negative total",
            sentence=f"{case.biller} bills {case.billed} on a CDR that is not marked as a credit.",
            expected="0 or more",
            actual=case.billed,
            money_at_risk=abs(cdr.total_cost),
        )


def totals_agree_with_themselves(case: Case) -> Iterator[Found]:
    """Totals must be borne out by the charging periods and times. Energy that is not holds the CDR; time is noted."""
    try:
        contradictions = pricing.contradictions(case.carried, with_parts=False)
    except pricing.Unreadable:
        return  # pricing refuses it in its own words
    for one in contradictions:
        holds = one.field == "total_energy"
        yield Found(
            code="totals_disagree",
            title="Totals disagree",
            sentence=one.sentence,
            expected=f"{one.field} {one.computed.normalize():f}",
            actual=f"{one.field} {one.carried.normalize():f}",
            money_at_risk=abs(case.cdr.total_cost) if holds else None,
            severity=Severity.HOLDS if holds else Severity.NOTE,
        )


def session_is_billed_once(case: Case) -> Iterator[Found]:
    """A second CDR of the same session is held, unless the first was rejected or credited; the first is left alone."""
    cdr = case.cdr
    if cdr.credit or not cdr.names_session:
        return
    earlier = Cdr.objects.filter(
        party_id=cdr.party_id, session_id__iexact=cdr.session_id, credit=False, pk__lt=cdr.pk
    ).exclude(state=CdrState.REJECTED)
    for other in earlier.only("ocpi_id", "party", "total_cost", "currency").order_by("pk"):
        if not credits.of(other.party_id, other.ocpi_id).exists():
            yield Found(
                code="session_billed_twice",
                title="Session billed twice",
                sentence=f"{case.biller} bills session {cdr.session_id} a second time: CDR {other.ocpi_id} "
                f"came first, this one adds {case.billed}.",
                expected="one CDR per session",
                actual=f"{other.ocpi_id} and {cdr.ocpi_id}",
                money_at_risk=abs(cdr.total_cost),
            )
            return


def came_in_time(case: Case) -> Iterator[Found]:
    """Worth knowing only: OCPI sets no time limit, but a late CDR may miss its month."""
    cdr = case.cdr
    if cdr.late_by is not None:
        yield Found(
            code="late",
            title="Came late",
            sentence=f"The CDR came {sentences.span(cdr.late_by)} after the charging ended.",
            expected=f"within {sentences.span(lateness.limit())}",
            actual=sentences.span(cdr.late_by),
            severity=Severity.NOTE,
        )


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


Rule = Callable[[Case], Iterator[Found]]
RULES: tuple[Rule, ...] = (
    emsp_is_known,
    agreement_covers,
    currency_is_agreed,
    ends_after_it_starts,
    has_happened,
    credits.credit_is_decided_by_a_person,
    credits.credit_has_an_original,
    credits.credit_comes_once,
    credits.credit_takes_back_what_was_billed,
    total_is_not_negative,
    totals_agree_with_themselves,
    session_is_billed_once,
    came_in_time,
)


def check(case: Case) -> list[Found]:
    """Everything the catalogue finds about the case, in the order of the catalogue."""
    return [found for rule in RULES for found in rule(case)]
