"""What a CDR should cost, from its tariff: pure Python, exact, and able to explain itself.

`price(read_cdr(cdr), [read_tariff(tariff), …])` is the one way in.
"""

from billing.pricing.engine import price
from billing.pricing.outcome import Line, Outcome, Priced, Totals, Unpriceable, as_json
from billing.pricing.reading import Unreadable, read_cdr, read_tariff
from billing.pricing.shapes import Cdr, Component, Dimension, Element, Limit, Period, Tariff, TaxIncluded
from billing.pricing.verification import Comparison, Contradiction, compare, verify_self

__all__ = [
    "Cdr",
    "Comparison",
    "Component",
    "Contradiction",
    "Dimension",
    "Element",
    "Limit",
    "Line",
    "Outcome",
    "Period",
    "Priced",
    "Tariff",
    "TaxIncluded",
    "Totals",
    "Unpriceable",
    "Unreadable",
    "as_json",
    "compare",
    "price",
    "read_cdr",
    "read_tariff",
    "verify_self",
]
