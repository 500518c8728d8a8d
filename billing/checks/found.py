"""What a rule looks at, and what it says when something is wrong. Plain values; rules write nothing."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from billing import pricing
from partners.agreements.models import Agreement
from roaming.cdrs.models import Cdr
from roaming.findings.models import Severity


@dataclass(frozen=True)
class Case:
    """One CDR with its object in the newest OCPI shape and the agreement that covers it, if one does."""

    cdr: Cdr
    data: dict[str, Any]
    agreement: Agreement | None

    @cached_property
    def carried(self) -> pricing.Billed:
        """The charge and its totals as pricing reads them. Raises pricing.Unreadable."""
        return pricing.read_billed(self.data)

    @property
    def biller(self) -> str:
        """The company that bills this CDR, as people call it."""
        return self.cdr.party.connection.partner.name

    @property
    def billed(self) -> str:
        """The carried total with its currency: `12.34 EUR`."""
        return money(self.cdr.total_cost, self.cdr.currency)


@dataclass(frozen=True)
class Found:
    """One thing wrong or worth knowing. `money_at_risk` is before tax, in the CDR's currency; None where none is."""

    code: str
    title: str
    sentence: str
    expected: str = ""
    actual: str = ""
    money_at_risk: Decimal | None = None
    severity: str = Severity.HOLDS

    @property
    def holds(self) -> bool:
        return self.severity == Severity.HOLDS


def money(amount: Decimal, currency: str) -> str:
    """An amount as it stands, at least two decimals and no idle zeros, with its currency: `0.5` → `0.50 EUR`."""
    plain = amount.normalize()
    decimals = max(2, -int(plain.as_tuple().exponent))
    return f"{plain:.{decimals}f} {currency}"
