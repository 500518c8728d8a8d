"""What a CDR or Session says that it costs and amounts to, in the spelling of any version."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from billing.pricing.exact import ZERO, exactly
from billing.pricing.fields import Fields, before_tax, listed, number
from billing.pricing.parts import COSTS
from billing.pricing.reading import read_cdr
from billing.pricing.shapes import Cdr


@dataclass(frozen=True, slots=True)
class CarriedCost:
    """Before tax and after it; `incl` is None where the CDR does not say."""

    excl: Decimal
    incl: Decimal | None


@dataclass(frozen=True, slots=True)
class Billed:
    """A charge with the totals it carries. `costs` by OCPI name, in the currency of the charge; kWh and hours."""

    charge: Cdr
    costs: Mapping[str, CarriedCost]
    total_energy: Decimal | None
    total_time: Decimal | None
    total_parking_time: Decimal | None
    credit: bool

    def measured(self, kind: str) -> Decimal | None:
        """The sum of a dimension over all periods; None where no period has it."""
        found = [one.volume for period in self.charge.periods for one in period.dimensions if one.type == kind]
        with exactly():
            return sum(found, ZERO) if found else None


def read_billed(data: Any, *, path: str = "$") -> Billed:
    """A CDR or Session with its totals, of decoded JSON. Raises Unreadable."""
    charge = read_cdr(data, path=path)
    cdr = Fields(data, path)
    costs = {name: cdr.given(name, _cost) for name in ("total_cost", *COSTS)}  # 2.1.1 knows the whole only
    energy = cdr.given("total_energy", number)
    return Billed(
        charge=charge,
        costs={name: cost for name, cost in costs.items() if cost is not None},
        total_energy=cdr.given("kwh", number) if energy is None else energy,
        total_time=cdr.given("total_time", number),
        total_parking_time=cdr.given("total_parking_time", number),
        credit=charge.credit is True,
    )


def _cost(value: Any, path: str) -> CarriedCost:
    """2.3.0 lists taxes, 2.2.1 says excl_vat and incl_vat, 2.1.1 is a number before tax."""
    if not isinstance(value, Mapping):
        return CarriedCost(number(value, path), None)
    cost = Fields(value, path)
    net = before_tax(cost)
    if cost.given("taxes", listed) is None:
        return CarriedCost(net, cost.given("incl_vat", number))
    with exactly():
        return CarriedCost(net, sum((tax.needed("amount", number) for tax in cost.objects("taxes")), net))
