"""Rules about credit CDRs (D3): what one takes back must be here, once, and be taken back, not billed again."""

from collections.abc import Iterator

from django.db.models import QuerySet

from billing.checks.found import Case, Found, money
from roaming.cdrs.models import Cdr, CdrState


def credit_is_decided_by_a_person(case: Case) -> Iterator[Found]:
    """A credit CDR takes money back: a person compares it with the original before it settles."""
    cdr = case.cdr
    if cdr.credit:
        yield Found(
            code="credit",
            title="Credit CDR",
            sentence=f"{case.biller} credits CDR {cdr.credit_reference_id or '(not named)'} with {case.billed}; "
            "a person compares it with the original before it settles.",
            expected="the total of the original, negative",
            actual=case.billed,
            money_at_risk=abs(cdr.total_cost),
        )


def credit_has_an_original(case: Case) -> Iterator[Found]:
    """The CDR that is credited must be one of the same CPO that we have, and no credit itself."""
    cdr = case.cdr
    if cdr.credit and cdr.credited is None:
        yield Found(
            code="credit_of_unknown",
            title="Credit of an unknown CDR",
            sentence=f"{case.biller} credits CDR {cdr.credit_reference_id} with {case.billed}, but {cdr.party.code} "
            "never sent a CDR of that id.",
            expected=f"CDR {cdr.credit_reference_id} of {cdr.party.code}",
            actual="none",
            money_at_risk=abs(cdr.total_cost),
        )


def credit_comes_once(case: Case) -> Iterator[Found]:
    """A second credit of the same CDR takes the money back twice; the first is left alone."""
    cdr = case.cdr
    first = of(cdr.party_id, cdr.credit_reference_id).filter(pk__lt=cdr.pk).first() if cdr.credit else None
    if first is not None:
        yield Found(
            code="credited_twice",
            title="Credited twice",
            sentence=f"{case.biller} credits CDR {cdr.credit_reference_id} a second time: {first.ocpi_id} came first, "
            f"this one adds {case.billed}.",
            expected="one credit for each CDR",
            actual=f"{first.ocpi_id} and {cdr.ocpi_id}",
            money_at_risk=abs(cdr.total_cost),
        )


def credit_takes_back_what_was_billed(case: Case) -> Iterator[Found]:
    """The total of a credit is that of the original with the other sign, in the same currency."""
    cdr = case.cdr
    original = cdr.credited
    billed = (original.total_cost, original.currency) if original else (abs(cdr.total_cost), cdr.currency)
    if cdr.credit and (-cdr.total_cost, cdr.currency) != billed:
        expected = money(-billed[0], billed[1])
        yield Found(
            code="credit_differs",
            title="Credit of another amount",
            sentence=f"{case.biller} credits CDR {cdr.credit_reference_id} with {case.billed}; "
            f"{expected} would take it back.",
            expected=expected,
            actual=case.billed,
            money_at_risk=abs(cdr.total_cost),
        )


def of(party_id: int, cdr_id: str) -> QuerySet[Cdr]:
    """The credits of one CDR of a CPO, oldest first, without the rejected."""
    found = Cdr.objects.filter(party_id=party_id, credit=True, credit_reference_id__iexact=cdr_id)
    return found.exclude(state=CdrState.REJECTED).order_by("pk")
