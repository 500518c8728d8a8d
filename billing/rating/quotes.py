"""Our price of a CDR: from the tariff it carries, else from the one its owner published for the moment the session
started; and what follows from it."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from billing import pricing
from billing.checks.found import Case, Found, money
from billing.pricing import rounding
from billing.pricing.exact import rounded
from billing.rating import published
from billing.rating.models import Verdict
from partners.agreements.models import Agreement
from roaming.findings.models import Severity
from roaming.locations import selectors as locations


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
    offer = published.offer(case, partial(_total, case))
    try:
        return _compared(case, _verified(case, offer), offer.found)
    except pricing.PricingError as error:
        return _unpriceable(case, error, offer.found)


def _verified(case: Case, offer: published.Offer) -> pricing.Verdict:
    """Raises pricing.PricingError."""
    if case.cdr.credit:
        raise pricing.CannotPrice("credit", "$.credit", "A credit CDR is compared with its original, not priced.")
    read, policy = _read(offer.tariffs), _policy(case)
    verdict = pricing.verify(
        case.carried,
        read,
        policy,
        tolerance=_tolerance(case),
        versions=_versions(case),
        time_zone=_time_zone(case, read, policy),
    )
    if verdict.priced.total.excl is None:
        raise pricing.CannotPrice(
            "net_unknown",
            "$.tariffs",
            "The tariff has prices with tax but without its rate: before tax they are unknown.",
        )
    return verdict


def _read(tariffs: published.Tariffs) -> list[pricing.Tariff]:
    return [pricing.read_tariff(tariff, path=f"$.tariffs[{index}]") for index, tariff in enumerate(tariffs)]


def _versions(case: Case) -> Iterator[pricing.Tariff]:
    """Those that could explain a difference, looked up when there is one; what cannot be read explains nothing."""
    for tariff in published.versions(case):
        with suppress(pricing.Unreadable):
            yield pricing.read_tariff(tariff)


def _policy(case: Case) -> pricing.PricingPolicy:
    """As the OCPI version that the CDR came in recommends, but for what the agreement reads otherwise. Raises
    pricing.CannotPrice where it says what nobody knows."""
    version, agreement = case.cdr.raw_version, case.agreement
    recommended = pricing.of_version(version) if version else pricing.RECOMMENDED
    if agreement is None:
        return recommended
    try:
        return recommended.but(**agreement.readings)
    except ValueError as error:
        said = f"{agreement} reads OCPI in a way that is not known: {error}"
        raise pricing.CannotPrice("unknown_reading", "$.readings", said) from error


def _time_zone(case: Case, tariffs: list[pricing.Tariff], policy: pricing.PricingPolicy) -> str | None:
    """Of the location as its owner published it, where the tariff asks for the hour; a CDR does not tell its zone."""
    if not pricing.compile(tariffs, policy).needs_local_time:
        return None
    return locations.time_zone_of(case.cdr.party, case.data["cdr_location"]["id"])


def _total(case: Case, tariffs: published.Tariffs) -> Decimal | None:
    """What these tariffs make, to be compared with what other tariffs make."""
    try:
        read, policy = _read(tariffs), _policy(case)
        zone = _time_zone(case, read, policy)
        total = rounding.due(pricing.price(case.carried.charge, read, policy=policy, time_zone=zone)).excl
    except pricing.PricingError:
        return None
    return None if total is None else rounded(total, 4)


def _compared(case: Case, verdict: pricing.Verdict, found: tuple[Found, ...]) -> Quote:
    priced, tolerance = verdict.priced, _tolerance(case)
    result = pricing.compare(case.cdr.total_cost, priced, tolerance=tolerance)
    outside = () if result.within else (_outside(case, verdict, result),)
    parts = (_note_parts(verdict),) if result.within and verdict.differences else ()
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
    """Only the biller knows whether it was so."""
    return f" This would explain it: {verdict.explanation.sentence}" if verdict.explanation else ""


def _note_parts(verdict: pricing.Verdict) -> Found:
    """The total is right, but what it is made of, or its tax, is not."""
    first = verdict.differences[0]
    what = f"{first.field} {first.side}"
    return Found(
        code="parts_differ",
        title="Parts of the price differ",
        sentence=" ".join(one.sentence for one in verdict.differences) + _explained(verdict),
        expected=f"{what} {money(first.ours, verdict.priced.currency)}",
        actual=f"{what} {money(first.carried, verdict.priced.currency)}",
        severity=Severity.NOTE,
    )


def _unpriceable(case: Case, error: pricing.PricingError, noted: tuple[Found, ...]) -> Quote:
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
        found=noted if case.cdr.credit else (*noted, found),  # a credit is found by its rule, in better words
    )


def _tolerance(case: Case) -> Decimal:
    """Of the agreement; where none covers the CDR, the usual one."""
    if case.agreement is not None:
        return case.agreement.price_tolerance
    default: Decimal = Agreement._meta.get_field("price_tolerance").get_default()
    return default
