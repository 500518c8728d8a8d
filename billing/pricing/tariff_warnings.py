"""What a reader of any price by a tariff should know, with stable codes; found once, when it is compiled."""

from collections.abc import Iterator
from dataclasses import dataclass

from billing.pricing.policy import PricingPolicy, TaxWithoutRate
from billing.pricing.shapes import Tariff, TaxIncluded


@dataclass(frozen=True, slots=True)
class Warning:
    """`code` is for programs and never changes; `path` is a JSON path into the charge or its tariffs."""

    code: str
    message: str
    path: str


def of_tariff(tariff: Tariff, policy: PricingPolicy) -> Iterator[Warning]:
    if tariff.tax_included is None:
        yield Warning(
            "tax_included_missing",
            f"Tariff {tariff.id} does not say whether its prices include tax; read as prices before tax.",
            "$.tax_included",
        )
    if tariff.ignores_tax:
        yield Warning(
            "tax_included_ignored",
            f"Tariff {tariff.id} says that its prices include tax, which OCPI knows from 2.3.0 on; read as before tax.",
            "$.tax_included",
        )
    rates = tariff.vat_rates
    if tariff.tax_included is TaxIncluded.NOT_APPLICABLE and any(rates):
        yield Warning(
            "tax_rate_without_tax",
            f"Tariff {tariff.id} knows no tax, but gives a VAT rate; it is ignored.",
            "$.elements",
        )
    elif None in rates and _rate_is_needed(tariff, policy):
        yield _without_rate(tariff)
    for index, element in enumerate(tariff.elements):
        if unknown := element.restrictions.unknown:
            yield Warning(
                "unknown_restriction",
                f"Element {index + 1} of tariff {tariff.id} is restricted by {', '.join(unknown)}, which nobody can "
                "answer here; it never applies.",
                f"$.elements[{index}].restrictions.{unknown[0]}",
            )
        if (
            element.restrictions.start_time is not None
            and element.restrictions.start_time == element.restrictions.end_time
        ):
            yield Warning(
                "whole_day_window",
                f"Element {index + 1} of tariff {tariff.id} starts and ends at the same time of the day.",
                f"$.elements[{index}].restrictions.end_time",
            )


def _rate_is_needed(tariff: Tariff, policy: PricingPolicy) -> bool:
    if tariff.tax_included is TaxIncluded.YES:
        return True
    return tariff.tax_included is not TaxIncluded.NOT_APPLICABLE and policy.tax_without_rate is TaxWithoutRate.UNKNOWN


def _without_rate(tariff: Tariff) -> Warning:
    known, unknown = ("after", "before") if tariff.tax_included is TaxIncluded.YES else ("before", "after")
    return Warning(
        "tax_rate_missing",
        f"Tariff {tariff.id} has a price {known} tax without a VAT rate; what it is {unknown} tax is not said.",
        "$.elements",
    )
