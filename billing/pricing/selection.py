"""Which tariff prices a period (spec: ChargingPeriod.tariff_id, Tariff.start_date_time)."""

from datetime import datetime

from billing.pricing.errors import CannotPrice
from billing.pricing.plan import Plan, Prices
from billing.pricing.policy import UnknownTariff, UnnamedTariff
from billing.pricing.shapes import Cdr, Period, Tariff

ORDINARY = ("", "REGULAR")


def prices_of(plan: Plan, cdr: Cdr) -> list[Prices | None]:
    """For each period its tariff; None where nothing prices it. Raises CannotPrice."""
    if not plan.tariffs:
        raise _without_any(cdr)
    periods = cdr.periods
    name = periods[0].tariff_id
    if _is_the_only_name(periods, name):
        one = _named(plan, cdr, periods[0], 0)
        _refuse(one.tariff, cdr)
        return [one] * len(periods)
    found = [_named_or_not(plan, cdr, period, index) for index, period in enumerate(cdr.periods)]
    for prices in found:
        if prices is not None:
            _refuse(prices.tariff, cdr)
    return found


def _without_any(cdr: Cdr) -> CannotPrice:
    named = dict.fromkeys(period.tariff_id for period in cdr.periods if period.tariff_id)
    told = f"; its periods name {', '.join(named)}" if named else ""
    return CannotPrice("no_tariff", "$.tariffs", f"There is no tariff to price with{told}.")


def _is_the_only_name(periods: tuple[Period, ...], name: str | None) -> bool:
    for period in periods:  # noqa: SIM110  # a generator takes twice as long
        if period.tariff_id != name:
            return False
    return True


def default(plan: Plan, at: datetime) -> Prices:
    """The first tariff that was valid when the session started, ordinary ones before others. Raises CannotPrice."""
    valid = [one for one in plan.tariffs if one.tariff.is_valid_at(at)]
    if not valid:
        raise CannotPrice("no_active_tariff", "$.tariffs", "No tariff was valid when the session started.")
    return next((one for one in valid if one.tariff.type in ORDINARY), valid[0])


def _named_or_not(plan: Plan, cdr: Cdr, period: Period, index: int) -> Prices | None:
    if not period.tariff_id and plan.policy.unnamed_tariff is UnnamedTariff.FREE:
        return None
    return _named(plan, cdr, period, index)


def _named(plan: Plan, cdr: Cdr, period: Period, index: int) -> Prices:
    """A tariff that was changed may be there several times: the one that was valid then, else the first."""
    if not period.tariff_id:
        return default(plan, cdr.starts_at)
    called = plan.by_id.get(period.tariff_id.upper())
    if called is not None:
        for one in called:
            if one.tariff.is_valid_at(cdr.starts_at):
                return one
        return called[0]
    if plan.policy.unknown_tariff is UnknownTariff.DEFAULT:
        return default(plan, cdr.starts_at)
    raise CannotPrice(
        "unknown_tariff",
        f"$.charging_periods[{index}].tariff_id",
        f"Charging period {index + 1} names tariff {period.tariff_id}, which is not there.",
    )


def _refuse(tariff: Tariff, cdr: Cdr) -> None:
    """Another currency."""
    if tariff.currency.upper() != cdr.currency.upper():
        raise CannotPrice(
            "currency_differs",
            "$.currency",
            f"Tariff {tariff.id} is in {tariff.currency}, the charge in {cdr.currency}.",
        )
