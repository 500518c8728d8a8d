"""What a charge should cost, from its tariff: pure Python, exact, and able to explain itself.

`price(read_cdr(cdr), [read_tariff(tariff), …])` is the one way in; `compile` once and `price_by` prices many;
`quote` makes up a charge and prices it.
"""

from billing.pricing.carried import Billed, read_billed
from billing.pricing.contradictions import Contradiction, contradictions
from billing.pricing.engine import price, price_by
from billing.pricing.errors import CannotPrice, PricingError, TimeZoneUnknown, Unreadable
from billing.pricing.explaining import Explanation, Kind
from billing.pricing.lines import Line
from billing.pricing.outcome import Amounts, PricedSession
from billing.pricing.parts import Part
from billing.pricing.plan import Plan, compile
from billing.pricing.policy import READINGS, RECOMMENDED, PricingPolicy, departures, of_version
from billing.pricing.quoting import full_at, quote, read_duration
from billing.pricing.reading import decode_cdr, read_cdr
from billing.pricing.report import as_json, error_json, verdict_json
from billing.pricing.shapes import (
    Cdr,
    Component,
    Dimension,
    Element,
    Limit,
    Period,
    Place,
    Reservation,
    Restrictions,
    Tariff,
    TaxIncluded,
    Volume,
)
from billing.pricing.spelling import version_of
from billing.pricing.tariff_reading import read_tariff
from billing.pricing.tariff_warnings import Warning
from billing.pricing.verification import Comparison, Difference, Verdict, compare, verify

__all__ = [
    "READINGS",
    "RECOMMENDED",
    "Amounts",
    "Billed",
    "CannotPrice",
    "Cdr",
    "Comparison",
    "Component",
    "Contradiction",
    "Difference",
    "Dimension",
    "Element",
    "Explanation",
    "Kind",
    "Limit",
    "Line",
    "Part",
    "Period",
    "Place",
    "Plan",
    "PricedSession",
    "PricingError",
    "PricingPolicy",
    "Reservation",
    "Restrictions",
    "Tariff",
    "TaxIncluded",
    "TimeZoneUnknown",
    "Unreadable",
    "Verdict",
    "Volume",
    "Warning",
    "as_json",
    "compare",
    "compile",
    "contradictions",
    "decode_cdr",
    "departures",
    "error_json",
    "full_at",
    "of_version",
    "price",
    "price_by",
    "quote",
    "read_billed",
    "read_cdr",
    "read_duration",
    "read_tariff",
    "verdict_json",
    "verify",
    "version_of",
]
