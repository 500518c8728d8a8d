"""What is asked about a total that is not ours, and what an answer is: one change, priced again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from billing.pricing import rounding
from billing.pricing.carried import Billed
from billing.pricing.engine import price
from billing.pricing.exact import exactly
from billing.pricing.outcome import Amounts, PricedSession
from billing.pricing.parts import COSTS
from billing.pricing.policy import PricingPolicy
from billing.pricing.shapes import Place, Tariff


class Kind(StrEnum):
    """What kind of difference it is. Stable codes."""

    ROUNDING = "rounding"
    TARIFF_VERSION = "tariff_version"
    STEP_SIZE = "step_size"
    VAT = "vat"
    QUANTITY = "quantity"
    MISSING_COMPONENT = "missing_component"
    EXTRA_COMPONENT = "extra_component"
    PRICE_LIMIT = "price_limit"
    CURRENCY = "currency"
    SIGN = "sign"
    READING = "reading"
    TIME_ZONE = "time_zone"
    RESERVATION = "reservation"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class Explanation:
    """`change` names what was changed, for programs: `step_size_scope=period`, `time_zone=UTC`, `tariff=FAIR`."""

    kind: Kind
    change: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Question:
    """A CDR whose total is not ours, and all that it was priced with. `versions` are other tariffs of its owner."""

    billed: Billed
    tariffs: tuple[Tariff, ...]
    policy: PricingPolicy
    versions: tuple[Tariff, ...]
    time_zone: str | None
    location: Place | None
    priced: PricedSession


@dataclass(frozen=True, slots=True)
class Totals:
    """What a change makes of the total, and of its parts by OCPI's names as far as it can tell."""

    total: Amounts
    parts: Mapping[str, Amounts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Candidate:
    """`price` raises PricingError for what no biller can have done."""

    explanation: Explanation
    price: Callable[[], Totals]


def again(question: Question, **changed: Any) -> Callable[[], Totals]:
    """The price with some arguments of `price` changed."""
    arguments: dict[str, Any] = {
        "cdr": question.billed.charge,
        "tariffs": question.tariffs,
        "policy": question.policy,
        "time_zone": question.time_zone,
        "location": question.location,
        "reservation_expired": question.priced.expired,
        **changed,
    }
    return lambda: totals(price(**arguments))


def scaled(amounts: Amounts, factor: Decimal | int) -> Amounts:
    with exactly():
        return Amounts(*(None if one is None else one * factor for one in amounts))


def totals(priced: PricedSession) -> Totals:
    """As a CDR is compared with them."""
    return Totals(rounding.due(priced), {name: rounding.due_part(priced, part) for name, part in COSTS.items()})
