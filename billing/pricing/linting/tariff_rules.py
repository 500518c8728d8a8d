"""What is wrong with a tariff as a whole: its currency, validity, limits and tax, and whether it prices anything."""

from collections.abc import Iterator
from decimal import Decimal
from functools import cache

from babel.core import get_global
from babel.numbers import list_currencies

from billing.pricing.exact import at_least, plain
from billing.pricing.linting.draft import Draft
from billing.pricing.linting.problems import Problem, error, warning
from billing.pricing.reach import box_of, is_empty
from billing.pricing.shapes import Dimension, Limit, TaxIncluded

# The highest rate in force anywhere is 27 %. A fraction of one percent is 0.21 where 21 was meant.
_HIGHEST_VAT = Decimal(30)
_LOWEST_VAT = Decimal(1)
# ISO 4217 codes for tests and for no currency.
_NO_MONEY = frozenset({"XTS", "XXX"})


def currency(draft: Draft) -> Iterator[Problem]:
    code, path = draft.tariff.currency, "$.currency"
    known = code.upper()
    if known not in list_currencies() or known in _NO_MONEY:
        yield error("currency_unknown", path, f"“{code}” is no currency of ISO 4217.")
    elif code != known:
        yield warning("currency_case", path, f"The currency is written “{code}”; ISO 4217 writes {known}.")
    elif known not in _in_use():
        yield warning("currency_not_in_use", path, f"{known} is legal tender nowhere any more.")


@cache
def _in_use() -> frozenset[str]:
    used = get_global("territory_currencies").values()
    return frozenset(code for country in used for code, _, ends, _ in country if ends is None)


def validity(draft: Draft) -> Iterator[Problem]:
    starts, ends = draft.tariff.starts_at, draft.tariff.ends_at
    if starts is not None and ends is not None and ends <= starts:
        yield error("end_before_start", "$.end_date_time", "It ends before it starts, so it is never valid.")
    elif ends is not None and draft.at is not None and ends <= draft.at:
        yield warning("validity_over", "$.end_date_time", f"It was valid until {ends:%Y-%m-%d %H:%M} UTC only.")


def limits(draft: Draft) -> Iterator[Problem]:
    low, high = draft.tariff.min_price, draft.tariff.max_price
    for name, limit in (("min_price", low), ("max_price", high)):
        if limit is not None:
            yield from _limit(draft, f"$.{name}", limit)
    if low is None or high is None:
        return
    after = low.after_taxes is not None and high.after_taxes is not None and low.after_taxes > high.after_taxes
    if low.before_taxes > high.before_taxes or after:
        yield error(
            "min_price_above_max_price",
            "$.min_price",
            f"The minimum price is above the maximum: {_amount(low)} and {_amount(high)} {draft.tariff.currency}.",
        )


def _limit(draft: Draft, path: str, limit: Limit) -> Iterator[Problem]:
    if limit.before_taxes < 0:
        yield warning("negative_price", path, f"The limit is {_amount(limit)} {draft.tariff.currency}, below 0.")
    if limit.after_taxes is not None and limit.after_taxes < limit.before_taxes:
        yield warning("limit_after_tax_below_before", path, "The limit is lower after tax than before it.")


def _amount(limit: Limit) -> str:
    return at_least(limit.before_taxes, 2)


def taxes(draft: Draft) -> Iterator[Problem]:
    said = draft.tariff.tax_included
    if said is None and draft.version.startswith("2.3"):
        yield warning(
            "tax_included_missing", "$.tax_included", "It does not say whether its prices include tax; OCPI 2.3.0 asks."
        )
    for path, vat, price in _rates(draft):
        if vat is not None and (vat > _HIGHEST_VAT or 0 < vat < _LOWEST_VAT):
            yield warning("vat_implausible", path, f"A VAT of {plain(vat)} % is charged nowhere; rates are in percent.")
        if vat and said is TaxIncluded.NOT_APPLICABLE:
            yield warning("tax_rate_without_tax", path, "A VAT rate, although no tax applies (“tax_included” is N/A).")
        if vat is None and price and said is TaxIncluded.YES:
            yield warning(
                "tax_included_without_rate",
                path,
                "The price includes tax, but at which rate is not said: what it is before tax stays unknown.",
            )


def _rates(draft: Draft) -> Iterator[tuple[str, Decimal | None, Decimal]]:
    for path, element in draft.elements():
        for place, component in draft.components(path, element):
            yield f"{place}.vat", component.vat, component.price


def use(draft: Draft) -> Iterator[Problem]:
    """Energy or charging time should have a price, if only of 0; a tariff of zeros says that it is free."""
    if any(path.startswith("$.elements") for path in draft.spoiled):
        return
    prices = [
        component
        for element in draft.tariff.elements
        if element.restrictions.reservation is None and not is_empty(box_of(element.restrictions))
        for component in element.components
    ]
    kinds = {component.type for component in prices}
    free = bool(prices) and Dimension.FLAT in kinds and not any(component.price for component in prices)
    if not free and not kinds & {Dimension.ENERGY, Dimension.TIME}:
        yield warning(
            "nothing_priced_by_use",
            "$.elements",
            "No element that can apply has a price for energy or charging time: ordinary use costs nothing by itself.",
        )


RULES = (currency, validity, limits, taxes, use)
