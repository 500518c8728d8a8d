"""Our price of a CDR: from the tariff it carries, else from the one its owner published; and what follows from it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from billing import pricing
from billing.checks.found import Case, Found, money
from billing.rating.models import Verdict
from partners.agreements.models import Agreement
from roaming.findings.models import Severity
from roaming.tariffs.models import Tariff


@dataclass(frozen=True)
class Quote:
    """What a Rating keeps, and what was found on the way. `sentence` says the verdict in words."""

    verdict: Verdict
    sentence: str
    tolerance: Decimal
    explanation: dict[str, Any]
    total: Decimal | None = None
    difference: Decimal | None = None
    found: tuple[Found, ...] = ()


def quote(case: Case) -> Quote:
    """Price the case and compare with what it carries. Nothing is guessed: what the engine refuses is UNPRICEABLE."""
    carried = case.data.get("tariffs") or []
    tariffs = carried or _published(case)
    outcome = _priced(case, tariffs)
    if isinstance(outcome, pricing.Unpriceable):
        return _unpriceable(case, outcome)
    found = () if carried else (_note_not_carried(case, outcome.tariff_id),)
    return _compared(case, outcome, found)


def _priced(case: Case, tariffs: list[dict[str, Any]]) -> pricing.Outcome:
    try:
        return pricing.price(case.charge, [pricing.read_tariff(tariff) for tariff in tariffs])
    except pricing.Unreadable as error:
        return pricing.Unpriceable("unreadable", str(error))


def _published(case: Case) -> list[dict[str, Any]]:
    """The tariffs that the charging periods name, as their owner published them last, deleted ones included."""
    named = {period["tariff_id"].upper() for period in case.data["charging_periods"] if period.get("tariff_id")}
    return [tariff.data for tariff in Tariff.objects.filter(party_id=case.cdr.party_id, ocpi_id_upper__in=named)]


def _compared(case: Case, outcome: pricing.Priced, found: tuple[Found, ...]) -> Quote:
    tolerance = case.agreement.price_tolerance if case.agreement else _usual_tolerance()
    result = pricing.compare(case.cdr.total_cost, outcome, tolerance=tolerance)
    outside = () if result.within else (_outside(case, outcome, result),)
    return Quote(
        verdict=Verdict.WITHIN if result.within else Verdict.OUTSIDE,
        sentence=result.sentence,
        tolerance=tolerance,
        explanation=pricing.as_json(outcome),
        total=result.ours,
        difference=result.difference,
        found=(*found, *outside),
    )


def _outside(case: Case, outcome: pricing.Priced, result: pricing.Comparison) -> Found:
    currency = case.cdr.currency
    gap, ours = money(abs(result.difference), currency), money(result.ours, currency)
    direction = "too much" if result.difference > 0 else "too little"
    return Found(
        code="price_outside_tolerance",
        title=f"Billed {direction}",
        sentence=f"{case.biller} billed {gap} {direction}: {case.billed} instead of {ours} "
        f"by tariff {outcome.tariff_id}.",
        expected=ours,
        actual=case.billed,
        money_at_risk=abs(result.difference),
    )


def _unpriceable(case: Case, outcome: pricing.Unpriceable) -> Quote:
    sentence = f"The {case.billed} that {case.biller} bills could not be checked. {outcome.sentence}"
    found = Found(
        code="unpriceable",
        title="Could not be priced",
        sentence=sentence,
        expected="a price by the tariff",
        actual=outcome.reason_code,
        money_at_risk=abs(case.cdr.total_cost),
    )
    return Quote(
        verdict=Verdict.UNPRICEABLE,
        sentence=sentence,
        tolerance=case.agreement.price_tolerance if case.agreement else _usual_tolerance(),
        explanation=pricing.as_json(outcome),
        found=() if case.cdr.credit else (found,),  # a credit is found by its rule, in better words
    )


def _note_not_carried(case: Case, tariff_id: str) -> Found:
    return Found(
        code="tariff_not_carried",
        title="Carries no tariff",
        sentence=f"The CDR carries no tariff; priced with tariff {tariff_id} as {case.biller} published it last.",
        expected="the tariff inside the CDR",
        actual="none",
        severity=Severity.NOTE,
    )


def _usual_tolerance() -> Decimal:
    default: Decimal = Agreement._meta.get_field("price_tolerance").get_default()
    return default
