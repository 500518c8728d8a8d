"""Our price of a CDR: from the tariff it carries, else from the one its owner published; and what follows from it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from billing import pricing
from billing.checks.found import Case, Found, money
from billing.rating.models import Verdict
from partners.agreements.models import Agreement
from roaming.findings.models import Severity
from roaming.locations import selectors as locations
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
    try:
        verdict = _verified(case, carried or _published(case))
    except pricing.PricingError as error:
        return _unpriceable(case, error)
    found = () if carried else (_note_not_carried(case, verdict.priced),)
    return _compared(case, verdict, found)


def _verified(case: Case, tariffs: list[dict[str, Any]]) -> pricing.Verdict:
    """Raises pricing.PricingError."""
    if case.cdr.credit:
        raise pricing.CannotPrice("credit", "$.credit", "A credit CDR is compared with its original, not priced.")
    read = [pricing.read_tariff(tariff, path=f"$.tariffs[{index}]") for index, tariff in enumerate(tariffs)]
    verdict = pricing.verify(
        case.carried,
        read,
        tolerance=_tolerance(case),
        time_zone=_time_zone(case) if pricing.compile(read).needs_local_time else None,
    )
    if verdict.priced.total.excl is None:
        raise pricing.CannotPrice(
            "net_unknown",
            "$.tariffs",
            "The tariff has prices with tax but without its rate: before tax they are unknown.",
        )
    return verdict


def _time_zone(case: Case) -> str | None:
    """Of the location as its owner published it; a CDR does not tell its zone."""
    return locations.time_zone_of(case.cdr.party, case.data["cdr_location"]["id"])


def _published(case: Case) -> list[dict[str, Any]]:
    """The tariffs that the charging periods name, as their owner published them last, deleted ones included."""
    named = {period["tariff_id"].upper() for period in case.data["charging_periods"] if period.get("tariff_id")}
    return [tariff.data for tariff in Tariff.objects.filter(party_id=case.cdr.party_id, ocpi_id_upper__in=named)]


def _compared(case: Case, verdict: pricing.Verdict, found: tuple[Found, ...]) -> Quote:
    priced, tolerance = verdict.priced, _tolerance(case)
    result = pricing.compare(case.cdr.total_cost, priced, tolerance=tolerance)
    outside = () if result.within else (_outside(case, verdict, result),)
    parts = (_note_parts(verdict),) if result.within and not verdict.agrees else ()
    return Quote(
        verdict=Verdict.WITHIN if result.within else Verdict.OUTSIDE,
        sentence=result.sentence,
        tolerance=tolerance,
        explanation=pricing.as_json(priced) | {"verdict": pricing.verdict_json(verdict)},
        total=result.ours,
        difference=result.difference,
        found=(*found, *outside, *parts),
    )


def _outside(case: Case, verdict: pricing.Verdict, result: pricing.Comparison) -> Found:
    currency = case.cdr.currency
    gap, ours = money(abs(result.difference), currency), money(result.ours, currency)
    direction = "too much" if result.difference > 0 else "too little"
    return Found(
        code="price_outside_tolerance",
        title=f"Billed {direction}",
        sentence=f"{case.biller} billed {gap} {direction}: {case.billed} instead of {ours} "
        f"by tariff {' and '.join(verdict.priced.tariff_ids)}.{_explained(verdict)}",
        expected=ours,
        actual=case.billed,
        money_at_risk=abs(result.difference),
    )


def _explained(verdict: pricing.Verdict) -> str:
    return f" {verdict.explanation.sentence}" if verdict.explanation else ""


def _note_parts(verdict: pricing.Verdict) -> Found:
    """The total is right, but what it is made of, or its tax, is not."""
    first = verdict.differences[0]
    return Found(
        code="parts_differ",
        title="Parts of the price differ",
        sentence=" ".join(one.sentence for one in verdict.differences) + _explained(verdict),
        expected=f"{first.field} {money(first.ours, verdict.priced.currency)}",
        actual=f"{first.field} {money(first.carried, verdict.priced.currency)}",
        severity=Severity.NOTE,
    )


def _unpriceable(case: Case, error: pricing.PricingError) -> Quote:
    sentence = f"The {case.billed} that {case.biller} bills could not be checked. {error.sentence}"
    found = Found(
        code="unpriceable",
        title="Could not be priced",
        sentence=sentence,
        expected="a price by the tariff",
        actual=error.code,
        money_at_risk=abs(case.cdr.total_cost),
    )
    return Quote(
        verdict=Verdict.UNPRICEABLE,
        sentence=sentence,
        tolerance=_tolerance(case),
        explanation=pricing.error_json(error),
        found=() if case.cdr.credit else (found,),  # a credit is found by its rule, in better words
    )


def _note_not_carried(case: Case, priced: pricing.PricedSession) -> Found:
    return Found(
        code="tariff_not_carried",
        title="Carries no tariff",
        sentence=f"The CDR carries no tariff; priced with tariff {' and '.join(priced.tariff_ids)} as {case.biller} "
        "published it last.",
        expected="the tariff inside the CDR",
        actual="none",
        severity=Severity.NOTE,
    )


def _tolerance(case: Case) -> Decimal:
    """Of the agreement; where none covers the CDR, the usual one."""
    if case.agreement is not None:
        return case.agreement.price_tolerance
    default: Decimal = Agreement._meta.get_field("price_tolerance").get_default()
    return default
