"""What the engine prices: the parts of an OCPI CDR and Tariff (2.3.0 shape) that decide money, as frozen values."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Dimension(StrEnum):
    """What a price component charges for (OCPI TariffDimensionType)."""

    FLAT = "FLAT"
    ENERGY = "ENERGY"
    TIME = "TIME"
    PARKING_TIME = "PARKING_TIME"


class TaxIncluded(StrEnum):
    """Whether the prices of a tariff are before tax (NO), after tax (YES), or know no tax (N/A)."""

    NO = "NO"
    YES = "YES"
    NOT_APPLICABLE = "N/A"


@dataclass(frozen=True)
class Component:
    """A price per kWh, hour or session. `step_size` is in Wh or seconds; `vat` in percent. `kind` as on the wire."""

    kind: str
    price: Decimal
    vat: Decimal | None
    step_size: int


@dataclass(frozen=True)
class Element:
    """Components that are in force together; `restrictions` are the names of those that say something."""

    components: tuple[Component, ...]
    restrictions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limit:
    """The least or most that a session costs."""

    before_taxes: Decimal
    after_taxes: Decimal | None = None


@dataclass(frozen=True)
class Tariff:
    """`starts_at` is inclusive, `ends_at` exclusive. `tax_included` is None where the tariff does not say."""

    id: str
    currency: str
    elements: tuple[Element, ...]
    tax_included: TaxIncluded | None = TaxIncluded.NO
    min_price: Limit | None = None
    max_price: Limit | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def is_called(self, tariff_id: str) -> bool:
        """OCPI ids know no upper and lower case."""
        return self.id.upper() == tariff_id.upper()

    def is_valid_at(self, at: datetime) -> bool:
        return (self.starts_at is None or self.starts_at <= at) and (self.ends_at is None or at < self.ends_at)


@dataclass(frozen=True)
class Period:
    """A charging period: volumes in kWh and hours, by the name of their dimension on the wire."""

    starts_at: datetime
    volumes: tuple[tuple[str, Decimal], ...]
    tariff_id: str | None = None


@dataclass(frozen=True)
class Cdr:
    """A charge as its CDR tells it. Energy in kWh, time in hours."""

    id: str
    currency: str
    starts_at: datetime
    ends_at: datetime
    periods: tuple[Period, ...]
    total_energy: Decimal
    total_time: Decimal
    total_parking_time: Decimal | None = None
    credit: bool = False
