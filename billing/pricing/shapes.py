"""What the engine prices: the parts of an OCPI CDR, Session and Tariff that decide money, as frozen values.

Charges are msgspec structs, because they come by the million and are read straight from their bytes; the names on the
wire stand in `rename`. Tariffs are read by hand (`tariff_reading`) and compiled once.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta, Struct, field

AwareTime = Annotated[datetime, Meta(tz=True)]


class Dimension(StrEnum):
    """What a price component charges for (OCPI TariffDimensionType)."""

    FLAT = "FLAT"
    ENERGY = "ENERGY"
    TIME = "TIME"
    PARKING_TIME = "PARKING_TIME"


# What a period measures (OCPI CdrDimensionType), and the fee of a session: plain texts, because the hash of an enum
# member is slow.
ENERGY, TIME, PARKING, RESERVED, FLAT = "ENERGY", "TIME", "PARKING_TIME", "RESERVATION_TIME", "FLAT"
TIMED = frozenset({TIME, PARKING, RESERVED})


class TaxIncluded(StrEnum):
    """Whether the prices of a tariff are before tax (NO), after tax (YES), or know no tax (N/A)."""

    NO = "NO"
    YES = "YES"
    NOT_APPLICABLE = "N/A"


class Reservation(StrEnum):
    """What of a reservation an element prices: one that was used, or one that ran out."""

    RESERVATION = "RESERVATION"
    RESERVATION_EXPIRES = "RESERVATION_EXPIRES"


class Volume(Struct, frozen=True, gc=False):
    """A dimension of a period: kWh, hours, A, kW or percent by its type (OCPI CdrDimension)."""

    type: str
    volume: Decimal


class Period(Struct, frozen=True, gc=False, rename={"starts_at": "start_date_time"}):
    """A charging period; it ends where the next one starts."""

    starts_at: AwareTime
    dimensions: tuple[Volume, ...]
    tariff_id: str | None = None


class Place(Struct, frozen=True, gc=False):
    """Where it was: only read where the zone of the clock matters."""

    country: str | None = None
    coordinates: Any = None
    time_zone: str | None = None
    evse_uid: str | None = None


class Cdr(
    Struct,
    frozen=True,
    gc=False,
    kw_only=True,
    rename={
        "starts_at": "start_date_time",
        "ends_at": "end_date_time",
        "stops_at": "stop_date_time",
        "periods": "charging_periods",
        "place": "cdr_location",
    },
):
    """A charge as its CDR or Session tells it, in any version: `stops_at` and `location` are how 2.1.1 says it.

    `ends_at` is None for a Session under way.
    """

    id: str = ""
    currency: str
    starts_at: AwareTime
    ends_at: AwareTime | None = None
    stops_at: AwareTime | None = None
    periods: tuple[Period, ...] = ()
    place: Place | None = None
    location: Place | None = None
    session_id: str | None = None
    credit: bool | None = None
    country_code: str | None = None


class Restrictions(Struct, frozen=True, kw_only=True):
    """When an element is in force; all of what is given must be true. Bounds: from inclusive, to exclusive.

    Times are minutes of the local day, durations seconds, energy kWh, power kW, current A. `unknown` names what the
    element asks beside it; such an element is never in force, because what it asks cannot be answered.
    """

    start_time: int | None = None
    end_time: int | None = None
    start_date: date | None = None
    end_date: date | None = None
    min_kwh: Decimal | None = None
    max_kwh: Decimal | None = None
    min_current: Decimal | None = None
    max_current: Decimal | None = None
    min_power: Decimal | None = None
    max_power: Decimal | None = None
    min_duration: Decimal | None = None
    max_duration: Decimal | None = None
    day_of_week: tuple[int, ...] = ()
    reservation: Reservation | None = None
    unknown: tuple[str, ...] = ()


NONE = Restrictions()


class Component(Struct, frozen=True, kw_only=True):
    """A price per kWh, hour or session. `step_size` is in Wh or seconds, 0 rounds nothing; `vat` in percent."""

    type: Dimension
    price: Decimal
    vat: Decimal | None = None
    step_size: int = 0


class Element(Struct, frozen=True):
    """Components that are in force together."""

    components: tuple[Component, ...]
    restrictions: Restrictions = NONE


class Limit(Struct, frozen=True):
    """The least or most that a session costs."""

    before_taxes: Decimal
    after_taxes: Decimal | None = None


class Tariff(Struct, frozen=True, kw_only=True):
    """`starts_at` is inclusive, `ends_at` exclusive; `last_updated` tells versions apart. `tax_included` is None where
    the tariff does not say; with `ignores_tax` it says YES in a version that has no such field."""

    id: str
    currency: str
    elements: tuple[Element, ...]
    type: str = ""
    tax_included: TaxIncluded | None = TaxIncluded.NO
    ignores_tax: bool = False
    min_price: Limit | None = None
    max_price: Limit | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    last_updated: datetime | None = None
    alt_text: Mapping[str, str] = field(default_factory=dict)

    @property
    def vat_rates(self) -> set[Decimal | None]:
        """Of the components that cost something."""
        return {one.vat for element in self.elements for one in element.components if one.price}

    def is_called(self, tariff_id: str) -> bool:
        """OCPI ids know no upper and lower case."""
        return self.id.upper() == tariff_id.upper()

    def is_valid_at(self, at: datetime) -> bool:
        return (self.starts_at is None or self.starts_at <= at) and (self.ends_at is None or at < self.ends_at)
