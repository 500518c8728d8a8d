"""What a charging period knows when its prices are looked up: all that a restriction can ask."""

from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from billing.pricing.shapes import Period

_SAYS = {
    "MIN_POWER": ("power", 0),
    "MAX_POWER": ("power", 1),
    "POWER": ("power", 2),
    "MIN_CURRENT": ("current", 0),
    "MAX_CURRENT": ("current", 1),
    "CURRENT": ("current", 2),
}
Measured = tuple[Decimal | None, Decimal | None, Decimal | None]


class Moment(Struct, frozen=True, gc=False):
    """The start of period `index`: `kwh` were charged before it and `elapsed` has passed since the session began.

    `number` is that of the period in the CDR, from 0 as well; the parts of one that was cut share it. `local` is the
    local time and `minutes` those of its day, or None and 0 where no price asks for it.
    """

    index: int
    number: int
    period: Period
    elapsed: timedelta
    kwh: Decimal
    local: datetime | None
    minutes: int

    def measured(self, quantity: str) -> Measured:
        """Lowest, highest and only value of `power` (kW) or `current` (A) in the period, as far as it tells them."""
        found: list[Decimal | None] = [None, None, None]
        for volume in self.period.dimensions:
            says = _SAYS.get(volume.type)
            if says is not None and says[0] == quantity:
                found[says[1]] = volume.volume
        return found[0], found[1], found[2]


def minutes_of(local: datetime) -> int:
    """Of its day."""
    return local.hour * 60 + local.minute
