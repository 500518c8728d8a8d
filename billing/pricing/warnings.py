"""What a reader of a price should know, with stable codes. None of it changes the price."""

from datetime import datetime
from decimal import Decimal

from billing.pricing import lines
from billing.pricing.exact import at_least, quotient
from billing.pricing.metering import HOUR, Usage, end_of
from billing.pricing.moments import Moment
from billing.pricing.periods import changes_inside
from billing.pricing.plan import Prices
from billing.pricing.policy import LimitWithoutTax, PricingPolicy
from billing.pricing.selection import ORDINARY
from billing.pricing.shapes import ENERGY, PARKING, RESERVED, TIME, Period, Tariff
from billing.pricing.tariff_warnings import Warning

_NOUNS = {ENERGY: "energy", TIME: "charging time", PARKING: "parking time", RESERVED: "reserved time"}


def find(usage: Usage, limits: tuple[str, ...], policy: PricingPolicy) -> list[Warning]:
    """All of them, those of the charge first."""
    found = [*dict.fromkeys(_of_periods(usage)), *_of_choice(usage), *_unpriced(usage), *_of_fees(usage)]
    if usage.cdr.credit:
        found.append(Warning("credit", "It is a credit: what it takes back has this price.", "$.credit"))
    for prices in dict.fromkeys(usage.prices):
        if prices is not None:
            found += prices.warnings
    return found + _of_limits(usage, limits, policy) if limits else found


def _of_periods(usage: Usage) -> list[Warning]:
    found: list[Warning] = []
    cdr, moments = usage.cdr, usage.moments
    starts_at, ends_at = cdr.starts_at, cdr.ends_at or cdr.stops_at or cdr.periods[-1].starts_at
    are_named = _name_a_tariff(cdr.periods)
    if ends_at < starts_at:
        name = "stop_date_time" if cdr.ends_at is None else "end_date_time"
        found.append(Warning("end_before_start", "The session ends before it starts.", f"$.{name}"))
    for index, moment in enumerate(moments):
        number = moment.number
        later = moments[index + 1] if index + 1 < len(moments) else None
        period, prices = moment.period, usage.prices[index]
        if not starts_at <= period.starts_at <= ends_at:
            text = f"Charging period {number + 1} starts outside the session."
            found.append(_of_period(number, "period_outside_session", text))
        if (usage.kwh if later is None else later.kwh) < moment.kwh:
            found.append(_of_period(number, "negative_energy", f"In charging period {number + 1} energy flowed back."))
        if are_named and period.tariff_id is None:
            text = f"Charging period {number + 1} names no tariff, others do."
            found.append(_of_period(number, "period_without_tariff", text))
        if prices is not None and prices.restricted:
            found += _of_restrictions(moment, later, end_of(cdr, index), prices)
    return found


def _name_a_tariff(periods: tuple[Period, ...]) -> bool:
    for period in periods:  # noqa: SIM110  # a generator takes twice as long
        if period.tariff_id:
            return True
    return False


def _of_period(number: int, code: str, message: str) -> Warning:
    return Warning(code, message, f"$.charging_periods[{number}]")


def _of_choice(usage: Usage) -> list[Warning]:
    """Of every tariff that was not clearly meant, at the first period that it prices."""
    return [
        warning
        for moment, prices in _first_uses(usage)
        if (warning := _of_chosen(moment, prices, usage.cdr.starts_at)) is not None
    ]


def _of_chosen(moment: Moment, prices: Prices, starts_at: datetime) -> Warning | None:
    tariff, named = prices.tariff, moment.period.tariff_id
    if named:
        if not tariff.is_called(named):
            code, text = "unknown_tariff", f"Tariff {named} is not there; {tariff.id} prices instead."
        elif not tariff.is_valid_at(starts_at):
            code, text = "tariff_not_valid", f"Tariff {tariff.id} was not valid when the session started."
        else:
            return None
    elif tariff.type not in ORDINARY:
        code, text = "tariff_of_type", f"No tariff is named; {tariff.id}, which prices, is for {tariff.type} only."
    else:
        return None
    return Warning(code, text, f"$.charging_periods[{moment.number}].tariff_id")


def _first_uses(usage: Usage) -> list[tuple[Moment, Prices]]:
    found: dict[tuple[str, Prices], tuple[Moment, Prices]] = {}
    for moment, prices in zip(usage.moments, usage.prices, strict=True):
        if prices is not None:
            found.setdefault(((moment.period.tariff_id or "").upper(), prices), (moment, prices))
    return list(found.values())


def _of_restrictions(moment: Moment, later: Moment | None, ends_at: datetime, prices: Prices) -> list[Warning]:
    """`later` is where the next period starts."""
    found: list[Warning] = []
    number, tariff = moment.number, prices.tariff
    if changes_inside(moment, ends_at, None if later is None else later.local, prices):
        text = (
            f"A restriction of tariff {tariff.id} changes inside charging period {number + 1}; the start "
            "of the period decides for all of it."
        )
        found.append(_of_period(number, "restriction_changes_in_period", text))
    for quantity in prices.measures:
        if moment.measured(quantity) == (None, None, None):
            text = f"Tariff {tariff.id} asks for the {quantity}, which charging period {number + 1} does not tell."
            found.append(_of_period(number, f"{quantity}_not_measured", text))
    return found


def _unpriced(usage: Usage) -> list[Warning]:
    found = [
        _of_period(number, "not_priced", f"Nothing prices {kind} here: it cost nothing.")
        for number, kind in usage.bookings
    ]
    if not usage.unpriced:
        return found
    for kind, noun in _NOUNS.items():
        amount = usage.unpriced.get(kind)
        if amount:
            told = lines.quantity(kind, amount if kind == ENERGY else quotient(amount, HOUR))
            text = f"No component prices {noun}: {told} cost nothing."
            found.append(Warning("not_priced", text, "$.charging_periods"))
    return found


def _of_fees(usage: Usage) -> list[Warning]:
    return [
        _of_period(
            number,
            "several_fees",
            f"Another flat fee of tariff {rate.tariff.id} becomes active in charging period {number + 1}; a session "
            "pays one.",
        )
        for number, rate in ((usage.moments[place].number, rate) for place, _, rate, _ in usage.other_fees)
    ]


def _of_limits(usage: Usage, limits: tuple[str, ...], policy: PricingPolicy) -> list[Warning]:
    found: list[Warning] = []
    tariff = usage.limiting
    if tariff is None:
        return found
    for name in limits:
        limit = tariff.min_price if name == "min_price" else tariff.max_price
        if limit is not None:
            word = "minimum" if name == "min_price" else "maximum"
            text = f"The {word} price of {_money(limit.before_taxes, tariff)} applies."
            found.append(Warning(f"{name}_applied", text, f"$.{name}"))
            if limit.after_taxes is None and any(tariff.vat_rates):
                kept = policy.limit_without_tax is LimitWithoutTax.KEEP
                read = "that amount stays as it was" if kept else "taxed like the session"
                text = f"The {word} price of tariff {tariff.id} does not say what it is after tax; {read}."
                found.append(Warning("limit_without_tax", text, f"$.{name}.after_taxes"))
    if tariff.min_price and tariff.max_price and tariff.min_price.before_taxes > tariff.max_price.before_taxes:
        text = f"The minimum price of tariff {tariff.id} is above its maximum."
        found.append(Warning("limits_cross", text, "$.min_price"))
    return found


def _money(amount: Decimal, tariff: Tariff) -> str:
    return f"{at_least(amount, 2)} {tariff.currency}"
