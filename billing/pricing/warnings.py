"""What a reader of a price should know, with stable codes. None of it changes the price."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from billing.pricing import lines
from billing.pricing.exact import at_least
from billing.pricing.metering import ENERGY, PARKING, RESERVED, TIME, Usage, end_of
from billing.pricing.moments import Moment
from billing.pricing.periods import changes_inside, energy
from billing.pricing.plan import Prices
from billing.pricing.policy import PricingPolicy, TaxWithoutRate
from billing.pricing.selection import ORDINARY
from billing.pricing.shapes import Cdr, Tariff, TaxIncluded

# Of a booking; how they are paid, the tariff chapter does not say.
_OF_BOOKINGS = frozenset({"RESERVATION_EXPIRES", "RESERVATION_OVERTIME"})
_NOUNS = {ENERGY: "energy", TIME: "charging time", PARKING: "parking time", RESERVED: "reserved time"}


@dataclass(frozen=True, slots=True)
class Warning:
    """`code` is for programs and never changes; `path` is a JSON path into the charge or its tariffs."""

    code: str
    message: str
    path: str


def find(cdr: Cdr, policy: PricingPolicy, usage: Usage, limits: tuple[str, ...]) -> Iterator[Warning]:
    """All of them, those of the charge first."""
    yield from _of_periods(cdr, usage)
    yield from _of_choice(cdr, usage)
    yield from _unpriced(usage)
    yield from _of_fees(usage)
    for prices in _tariffs(usage):
        yield from _of_tariff(prices.tariff, policy)
    if limits:
        yield from _of_limits(usage, limits)


def _tariffs(usage: Usage) -> list[Prices]:
    return list({id(one): one for one in usage.prices if one is not None}.values())


def _of_periods(cdr: Cdr, usage: Usage) -> Iterator[Warning]:
    ends_at = cdr.ends_at or cdr.stops_at or cdr.periods[-1].starts_at
    others_are_named = any(period.tariff_id for period in cdr.periods)
    for moment, prices in zip(usage.moments, usage.prices, strict=True):
        period, number = moment.period, moment.index + 1
        path = f"$.charging_periods[{moment.index}]"
        if not cdr.starts_at <= period.starts_at <= ends_at:
            yield Warning("period_outside_session", f"Charging period {number} starts outside the session.", path)
        if energy(period) < 0:
            yield Warning("negative_energy", f"In charging period {number} energy flowed back.", path)
        if others_are_named and period.tariff_id is None:
            yield Warning("period_without_tariff", f"Charging period {number} names no tariff, others do.", path)
        if prices is not None and (prices.restricted or prices.measures):
            yield from _of_restrictions(cdr, moment, prices, path)


def _of_choice(cdr: Cdr, usage: Usage) -> Iterator[Warning]:
    """Of every tariff that was not clearly meant, at the first period that it prices."""
    for moment, prices in _first_uses(usage):
        tariff, named = prices.tariff, moment.period.tariff_id
        path = f"$.charging_periods[{moment.index}].tariff_id"
        if named and not tariff.is_called(named):
            yield Warning("unknown_tariff", f"Tariff {named} is not there; {tariff.id} prices instead.", path)
        elif named and not tariff.is_valid_at(cdr.starts_at):
            yield Warning("tariff_not_valid", f"Tariff {tariff.id} was not valid when the session started.", path)
        elif not named and tariff.type not in ORDINARY:
            yield Warning(
                "tariff_of_type", f"No tariff is named; {tariff.id}, which prices, is for {tariff.type} only.", path
            )


def _first_uses(usage: Usage) -> list[tuple[Moment, Prices]]:
    found: dict[tuple[str, int], tuple[Moment, Prices]] = {}
    for moment, prices in zip(usage.moments, usage.prices, strict=True):
        if prices is not None:
            found.setdefault(((moment.period.tariff_id or "").upper(), id(prices)), (moment, prices))
    return list(found.values())


def _of_restrictions(cdr: Cdr, moment: Moment, prices: Prices, path: str) -> Iterator[Warning]:
    if changes_inside(moment, end_of(cdr, moment.index), prices):
        yield Warning(
            "restriction_changes_in_period",
            f"A restriction of tariff {prices.tariff.id} changes inside charging period {moment.index + 1}; the start "
            "of the period decides for all of it.",
            path,
        )
    for quantity in prices.measures:
        if moment.measured(quantity) == (None, None, None):
            yield Warning(
                f"{quantity}_not_measured",
                f"Tariff {prices.tariff.id} asks for the {quantity}, which charging period {moment.index + 1} does not "
                "tell.",
                path,
            )


def _unpriced(usage: Usage) -> Iterator[Warning]:
    for moment in usage.moments:
        for volume in moment.period.dimensions:
            if volume.type in _OF_BOOKINGS and volume.volume:
                yield Warning(
                    "not_priced",
                    f"Nothing prices {volume.type} here: it cost nothing.",
                    f"$.charging_periods[{moment.index}]",
                )
    for kind, noun in _NOUNS.items():
        amount = usage.metered(kind) - usage.priced(kind)
        if amount:
            yield Warning(
                "not_priced",
                f"No component prices {noun}: {lines.quantity(kind, amount)} cost nothing.",
                "$.charging_periods",
            )


def _of_fees(usage: Usage) -> Iterator[Warning]:
    for index, _, rate, _ in usage.other_fees:
        yield Warning(
            "several_fees",
            f"Another flat fee of tariff {rate.tariff.id} becomes active in charging period {index + 1}; a session "
            "pays one.",
            f"$.charging_periods[{index}]",
        )


def _of_tariff(tariff: Tariff, policy: PricingPolicy) -> Iterator[Warning]:
    if tariff.tax_included is None:
        yield Warning(
            "tax_included_missing",
            f"Tariff {tariff.id} does not say whether its prices include tax; read as prices before tax.",
            "$.tax_included",
        )
    rates = [component.vat for element in tariff.elements for component in element.components if component.price]
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


def _of_limits(usage: Usage, limits: tuple[str, ...]) -> Iterator[Warning]:
    first = usage.prices[0]
    if first is None:
        return
    tariff = first.tariff
    for name in limits:
        limit = tariff.min_price if name == "min_price" else tariff.max_price
        if limit is not None:
            word = "minimum" if name == "min_price" else "maximum"
            yield Warning(
                f"{name}_applied", f"The {word} price of {_money(limit.before_taxes, tariff)} applies.", f"$.{name}"
            )
            if limit.after_taxes is None and any(c.vat for e in tariff.elements for c in e.components):
                yield Warning(
                    "limit_without_tax",
                    f"The {word} price of tariff {tariff.id} does not say what it is after tax; taxed like the "
                    "session.",
                    f"$.{name}.after_taxes",
                )
    if tariff.min_price and tariff.max_price and tariff.min_price.before_taxes > tariff.max_price.before_taxes:
        yield Warning("limits_cross", f"The minimum price of tariff {tariff.id} is above its maximum.", "$.min_price")


def _money(amount: Decimal, tariff: Tariff) -> str:
    return f"{at_least(amount, 2)} {tariff.currency}"
