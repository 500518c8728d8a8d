"""The least and the most that a session costs (spec: Tariff.min_price, max_price)."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from billing.pricing.exact import at_least
from billing.pricing.shapes import Limit, Tariff, TaxIncluded


@dataclass(frozen=True)
class Total:
    """Before and after tax; `gross` is None where the tariff leaves it open. `notes` say which limit applied."""

    net: Fraction
    gross: Fraction | None
    notes: tuple[str, ...] = ()


def within_limits(tariff: Tariff, total: Total, currency: str) -> Total:
    """Hold net and gross each within its own limit; the maximum has the last word.

    A limit that applies before tax and does not say what it is after tax leaves the gross open, unless there is no tax.
    """
    if tariff.min_price is not None:
        total = _held(tariff, total, tariff.min_price, max, f"The minimum price of {{}} {currency} applies.")
    if tariff.max_price is not None:
        total = _held(tariff, total, tariff.max_price, min, f"The maximum price of {{}} {currency} applies.")
    return total


def _held(
    tariff: Tariff, total: Total, limit: Limit, choose: Callable[[Fraction, Fraction], Fraction], note: str
) -> Total:
    net = choose(total.net, Fraction(limit.before_taxes))
    gross = total.gross
    if limit.after_taxes is not None:
        gross = None if gross is None else choose(gross, Fraction(limit.after_taxes))
    elif net != total.net:
        gross = None if _is_taxed(tariff) else net
    if (net, gross) == (total.net, total.gross):
        return total
    return Total(net, gross, (*total.notes, note.format(at_least(limit.before_taxes, 2))))


def _is_taxed(tariff: Tariff) -> bool:
    rates = (component.vat for element in tariff.elements for component in element.components)
    return tariff.tax_included is not TaxIncluded.NOT_APPLICABLE and any(rates)
