"""The least and the most that a session costs (spec: Tariff.min_price, max_price), before and after tax apart."""

from collections.abc import Callable
from decimal import Decimal

from msgspec import Struct

from billing.pricing.exact import Ratio
from billing.pricing.plan import Plan
from billing.pricing.policy import LimitWithoutTax, PricingPolicy, TaxWithoutRate
from billing.pricing.shapes import Limit, Tariff, TaxIncluded

Choose = Callable[[Decimal, Decimal], Decimal]


class Cost(Struct, frozen=True, gc=False):
    """An amount before and after tax, exact; None where the tariff leaves it open."""

    net: Ratio | None
    gross: Ratio | None


def within(tariff: Tariff | None, cost: Cost, plan: Plan) -> tuple[Cost, tuple[str, ...]]:
    """`cost` held by the limits of the tariff, and which of them changed it. The maximum has the last word."""
    if tariff is None or not (tariff.min_price or tariff.max_price):
        return cost, ()
    applied: list[str] = []
    for name, limit, choose in _limits(tariff):
        held = _held(cost, limit, choose, tariff, plan.policy)
        if held != cost:
            applied.append(name)
        cost = held
    return cost, tuple(applied)


def _limits(tariff: Tariff) -> list[tuple[str, Limit, Choose]]:
    found: list[tuple[str, Limit | None, Choose]] = [
        ("min_price", tariff.min_price, max),
        ("max_price", tariff.max_price, min),
    ]
    return [(name, limit, choose) for name, limit, choose in found if limit is not None]


def _held(cost: Cost, limit: Limit, choose: Choose, tariff: Tariff, policy: PricingPolicy) -> Cost:
    net = _chosen(cost.net, limit.before_taxes, choose)
    if limit.after_taxes is not None:
        return Cost(net, _chosen(cost.gross, limit.after_taxes, choose))
    if net == cost.net or net is None:
        return cost
    if _taxless(tariff, policy):
        return Cost(net, net)
    if policy.limit_without_tax is LimitWithoutTax.KEEP:
        return Cost(net, cost.gross)
    return Cost(net, _scaled(net, cost, tariff))


def _chosen(amount: Ratio | None, limit: Decimal, choose: Choose) -> Ratio | None:
    if amount is None:
        return None
    bound = limit * amount.under
    return amount if choose(amount.over, bound) == amount.over else Ratio(limit, Decimal(1))


def _scaled(net: Ratio, cost: Cost, tariff: Tariff) -> Ratio | None:
    """After tax in the proportion of the session; where that cost nothing, by the one rate that the tariff knows."""
    if cost.net is None or cost.gross is None:
        return None
    if not cost.net.over:
        rates = tariff.vat_rates
        rate = rates.pop() if len(rates) == 1 else None
        return None if rate is None else Ratio(net.over * (100 + rate), net.under * 100)
    over = net.over * cost.gross.over * cost.net.under
    return Ratio(over, net.under * cost.gross.under * cost.net.over)


def _taxless(tariff: Tariff, policy: PricingPolicy) -> bool:
    if tariff.tax_included is TaxIncluded.NOT_APPLICABLE:
        return True
    rates = tariff.vat_rates
    if policy.tax_without_rate is TaxWithoutRate.NONE_APPLIES:
        rates.discard(None)
    return rates <= {Decimal(0)}
